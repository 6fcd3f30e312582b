/** From a query on metadata documents to clauses of a search for their parents (spec 05 §2.3). */
import { highlightQuery } from './highlight.js';
import type { Query } from './translate.js';

interface WrapOptions {
  /** The search is to say what matched in these fields. */
  readonly highlight?: ReadonlySet<string> | undefined;
}

/** `clause` is what is highlighted: not the labels, which the filter of the caller will put beside it. */
function innerHits(name: number, clause: Query, fields: ReadonlySet<string>): Query {
  const highlight = {
    order: 'score',
    fields: { '*': {} },
    pre_tags: [''],
    post_tags: [''],
    encoder: 'default',
    highlight_query: highlightQuery(clause, fields),
  };
  return { _source: false, name: String(name), highlight };
}

function hasChild(clause: Query, name: number, { highlight }: WrapOptions): Query {
  return { has_child: { type: 'metadata', query: clause, ...(highlight && { inner_hits: innerHits(name, clause, highlight) }) } };
}

/** What an AND at the top demands; undefined for all other queries. */
function demands(query: Query): readonly Query[] | undefined {
  const bool = query['bool'] as { readonly filter?: readonly Query[]; readonly must_not?: readonly Query[] } | undefined;
  if (bool?.filter === undefined || bool.filter.length === 0 || bool.must_not !== undefined) return undefined;
  return bool.filter;
}

/** Each join that says what matched costs a search of its own for every hit. */
const MAX_HIGHLIGHTED = 32;

/**
 * Filter clauses on parents, one for each query. Each demand of an AND at the top may be met by another child; everything else by one child as a whole.
 * Inner hits are named by a counter from 1; of more than 32 joins none says what matched.
 */
export function wrapQueries(queries: readonly Query[], { highlight }: WrapOptions = {}): Query[] {
  const joins = queries.reduce((sum, query) => sum + (demands(query)?.length ?? 1), 0);
  const options = { highlight: joins <= MAX_HIGHLIGHTED ? highlight : undefined };
  let name = 0;
  const wrap = (clause: Query): Query => hasChild(clause, ++name, options);
  return queries.map((query) => {
    const filter = demands(query);
    return filter === undefined ? wrap(query) : { bool: { filter: filter.map(wrap) } };
  });
}

/** `wrapQueries` of a term alone. */
export function wrapTerm(query: Query, options: WrapOptions = {}): Query[] {
  return wrapQueries([query], options);
}
