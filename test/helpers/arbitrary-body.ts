/**
 * Random search bodies over parents (`binary`) and children (`metadata`) with the fields `name`, `letter` and `number`. They can
 * run on an index with `BODY_MAPPING`, all but `knn`.
 */
import fc from 'fast-check';

export type Json = Record<string, unknown>;

export const BODY_MAPPING = {
  relation: { type: 'join', relations: { binary: 'metadata' } },
  name: { type: 'keyword' },
  letter: { type: 'keyword' },
  number: { type: 'integer' },
};

const LETTERS = ['a', 'b', 'c', 'd'];
const letter = fc.constantFrom(...LETTERS);

const leaf: fc.Arbitrary<Json> = fc.oneof(
  letter.map((value) => ({ term: { letter: value } })),
  fc.subarray(LETTERS).map((values) => ({ terms: { letter: values } })),
  fc.nat(5).map((gte) => ({ range: { number: { gte } } })),
  fc.constantFrom<Json[]>({ exists: { field: 'number' } }, { match_all: {} }, { prefix: { letter: 'b' } }, { wildcard: { name: '*1' } }),
  fc.constant({ terms_set: { letter: { terms: ['a', 'b'], minimum_should_match_script: { source: '1' } } } }),
);

/** Some of the keys of the record. */
function some(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> {
  return fc.record(fields, { requiredKeys: [] });
}

function boolOf(query: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const clauses = fc.oneof(fc.array(query, { maxLength: 3 }), query);
  const minimum = fc.constantFrom<(number | string)[]>(0, 1, 2, '50%', -1);
  return some({ must: clauses, should: clauses, filter: clauses, must_not: clauses, minimum_should_match: minimum }).map((bool) => ({
    bool,
  }));
}

function scoredOf(query: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const functions = fc.array(fc.record({ filter: query, weight: fc.integer({ min: 1, max: 5 }) }), { maxLength: 2 });
  return fc.record({ query, functions, score_mode: fc.constantFrom('sum', 'max') }).map((function_score) => ({ function_score }));
}

/** The wrappers that hold a query of their own. */
function around(query: fc.Arbitrary<Json>): fc.Arbitrary<Json>[] {
  return [
    boolOf(query),
    scoredOf(query),
    query.map((one) => ({ constant_score: { filter: one } })),
    fc.array(query, { minLength: 1, maxLength: 2 }).map((queries) => ({ dis_max: { queries } })),
  ];
}

function joins(query: fc.Arbitrary<Json>): fc.Arbitrary<Json>[] {
  const mode = fc.constantFrom('none', 'max', 'sum');
  return [
    fc.record({ query, score_mode: mode }).map((join) => ({ has_child: { type: 'metadata', ...join } })),
    query.map((one) => ({ has_parent: { parent_type: 'binary', query: one } })),
  ];
}

export const arbitraryQuery: fc.Arbitrary<Json> = fc.letrec<{ query: Json }>((tie) => ({
  query: fc.oneof({ maxDepth: 4, depthIdentifier: 'query' }, leaf, ...around(tie('query')), ...joins(tie('query'))),
})).query;

function nearestOf(query: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const filter = fc.option(query, { nil: undefined });
  return filter.map((one) => ({ knn: { vector_field: { vector: [1, 2], k: 3, ...(one !== undefined && { filter: one }) } } }));
}

/** Queries with `knn` at any depth, which may stand beside other clauses. */
export const arbitraryNearest: fc.Arbitrary<Json> = fc.oneof(
  nearestOf(arbitraryQuery),
  fc.tuple(nearestOf(leaf), arbitraryQuery).map(([nearest, query]) => ({ bool: { should: [nearest, query], must_not: [query] } })),
  nearestOf(leaf).map((query) => ({ has_child: { type: 'metadata', query } })),
);

const metric = fc.constantFrom<Json[]>(
  { cardinality: { field: 'letter' } },
  { max: { field: 'number' } },
  { value_count: { field: 'name' } },
  { top_hits: { size: 3, sort: [{ name: 'asc' }], _source: false, docvalue_fields: ['name'] } },
);

const bucket: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    { terms: { field: 'letter', size: 10 } },
    { terms: { field: 'number', size: 10, min_doc_count: 2, order: { _key: 'asc' } } },
    { multi_terms: { terms: [{ field: 'letter' }, { field: 'number' }] } },
  ),
  arbitraryQuery.map((filter) => ({ filter })),
  fc.tuple(arbitraryQuery, arbitraryQuery).map(([a, b]) => ({ filters: { filters: { a, has_child: b } } })),
  fc.tuple(arbitraryQuery, arbitraryQuery).map((filters) => ({ filters: { filters, other_bucket: true } })),
);

const aggregation: fc.Arbitrary<Json> = fc.letrec<{ one: Json }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'aggregation' },
    metric,
    fc.tuple(bucket, some({ children: tie('one'), B: tie('one') })).map(([own, aggs]) => ({ ...own, aggs })),
  ),
})).one;

export const arbitraryAggregations: fc.Arbitrary<Json> = some({ A: aggregation, parent: aggregation });

function bodyOf(query: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc.record({ query, aggs: arbitraryAggregations }, { requiredKeys: [] });
}

/** Bodies that can run on an index of `BODY_MAPPING`. */
export const arbitraryBody = bodyOf(arbitraryQuery);

/** Bodies with all that can be secured. */
export const arbitraryAnyBody = bodyOf(fc.oneof(arbitraryQuery, arbitraryNearest));

/** What puts a query or aggregation deeper into a body. */
export const deeper: readonly ((query: Json) => Json)[] = [
  (query) => ({ bool: { must_not: [{ match_all: {} }, query] } }),
  (query) => ({ bool: { should: query } }),
  (query) => ({ has_child: { type: 'metadata', query } }),
  (query) => ({ has_parent: { parent_type: 'binary', query } }),
  (query) => ({ function_score: { functions: [{ filter: query, weight: 2 }] } }),
  (query) => ({ constant_score: { filter: query } }),
  (query) => ({ dis_max: { queries: [query] } }),
  (query) => ({ nested: { path: 'p', query } }),
  (query) => ({ knn: { vector_field: { vector: [1], k: 1, filter: query } } }),
];
