/** Wrapping for a search of parents (spec 05 §2.3). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Query } from '../../../../src/search/term/translate.js';
import { wrapQueries, wrapTerm } from '../../../../src/search/term/wrap.js';
import { M, NOT, OR, queryOf, T, X } from './queries.js';

const test = suite('term wrapping');

function highlighted(name: string, query: Query): Query {
  const highlight = { order: 'score', fields: { '*': {} }, pre_tags: [''], post_tags: [''], encoder: 'default', highlight_query: query };
  return { has_child: { type: 'metadata', query, inner_hits: { _source: false, name, highlight } } };
}

const FIELDS = new Set(['a', 'c', 'e', 'g', 'file_format', 'magic']);

function wrapped(text: string, highlight?: ReadonlySet<string>): Query[] {
  return wrapTerm(queryOf(text)!, highlight && { highlight });
}

test('lets another child meet each demand of an AND at the top, with counted inner hits', () => {
  const [a, or, not] = [T('a', 'b'), OR(T('c', 'd'), T('e', 'f')), NOT(X('g'), X('g'))];
  const term = 'a:b AND (c:d OR e:f) AND NOT g:';
  assert.equal(wrapped(term, FIELDS), [{ bool: { filter: [highlighted('1', a), highlighted('2', or), highlighted('3', not)] } }]);
  assert.equal(wrapped(term), [{ bool: { filter: [M(a), M(or), M(not)] } }]);
});

for (const term of ['a:b', 'a:b OR c:d', 'a:b OR (c:d AND e:f)', 'a:b DOCAND c:d', 'NOT a:b', 'NOT (a:b AND c:d)']) {
  test(`asks one child for all of ${term}`, () => {
    assert.equal(wrapped(term, FIELDS), [highlighted('1', queryOf(term)!)]);
    assert.equal(wrapped(term), [M(queryOf(term)!)]);
  });
}

test('counts the inner hits of several queries on', () => {
  const wrap = (...terms: string[]): Query[] =>
    wrapQueries(
      terms.map((term) => queryOf(term)!),
      { highlight: FIELDS },
    );
  assert.equal(wrap('a:"x" OR c:"y"', 'e:"z"').map(namesIn), [['1'], ['2']]);
  assert.equal(wrap('a:"x" c:"y"', 'e:"z"').map(namesIn), [['1', '2'], ['3']]);
});

function namesIn(query: unknown): string[] {
  return [...JSON.stringify(query).matchAll(/"name":"([0-9]+)"/g)].map(([, name]) => name!);
}

test('highlights what it asks for in the fields that there are, whatever else it asks for', () => {
  const asked = (term: string): unknown => {
    const join = wrapped(term, FIELDS)[0]!['has_child'] as { readonly inner_hits: { readonly highlight: Record<string, unknown> } };
    return join.inner_hits.highlight['highlight_query'];
  };
  assert.equal(asked('b:x'), { match_none: {} });
  assert.equal(asked('b:'), { match_none: {} });
  assert.equal(asked('a:x OR b:y'), { bool: { should: [T('a', 'x')], minimum_should_match: 1 } });
  assert.equal(asked('a:x OR (c:z AND b:[1 TO 2])'), OR(T('a', 'x'), { bool: { filter: [T('c', 'z')] } }));
  assert.equal(asked('NOT b:y'), { bool: { filter: [], must_not: [] } });
  assert.equal(asked('foo'), {
    bool: { should: [{ prefix: { file_format: 'foo' } }, { prefix: { magic: 'foo' } }], minimum_should_match: 1 },
  });
});

test('says what matched of 32 joins, not of 33', () => {
  const term = (count: number): string => Array.from({ length: count }, (_, n) => `a:b${n}`).join(' ');
  assert.is(namesIn(wrapped(term(32), FIELDS)).length, 32);
  assert.is(namesIn(wrapped(term(33), FIELDS)).length, 0);
});

test.run();
