/** Ids and routings of one index, in code-point order. The server can't sort by id: it keeps ids in an encoding of its own. */
import type { Client } from '@opensearch-project/opensearch';
import { compareCodePoints } from '../../projections/code-points.js';
import { requestText } from './response.js';

export interface DocumentAddress {
  readonly id: string;
  readonly routing: string | undefined;
}

interface ScrollPage {
  readonly _scroll_id: string;
  readonly hits?: { readonly hits?: readonly { readonly _id: string; readonly _routing?: string }[] };
}

const PAGE_SIZE = 5_000;
const KEEP_ALIVE = '5m';
const FILTER_PATH = '_scroll_id,hits.hits._id,hits.hits._routing';

/** Reads all addresses of an index (some 200 bytes of memory each). */
export async function readAddresses(client: Client, index: string, onPage: (count: number) => void): Promise<DocumentAddress[]> {
  const addresses: DocumentAddress[] = [];
  const ask = async (path: string, body: object, querystring: Record<string, string>): Promise<ScrollPage> =>
    JSON.parse(
      await requestText(client, { method: 'POST', path, body, querystring: { filter_path: FILTER_PATH, ...querystring } }),
    ) as ScrollPage;
  const query = { size: PAGE_SIZE, _source: false, sort: ['_doc'], query: { match_all: {} } };
  let page = await ask(`/${encodeURIComponent(index)}/_search`, query, { scroll: KEEP_ALIVE });
  try {
    for (let hits = page.hits?.hits ?? []; hits.length > 0; hits = page.hits?.hits ?? []) {
      for (const { _id, _routing } of hits) addresses.push({ id: _id, routing: _routing });
      onPage(addresses.length);
      page = await ask('/_search/scroll', { scroll: KEEP_ALIVE, scroll_id: page._scroll_id }, {});
    }
  } finally {
    await requestText(client, { method: 'DELETE', path: '/_search/scroll', body: { scroll_id: page._scroll_id } }).catch(() => undefined); // it expires by itself
  }
  return addresses.sort((a, b) => compareCodePoints(a.id, b.id));
}
