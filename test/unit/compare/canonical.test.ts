import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson, rawJson } from '../../../projections/json.js';
import type { DocumentBody } from '../../../projections/types.js';
import { parseJson } from '../../../schemas/json-text.js';
import { canonicalBody, canonicalJson } from '../../../src/compare/canonical.js';
import { differingPaths, isMapped } from '../../../src/compare/paths.js';

const test = suite('canonical');

const same = (a: string, b: string): boolean => canonicalJson(parseJson(a)) === canonicalJson(parseJson(b));

const EQUAL: readonly [string, string][] = [
  ['1000.0', '1000'],
  ['1e3', '1000'],
  ['-0', '0'],
  ['-0.0', '0'],
  ['0.1', '0.1000000000000000055'],
  ['1e22', '10000000000000000000000'],
  ['{"a":1,"b":[2]}', ' { "b" : [ 2.0 ] , "a" : 1 } '],
  ['"\\u00e9"', '"é"'],
];

const DIFFERENT: readonly [string, string][] = [
  ['18446744073709551615', '18446744073709551616'],
  ['9007199254740993', '9007199254740992'],
  ['1', '"1"'],
  ['[1,2]', '[2,1]'],
  ['null', '{}'],
  ['{"a":null}', '{}'],
];

test('is one text for what is equal as JSON', () => {
  for (const [a, b] of EQUAL) assert.ok(same(a, b), `${a} and ${b}`);
  for (const [a, b] of DIFFERENT) assert.not.ok(same(a, b), `${a} and ${b}`);
});

test('leaves out a member of the outermost object only', () => {
  assert.is(canonicalJson(parseJson('{"fold":1,"a":{"fold":2}}'), 'fold'), '{"a":{"fold":2}}');
});

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.json().map((text) => rawJson(text)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), fc.oneof(tie('value'), fc.constant(undefined)), { maxKeys: 5 }),
  ),
})).value;

test('is the same of a document as of its JSON', () => {
  assert.is(canonicalBody({ n: -28559670960505550 }), canonicalJson(parseJson(documentJson({ n: -28559670960505550 }))));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { maxKeys: 6 }), (body) => {
      const document = body as DocumentBody;
      assert.is(canonicalBody(document), canonicalJson(parseJson(documentJson(document))));
    }),
  );
});

const paths = (expected: string, actual: string, unmappable: readonly string[] = []): string[] =>
  differingPaths(parseJson(expected), parseJson(actual), {
    limit: 3,
    unmappable: (name) => unmappable.includes(name),
  });

test('names the paths that differ, absent and added ones too', () => {
  assert.equal(paths('{"a":1,"b":{"c":[1,{"d":2}]},"e":0}', '{"b":{"c":[1,{"d":3}]},"e":0.0,"f":null}'), ['a', 'b.c[1].d', 'f']);
  assert.equal(paths('{"a":[1,2]}', '{"a":[1]}'), ['a']);
  assert.equal(paths('{"a":1}', '{"fold":{},"a":1.0}'), []);
  assert.is(paths('{"a":1,"b":1,"c":1,"d":1}', '{}').length, 3);
});

test('passes over the feature names that the mapping can not take, nothing else', () => {
  assert.equal(paths('{"features_map":{"a":["1"],"b":["2"]}}', '{"features_map":{"b":["2"]}}', ['a']), []);
  assert.equal(paths('{"features_map":{"a":["1"],"b":["2"]}}', '{"features_map":{"b":["2"]}}'), ['features_map.a']);
  assert.equal(paths('{"features_map":{"a":["1"]}}', '{"features_map":{"a":["2"]}}', ['a']), ['features_map.a[0]']);
  assert.equal(paths('{"features_map":{}}', '{"features_map":{"a":["2"]}}', ['a']), ['features_map.a']);
});

test('knows which names have a place in a mapping', () => {
  const properties = { a: { type: 'keyword' }, b: { properties: { c: { type: 'keyword' } } } };
  for (const name of ['a', 'b.c', 'a.']) assert.ok(isMapped(properties, name), name);
  for (const name of ['b', 'a.b', 'c', 'b.d', 'toString']) assert.not.ok(isMapped(properties, name), name);
});

test.run();
