/** Whatever the body: the filter is at every place, nothing given changes, and what cannot be secured is refused at any depth. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createReadRule } from '../../../src/access/read-rule.js';
import { bodyOf, secureBody } from '../../../src/access/secured-body.js';
import { MetafoldError } from '../../../src/errors.js';
import { arbitraryAggregations, arbitraryAnyBody, deeper, type Json } from '../../helpers/arbitrary-body.js';
import { assertSecured } from '../../helpers/assert-secured.js';
import { enforcedPolicy } from '../projections/security/configurations.js';

const test = suite('properties of secured bodies');
const policy = enforcedPolicy();
const kind = fc.constantFrom('plain' as const, 'complex' as const);
const rule = fc
  .tuple(fc.subarray(['LOW', 'REL:CAR']), fc.subarray(['REL:APPLE', 'REL:BEE']))
  .map(([x, i]) => createReadRule(policy, ['s-any', 's-low'], x, i));

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}

/** Copies of the body, each without one of the filters. */
function withoutOne(body: Json, filter: Json): Json[] {
  const wanted = JSON.stringify(filter);
  let count = 0;
  const copyWithout = (index: number): Json => {
    count = 0;
    return JSON.parse(JSON.stringify(body), (_key, value: unknown) => {
      if (!Array.isArray(value)) return value;
      return (value as unknown[]).filter((item) => JSON.stringify(item) !== wanted || count++ !== index);
    }) as Json;
  };
  copyWithout(-1);
  return Array.from({ length: count }, (_, index) => copyWithout(index));
}

/** Joins and kNN searches of a body: each needs a filter of its own. */
function countPlaces(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Object.entries(value).filter(([key, inner]) => {
    const fields = inner as Json;
    return key === 'knn' || (['has_child', 'has_parent'].includes(key) && ('type' in fields || 'parent_type' in fields));
  });
  return own.length + Object.values(value).reduce((sum: number, inner) => sum + countPlaces(inner), 0);
}

test('every place has the filter, and each one is needed', () => {
  fc.assert(
    fc.property(rule, arbitraryAnyBody, kind, (one, body, how) => {
      const secured = bodyOf(secureBody(one, body, how));
      assertSecured(one, secured);
      const spoilt = withoutOne(secured, one.filter);
      const onTop = 'knn' in ((body['query'] ?? {}) as Json) ? 0 : 1;
      assert.is(spoilt.length, countPlaces(body) + onTop);
      for (const without of spoilt) assert.throws(() => assertSecured(one, without), /lacks the filter/);
    }),
    { numRuns: 500 },
  );
});

test('nothing that is given changes', () => {
  fc.assert(
    fc.property(rule, arbitraryAnyBody, kind, (one, body, how) => {
      const before = JSON.stringify(body);
      deepFreeze(body);
      secureBody(one, body, how);
      assert.is(JSON.stringify(body), before);
    }),
  );
});

const forbiddenQuery = fc.constantFrom<Json[]>(
  { terms: { letter: { index: 'i', id: '1', path: 'p' } } },
  { more_like_this: { like: { _id: '1' } } },
  { query_string: { query: 'a' } },
  { simple_query_string: { query: 'a' } },
  { script_score: { query: { match_all: {} }, script: '1' } },
  { has_child: { type: 'metadata', query: { match_all: {} }, inner_hits: { highlight: { fields: { '*': {} } } } } },
  { has_parent: { parent_type: 'binary' } },
);
const forbiddenAggregation = fc.constantFrom<Json[]>(
  { global: {} },
  { children: { type: 'metadata' } },
  { parent: { type: 'metadata' } },
  { terms: { field: 'letter', min_doc_count: 0 } },
  { significant_text: { field: 'letter' } },
  { adjacency_matrix: { filters: {} } },
  { top_hits: { highlight: { fields: {} } } },
);
const wraps = fc.array(fc.constantFrom(...deeper), { maxLength: 5 });

function refuses(body: Json, how: 'plain' | 'complex'): void {
  assert.throws(
    () => secureBody(createReadRule(policy, ['s-any'], [], []), body, how),
    (error: unknown) => error instanceof MetafoldError && error.code === 'MF_INTERNAL',
  );
}

test('a forbidden query is refused wherever it is', () => {
  fc.assert(
    fc.property(forbiddenQuery, wraps, arbitraryAggregations, kind, (forbidden, layers, aggs, how) => {
      const query = layers.reduce((inner, wrap) => wrap(inner), forbidden);
      refuses({ query, aggs }, how);
      refuses({ aggs: { ...aggs, X: { filter: query } } }, how);
    }),
  );
});

test('a forbidden aggregation is refused wherever it is', () => {
  const around = fc.array(fc.constantFrom<Json[]>({ terms: { field: 'letter' } }, { filter: { match_all: {} } }), { maxLength: 4 });
  fc.assert(
    fc.property(forbiddenAggregation, around, arbitraryAggregations, kind, (forbidden, layers, aggs, how) => {
      const aggregation = layers.reduce<Json>((inner, bucket) => ({ ...bucket, aggs: { ...aggs, X: inner } }), forbidden);
      refuses({ aggs: { ...aggs, X: aggregation } }, how);
    }),
  );
});

test.run();
