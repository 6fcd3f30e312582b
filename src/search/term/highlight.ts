/** What is highlighted of a query: the query itself, as far as its fields can be (spec 05 §2.3). */
import type { DocumentBody, DocumentValue } from '../../../projections/types.js';
import type { Query } from './translate.js';

const NOTHING: Query = { match_none: {} };
const CLAUSES = ['must', 'filter', 'should', 'must_not'];

/** The field of a query that is no `bool`; undefined when it names none. */
function fieldOf(query: Query): string | undefined {
  const [type, params] = Object.entries(query)[0] as [string, Readonly<Record<string, unknown>>];
  return type === 'exists' ? (params['field'] as string) : Object.keys(params)[0];
}

function isBool(query: Query): query is { readonly bool: Readonly<Record<string, DocumentValue>> } {
  return 'bool' in query;
}

function kept(query: Query, fields: ReadonlySet<string>): Query | undefined {
  if (!isBool(query)) {
    const field = fieldOf(query);
    return field === undefined || fields.has(field) ? query : undefined;
  }
  const bool: Record<string, DocumentValue> = { ...query.bool };
  for (const name of CLAUSES) {
    const clauses = bool[name] as readonly Query[] | undefined;
    if (clauses !== undefined)
      bool[name] = clauses.flatMap((clause): DocumentBody[] => {
        const shown = kept(clause, fields);
        return shown === undefined ? [] : [shown];
      });
  }
  return { bool };
}

/** The query without its clauses on other fields: OpenSearch fails on a highlight query with a field that an index does not have. */
export function highlightQuery(query: Query, fields: ReadonlySet<string>): Query {
  return kept(query, fields) ?? NOTHING;
}
