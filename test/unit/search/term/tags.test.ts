/** `binary.tag` and `feature.tag` (spec 05 §2.2). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ParsedTerm } from '../../../../src/search/term/ast.js';
import { TermError, termFailure } from '../../../../src/search/term/errors.js';
import { parseTerm } from '../../../../src/search/term/parse.js';
import { isHighlightable, tagKeys, tagLookup, tagQuery, type TagSource } from '../../../../src/search/term/tags.js';
import { translateTerm } from '../../../../src/search/term/translate.js';
import { AND, NOT, OR, T } from './queries.js';

const test = suite('term tags');

function parsed(text: string): ParsedTerm {
  return parseTerm(text)!;
}

test('lists what has to be looked up once each, in the order of the text', () => {
  assert.equal(tagKeys(parsed('feature.tag:"x*" OR NOT BINARY.Tag:=7 a:b binary.tag:7 binary.tag:x* feature.tag:7')), [
    { name: 'feature.tag', tag: 'x*', offset: 0 },
    { name: 'binary.tag', tag: '7', offset: 24 },
    { name: 'binary.tag', tag: 'x*', offset: 55 },
    { name: 'feature.tag', tag: '7', offset: 69 },
  ]);
  assert.equal(tagKeys(parsed('a:b binary.tags:x')), []);
});

test('turns highlighting off with either key', () => {
  assert.is(isHighlightable(parsed('a:b')), true);
  assert.is(isHighlightable(parsed('a:b OR binary.tag:x')), false);
  assert.is(isHighlightable(parsed('NOT feature.tag:x')), false);
});

test('asks for the annotations of a tag that are not disabled, newest first', () => {
  const rest = { sort: [{ timestamp: { order: 'desc' } }], size: 10000 };
  const must_not = [{ term: { state: 'disabled' } }];
  assert.equal(tagKeys(parsed('binary.tag:x feature.tag:"Y Z"')).map(tagQuery), [
    {
      query: { bool: { filter: [{ term: { type: 'entity_tag' } }, { term: { tag: 'x' } }], must_not } },
      ...rest,
      _source: { includes: ['pivot'] },
    },
    {
      query: { bool: { filter: [{ term: { type: 'fv_tag' } }, { term: { tag: 'Y Z' } }], must_not } },
      ...rest,
      _source: { includes: ['feature_name', 'feature_value'] },
    },
  ]);
});

function translated(text: string, ...found: TagSource[][]): unknown {
  const term = parsed(text);
  return translateTerm(term, tagLookup(term, tagKeys(term), found));
}

test('puts what was found in the place of the tags', () => {
  const query = translated(
    'binary.tag:x AND (feature.tag:y OR a:b) AND binary.tag:x',
    [{ pivot: 'aa' }, { pivot: 'bb' }],
    [
      { feature_name: 'f', feature_value: 'v' },
      { feature_name: 'g.h', feature_value: 'w' },
    ],
  );
  const binary = { terms: { sha256: ['aa', 'bb'] } };
  const feature = OR({ term: { 'features_map.f': 'v' } }, { term: { 'features_map.g.h': 'w' } });
  assert.equal(query, AND(binary, OR(feature, T('a', 'b')), binary));
});

test('puts the values of a feature together where there are more than fit into a query', () => {
  const found = Array.from({ length: 513 }, (_, n) => ({ feature_name: `f${n % 2}`, feature_value: String(n % 400) }));
  const values = (odd: number): string[] => Array.from({ length: 200 }, (_, n) => String(2 * n + odd));
  assert.equal(
    translated('feature.tag:x', found),
    OR({ terms: { 'features_map.f0': values(0) } }, { terms: { 'features_map.f1': values(1) } }),
  );
  const few = found.slice(0, 512).map(({ feature_name, feature_value }) => ({ term: { [`features_map.${feature_name}`]: feature_value } }));
  assert.equal(translated('feature.tag:x', found.slice(0, 512)), OR(...few));
});

test('asks under NOT for no field of the name of a tag key', () => {
  assert.equal(translated('NOT binary.tag:x', [{ pivot: 'aa' }]), NOT({ terms: { sha256: ['aa'] } }));
});

const MISSING: readonly [string, TagSource[][], string, number][] = [
  ['a binary.tag:x', [[]], 'tag does not exist in opensearch', 3],
  ['feature.tag:x', [[]], 'feature value tag not found', 1],
  ['binary.tag:x OR feature.tag:x', [[{ pivot: 'aa' }], []], 'feature value tag not found', 17],
];

for (const [text, found, message, column] of MISSING) {
  test(`refuses ${text} when no annotation has the tag`, () => {
    try {
      translated(text, ...found);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, TermError);
      const failure = error as TermError;
      assert.equal([failure.kind, failure.column], ['tag', column]);
      assert.equal(termFailure(failure, 'find', text), { code: 'MetastoreFindBinaryInvalidSearch', message });
      assert.equal(termFailure(failure, 'all', text), { code: 'MetastoreFindBinaryInvalidSearch', message });
    }
  });
}

test.run();
