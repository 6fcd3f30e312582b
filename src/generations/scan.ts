/** Reads an index page by page, for what is done with all of its documents. */
import type { Client } from '@opensearch-project/opensearch';
import { readDocuments, requestText, type FoundDocument } from '../export/response.js';
import { openSearchRequest } from '../opensearch/request.js';

export interface ScannedHit {
  readonly _id: string;
  readonly _routing?: string;
  readonly _source?: { readonly fold?: unknown };
}

interface ScrollPage {
  readonly _scroll_id: string;
  readonly hits?: { readonly hits?: readonly ScannedHit[] };
}

/** Documents differ by a factor of a thousand; a page of `fold` objects with 200 contributions each has some 30 MB. */
const PAGE = 200;
const KEEP_ALIVE = '5m';
const FILTER_PATH = '_scroll_id,hits.hits._id,hits.hits._routing,hits.hits._source';

/** The documents that match, each with `fold` as its source. Numbers in it are small enough to be parsed. */
export async function* scanFolds(client: Client, index: string, query: object): AsyncGenerator<readonly ScannedHit[]> {
  const ask = async (path: string, body: object, scroll: Record<string, string>): Promise<ScrollPage> =>
    (await openSearchRequest<ScrollPage>(client, 'POST', path, { body, query: { filter_path: FILTER_PATH, ...scroll } })).body;
  const first = { size: PAGE, _source: ['fold'], sort: ['_doc'], query };
  let page = await ask(`/${encodeURIComponent(index)}/_search`, first, { scroll: KEEP_ALIVE });
  try {
    for (let hits = page.hits?.hits ?? []; hits.length > 0; hits = page.hits?.hits ?? []) {
      yield hits;
      page = await ask('/_search/scroll', { scroll: KEEP_ALIVE, scroll_id: page._scroll_id }, {});
    }
  } finally {
    await openSearchRequest(client, 'DELETE', '/_search/scroll', { body: { scroll_id: page._scroll_id } }).catch(() => undefined); // it expires by itself
  }
}

/** Whole documents as text, those that are still there. */
export async function readWhole(client: Client, index: string, hits: readonly ScannedHit[]): Promise<FoundDocument[]> {
  if (hits.length === 0) return [];
  const docs = hits.map(({ _id, _routing }) => (_routing === undefined ? { _id } : { _id, routing: _routing }));
  return readDocuments(await requestText(client, { method: 'POST', path: `/${encodeURIComponent(index)}/_mget`, body: { docs } }), true);
}
