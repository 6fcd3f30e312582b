/** The one way from a query to a request for a caller: what is sent to OpenSearch as a caller's search is a `SecuredBody` (spec 03 §10.3). */
import type { LabelClauses } from './label-clauses.js';
import { asFields, inside, object, option, options, parts, refuse, type Place } from './parts.js';
import { asBool, clauseList, isFields, withClauses, type Clauses, type Fields, type Query } from './query.js';
import type { ReadRule } from './read-rule.js';
import { aggregations } from './secure-aggregations.js';
import { HIT_PARTS, secureQuery } from './secure-query.js';

/** `complex`: the query finds parent documents through their children. `plain`: any other (spec 03 §9). */
export type QueryKind = 'plain' | 'complex';

const BODY: unique symbol = Symbol('secured body');

/** A body that was secured. Only `secureBody` makes one. */
export interface SecuredBody {
  readonly [BODY]: Fields;
}

/** A body without its query. */
const secureRest = object(
  parts({
    ...HIT_PARTS,
    aggs: aggregations,
    aggregations,
    collapse: object(parts({ field: option })),
    ...options('track_total_hits', 'timeout', 'terminate_after', 'min_score', 'search_after', 'pit', 'slice'),
  }),
);

function isJoinWithQuery(query: Query): boolean {
  const { has_child: join } = query;
  return isFields(join) && isFields(join['query']);
}

/** Adds clauses to the query of the first `has_child` among these. */
function limitFirstChild(filters: readonly Query[], clauses: Clauses): readonly Query[] {
  const index = filters.findIndex(isJoinWithQuery);
  if (index < 0 || clauses.filter.length + clauses.mustNot.length === 0) return filters;
  const join = filters[index]!['has_child'] as Fields;
  return filters.with(index, { has_child: { ...join, query: withClauses(join['query'] as Query, clauses) } });
}

function limitBool(query: Query | undefined, rule: ReadRule, kind: QueryKind): Query {
  const bool = asBool(query);
  const { filter, mustNot } = kind === 'plain' ? rule.clauses.plain : rule.clauses.parents;
  const own = clauseList(bool['filter']);
  return {
    bool: {
      ...bool,
      ...(kind === 'plain' && { must: clauseList(bool['must']) }),
      must_not: [...clauseList(bool['must_not']), ...mustNot],
      filter: [...(kind === 'plain' ? own : limitFirstChild(own, rule.clauses.firstChild)), rule.filter, ...filter],
    },
  };
}

/** A search for the nearest has its filter already; the labels of the request belong beside it. */
function limitNearest(knn: Fields, clauses: LabelClauses): Query {
  const [name, wanted] = Object.entries(knn)[0] as [string, Fields];
  return { knn: { [name]: { ...wanted, filter: withClauses(wanted['filter'] as Query, clauses.plain) } } };
}

function limitQuery(value: unknown, place: Place, rule: ReadRule, kind: QueryKind): Query {
  const query = value === undefined ? undefined : secureQuery(value, place);
  const knn = query?.['knn'];
  return isFields(knn) ? limitNearest(knn, rule.clauses) : limitBool(query, rule, kind);
}

/**
 * Limits the body of a search or count to what the caller may read, with the labels that the request excludes and includes. The
 * given body stays as it is and shares what did not have to change. Throws MF_INTERNAL for what cannot be secured, and for a
 * body that was secured already.
 */
export function secureBody(rule: ReadRule, body: Fields, kind: QueryKind): SecuredBody {
  const place: Place = { filter: rule.filter, at: 'body' };
  if (BODY in body) refuse(place, 'it is secured already');
  const { query, ...rest } = asFields(body, place);
  const secured = secureRest(rest, place) as Fields;
  return Object.freeze({ [BODY]: Object.freeze({ ...secured, query: limitQuery(query, inside(place, 'query'), rule, kind) }) });
}

/** The body to be sent. */
export function bodyOf(secured: SecuredBody): Fields {
  return secured[BODY];
}
