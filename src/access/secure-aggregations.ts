/**
 * Aggregations see the documents that the query finds. Those that look at others are refused: `global`, `children` and `parent`,
 * significant terms (counts of all documents), and buckets of terms that no found document has.
 */
import { asFields, list, object, option, options, parts, record, refuse, type Part, type Place } from './parts.js';
import { HIT_PARTS, secureQuery } from './secure-query.js';

/** Buckets for no document at all would list the terms of documents that the caller may not read. */
const found: Part = (value, place) => {
  const minimum = asFields(value, place)['min_doc_count'];
  if (minimum !== undefined && !(Number(minimum) >= 1))
    refuse(place, 'min_doc_count below 1 lists terms of documents outside of the query');
  return value;
};

const named = record(secureQuery);
const unnamed = list(secureQuery);
const buckets: Part = (value, place) => (Array.isArray(value) ? unnamed : named)(value, place);

const AGGREGATIONS: ReadonlyMap<string, Part> = parts({
  ...options('composite', 'cardinality', 'max', 'min', 'sum', 'avg', 'value_count'),
  terms: found,
  multi_terms: found,
  top_hits: object(parts(HIT_PARTS)),
  filter: secureQuery,
  filters: object(parts({ filters: buckets, other_bucket: option, other_bucket_key: option })),
});

function secureOne(value: unknown, place: Place): unknown {
  const aggregation = asFields(value, place);
  const types = Object.keys(aggregation).filter((name) => !ALONGSIDE.has(name));
  if (types.length !== 1) refuse(place, `expected one aggregation type, found ${types.length}`);
  return ONE(aggregation, place);
}

/** Aggregations by name; the same object comes back if none holds a query that had to change. Throws MF_INTERNAL. */
export const aggregations: Part = record(secureOne);

const ALONGSIDE: ReadonlyMap<string, Part> = parts({ aggs: aggregations, aggregations, meta: option });
const ONE = object(new Map([...AGGREGATIONS, ...ALONGSIDE]));
