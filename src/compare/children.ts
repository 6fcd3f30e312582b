import type { Client } from '@opensearch-project/opensearch';
import { openSearchRequest } from '../opensearch/request.js';
import { EXACT, LENIENT } from '../removal/find.js';
import { documentName } from './document-name.js';
import type { DocumentAddress } from './stored.js';

interface Answer {
  readonly aggregations?: { readonly indices: { readonly buckets: readonly IndexBucket[] } };
}

interface IndexBucket {
  readonly key: string;
  readonly parents: { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] };
}

const AT_ONCE = 500;

/** How many metadata documents hang from each of the parents now, by the parent's name; those without are left out. */
export async function childrenOf(client: Client, parents: readonly DocumentAddress[], signal: AbortSignal): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let at = 0; at < parents.length; at += AT_ONCE) {
    signal.throwIfAborted();
    const some = parents.slice(at, at + AT_ONCE);
    const path = `/${[...new Set(some.map(({ index }) => encodeURIComponent(index)))].join(',')}`;
    await openSearchRequest(client, 'POST', `${path}/_refresh`, { query: LENIENT });
    const { body } = await openSearchRequest<Answer>(client, 'POST', `${path}/_search`, {
      query: { ...LENIENT, ...EXACT },
      body: {
        size: 0,
        track_total_hits: false,
        query: { constant_score: { filter: { terms: { sha256: some.map(({ id }) => id) } } } },
        aggs: {
          indices: {
            terms: { field: '_index', size: 100 },
            aggs: { parents: { terms: { field: 'sha256', size: some.length, execution_hint: 'map' } } },
          },
        },
      },
    });
    for (const { key: index, parents: found } of body.aggregations?.indices.buckets ?? []) {
      for (const { key: id, doc_count } of found.buckets) counts.set(documentName({ index, id, routing: id }), doc_count);
    }
  }
  return counts;
}
