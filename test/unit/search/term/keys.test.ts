/** Keys of terms against the model (spec 05 §1.7, §4.2; 04 §6.1 step 7, §6.4). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mapping } from '../../../../projections/mapping.js';
import { unknownKeys, unknownKeysMessage } from '../../../../src/search/term/keys.js';
import { modelKeys } from '../../../../src/search/term/model.js';
import { parseTerm } from '../../../../src/search/term/parse.js';

const test = suite('term keys');

const keyword: Mapping = { type: 'keyword' };

const FIRST: Mapping = {
  dynamic: 'strict',
  properties: {
    binary_info: { type: 'join', relations: { binary: 'metadata' } },
    security: keyword,
    author: { properties: { name: keyword, security: keyword } },
    info: { type: 'object', enabled: false },
    source: { type: 'object', dynamic: 'false', properties: { timestamp: { type: 'date' } } },
    features: {
      properties: { enriched: { properties: { filepath: { ...keyword, fields: { tree: { type: 'text', analyzer: 'path' } } } } } },
    },
    features_map: { properties: { first: keyword, type: keyword, fold: keyword, security: keyword } },
    fold: { dynamic: 'false', properties: { tokens: keyword } },
  },
};
const SECOND: Mapping = {
  properties: { features_map: { properties: { second: keyword, first: { type: 'long' } } }, empty: { properties: {} } },
};

test('lists the fields of all mappings with their types', () => {
  assert.equal(Object.fromEntries(modelKeys([FIRST, SECOND])), {
    binary_info: 'join',
    'author.name': 'keyword',
    info: 'object',
    'source.timestamp': 'date',
    'features.enriched.filepath': 'keyword',
    'features_map.first': 'long',
    'features_map.type': 'keyword',
    'features_map.fold': 'keyword',
    'features_map.second': 'keyword',
    'binary.tag': 'keyword',
    'feature.tag': 'keyword',
  });
});

test('takes a feature for what it is called', () => {
  const properties = JSON.parse(
    '{"features_map":{"properties":{"__proto__":{"type":"keyword"},"constructor":{"type":"keyword"}}}}',
  ) as Mapping;
  const keys = modelKeys([{ properties }]);
  assert.ok(keys.has('features_map.__proto__'));
  assert.ok(keys.has('features_map.constructor'));
});

test('has the tag keys without any index', () => {
  assert.equal([...modelKeys([]).keys()], ['binary.tag', 'feature.tag']);
});

const model = new Map([...modelKeys([FIRST]), ['fold.tokens', 'keyword']]);

const UNKNOWN: readonly [string, string[]][] = [
  ['author.name:x info: binary.tag:y', []],
  ['nosuch', []],
  ['x:1 OR NOT (y:[1 TO 2] AND (author.name:a x:2)) y:', ['x', 'y', 'x', 'y']],
  ['Author.name:x', ['Author.name']],
  ['BINARY.TAG:x', ['BINARY.TAG']],
  ['constructor:x toString:y', ['constructor', 'toString']],
  ['fold.tokens:x fold:', ['fold.tokens', 'fold']],
  ['features_map.fold:x', []],
];

for (const [term, keys] of UNKNOWN) {
  test(`finds the unknown keys of ${term}`, () => {
    assert.equal(unknownKeys(parseTerm(term)!, model), keys);
  });
}

test('names them in the message', () => {
  assert.is(
    unknownKeysMessage(['a']),
    'The following term query key could not be found: [a]. Either the key are related to results and temporarily missing or the query is invalid.',
  );
  assert.is(
    unknownKeysMessage(['a', 'b', 'a']),
    'The following term query keys could not be found: [a, b, a]. Either the keys are related to results and temporarily missing or the query is invalid.',
  );
});

test.run();
