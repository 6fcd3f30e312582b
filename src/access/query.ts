/** Queries as JSON, and how they change without touching what was given. */

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** One query: an object whose only key is its type. */
export type Query = Fields;

/** What is to be among the clauses of a `bool`, without an influence on scores. */
export interface Clauses {
  readonly filter: readonly Query[];
  readonly mustNot: readonly Query[];
}

export const NO_CLAUSES: Clauses = { filter: [], mustNot: [] };

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Clauses of a `bool` as a list; OpenSearch takes a single one without brackets as well. */
export function clauseList(value: unknown): readonly Query[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Query[]) : [value as Query];
}

/**
 * Whether added filters leave what a `bool` asks for as it is: beside a filter, `should` alone would become optional, and a
 * minimum in a `bool` without clauses would begin to count.
 */
function takesFilters(bool: Fields): boolean {
  if (clauseList(bool['must']).length + clauseList(bool['filter']).length > 0) return true;
  const minimum = bool['minimum_should_match'];
  if (clauseList(bool['should']).length === 0) return minimum === undefined;
  return typeof minimum === 'number' && minimum >= 1;
}

/** The `bool` to add clauses to: the query's own if it has one that can take them, else one with the query as its `must`, which scores alike. */
export function asBool(query: Query | undefined): Fields {
  if (query === undefined) return {};
  const { bool } = query;
  return isFields(bool) && takesFilters(bool) ? bool : { must: [query] };
}

/** The query limited by more clauses. */
export function withClauses(query: Query | undefined, { filter, mustNot }: Clauses): Query {
  const bool = asBool(query);
  const excluding = mustNot.length === 0 ? {} : { must_not: [...clauseList(bool['must_not']), ...mustNot] };
  return { bool: { ...bool, ...excluding, filter: [...clauseList(bool['filter']), ...filter] } };
}
