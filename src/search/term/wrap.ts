/** From a query on metadata documents to clauses of a search for their parents (spec 05 §2.3). */
import type { Query } from './translate.js';

interface WrapOptions {
  /** Whether the search is to say what matched. */
  readonly highlight: boolean;
}

/** `clause` is what is highlighted: not the labels, which the filter of the caller will put beside it. */
function innerHits(name: number, clause: Query): Query {
  const highlight = {
    order: 'score',
    fields: { '*': {} },
    pre_tags: [''],
    post_tags: [''],
    encoder: 'default',
    highlight_query: clause,
  };
  return { _source: false, name: String(name), highlight };
}

function hasChild(clause: Query, name: number, { highlight }: WrapOptions): Query {
  return { has_child: { type: 'metadata', query: clause, ...(highlight && { inner_hits: innerHits(name, clause) }) } };
}

/** What an AND at the top demands; undefined for all other queries. */
function demands(query: Query): readonly Query[] | undefined {
  const bool = query['bool'] as { readonly filter?: readonly Query[]; readonly must_not?: readonly Query[] } | undefined;
  if (bool?.filter === undefined || bool.filter.length === 0 || bool.must_not !== undefined) return undefined;
  return bool.filter;
}

/** Filter clauses on parents. Each demand of an AND at the top may be met by another child; everything else by one child as a whole. */
export function wrapTerm(query: Query, options: WrapOptions): Query[] {
  const filter = demands(query);
  if (filter === undefined) return [hasChild(query, 1, options)];
  return [{ bool: { filter: filter.map((clause, index) => hasChild(clause, index + 1, options)) } }];
}
