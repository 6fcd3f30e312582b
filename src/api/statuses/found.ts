/** The newest status of each author on a binary, and how often it succeeded (spec 05 §13). */
import { STATUS_SUCCESS } from '../../../schemas/enums.js';
import type { Search, SearchAnswer } from '../reader.js';
import { STATUS_FIELDS, statusEvent, type StatusDocument, type StatusEvent } from './status-event.js';

export interface StatusAggregations {
  readonly authors?: {
    readonly buckets: readonly {
      readonly newest: { readonly hits: { readonly hits: readonly { readonly _source: StatusDocument }[] } };
      readonly successes: { readonly doc_count: number };
    }[];
  };
}

/** The sha256 in lower case. */
export function statusSearch(sha256: string): Search {
  return {
    docname: 'status',
    body: {
      query: { bool: { filter: [{ term: { 'entity.input.entity.sha256': sha256 } }] } },
      aggs: {
        authors: {
          terms: { field: 'encoded.author', size: 10_000 },
          aggs: {
            newest: { top_hits: { size: 1, sort: [{ timestamp: 'desc' }], _source: { includes: STATUS_FIELDS } } },
            successes: { filter: { terms: { 'entity.status': STATUS_SUCCESS } } },
          },
        },
      },
      size: 0,
    },
  };
}

export function foundStatuses({ aggregations }: SearchAnswer<unknown, StatusAggregations>): readonly StatusEvent[] {
  return (aggregations?.authors?.buckets ?? []).flatMap(({ newest, successes }) =>
    newest.hits.hits.map((hit) => statusEvent(hit._source, successes.doc_count)),
  );
}
