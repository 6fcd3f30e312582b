/**
 * Finds documents by token, whatever their number, and reads single ones again.
 *
 * A search is a scroll: it sees one state of the indices, and pages through all hits without a limit. A scroll can't be continued after a page
 * went astray (the server may have moved on, or lost it), so the search begins again then: what was taken out meanwhile is not found any more.
 */
import type { Client } from '@opensearch-project/opensearch';
import { FOLD_FIELDS as F } from '../../projections/fold-json.js';
import { isOutage, openSearchRequest, statusOf } from '../opensearch/request.js';
import { Backoff } from '../sinks/backoff.js';
import { storedDocument, FOLD_SOURCE, type RawDocument, type StoredDocument } from './documents.js';
import type { Patience } from './patience.js';

export interface DocumentFinder {
  /** Makes visible to searches what was durable before the call. */
  refresh(indices?: readonly string[]): Promise<void>;
  /** All documents with any of the tokens, page by page. */
  search(tokens: readonly string[]): AsyncIterable<readonly StoredDocument[]>;
  /** All documents that a query in filter context lets through, page by page. */
  filter(query: object): AsyncIterable<readonly StoredDocument[]>;
  /** Documents as they are at this moment; those that are gone are left out. */
  readAgain(documents: readonly DocumentName[]): Promise<StoredDocument[]>;
}

export interface DocumentName {
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
}

export interface FinderOptions {
  readonly client: Client;
  /** Patterns of the indices to search. */
  readonly patterns: readonly string[];
  readonly patience: Patience;
  /** A document whose `fold` says nothing: it is left as it is. */
  readonly onUnreadable: (document: RawDocument, error: unknown) => void;
  /** Documents a page; with long lists of contributions each weighs a hundred kilobytes. */
  readonly pageSize?: number;
}

const PAGE_SIZE = 500;
const KEEP_ALIVE = '5m';

interface SearchAnswer {
  readonly _scroll_id?: string;
  readonly _shards: { readonly failed: number };
  readonly hits: { readonly hits: readonly RawDocument[] };
}

/** The pages that are left can't be had any more. */
class SearchLostError extends Error {
  override readonly name = 'SearchLostError';
}

export function createDocumentFinder({ client, patterns, patience, onUnreadable, pageSize = PAGE_SIZE }: FinderOptions): DocumentFinder {
  const path = (indices: readonly string[]): string => `/${indices.map(encodeURIComponent).join(',')}`;

  /** A document that was spoilt by hand is left for `repair`; it must not hold up the others. */
  function readable(raw: readonly RawDocument[]): StoredDocument[] {
    return raw.flatMap((one) => {
      try {
        return storedDocument(one) ?? [];
      } catch (error) {
        onUnreadable(one, error);
        return [];
      }
    });
  }

  async function firstPage(filter: object): Promise<SearchAnswer> {
    const { body } = await openSearchRequest<SearchAnswer>(client, 'POST', `${path(patterns)}/_search`, {
      query: { ...LENIENT, ...EXACT, scroll: KEEP_ALIVE },
      body: {
        size: pageSize,
        sort: ['_doc'],
        seq_no_primary_term: true,
        _source: FOLD_SOURCE,
        query: { constant_score: { filter } },
      },
    });
    return body;
  }

  /** Never sent twice: a repeated request would skip the page that got lost. */
  async function nextPage(scroll: string): Promise<SearchAnswer> {
    try {
      const { body } = await openSearchRequest<SearchAnswer>(client, 'POST', '/_search/scroll', {
        body: { scroll: KEEP_ALIVE, scroll_id: scroll },
        maxRetries: 0,
      });
      if (body._shards.failed > 0) throw new SearchLostError(`${body._shards.failed} shards failed`);
      return body;
    } catch (error) {
      if (isOutage(error) || statusOf(error) === 404) throw new SearchLostError(String(error), { cause: error });
      throw error;
    }
  }

  /** The server would give it up by itself after a while. */
  async function endScroll(scroll: string): Promise<void> {
    await openSearchRequest(client, 'DELETE', '/_search/scroll', { body: { scroll_id: scroll }, accept: [404], maxRetries: 0 }).catch(
      () => undefined,
    );
  }

  async function* pagesOf(filter: object): AsyncGenerator<readonly StoredDocument[]> {
    let answer = await patience('search for documents', () => firstPage(filter));
    let scroll = answer._scroll_id;
    try {
      for (;;) {
        const { hits } = answer.hits;
        if (hits.length > 0) yield readable(hits);
        if (hits.length < pageSize || scroll === undefined) return;
        answer = await nextPage(scroll);
        scroll = answer._scroll_id ?? scroll;
      }
    } finally {
      if (scroll !== undefined) await endScroll(scroll);
    }
  }

  async function refresh(indices: readonly string[] = patterns): Promise<void> {
    if (indices.length === 0) return;
    await patience('refresh', () => openSearchRequest(client, 'POST', `${path(indices)}/_refresh`, { query: LENIENT }));
  }

  async function* filter(query: object): AsyncGenerator<readonly StoredDocument[]> {
    const backoff = new Backoff();
    for (;;) {
      try {
        yield* pagesOf(query);
        return;
      } catch (error) {
        if (!(error instanceof SearchLostError)) throw error;
        patience.tell('search for documents', error);
        await backoff.wait(patience.signal);
        await refresh();
      }
    }
  }

  return {
    refresh,
    search: (tokens) => filter({ terms: { [`${F.fold}.${F.tokens}`]: tokens } }),
    filter,

    async readAgain(documents) {
      const raw = await readDocuments(client, patience, documents, FOLD_SOURCE);
      return readable(raw);
    },
  };
}

/** Indices may come and go. */
export const LENIENT = { ignore_unavailable: true, allow_no_indices: true } as const;
/** Replicas may lag where segments are copied to them; an answer without some shards is none. */
export const EXACT = { preference: '_primary', allow_partial_search_results: false } as const;

interface FoundDocument extends RawDocument {
  readonly found?: boolean;
  readonly error?: { readonly type: string; readonly reason?: string };
}

/** Documents as they are at this moment (searches lag behind), with the given fields of `_source`; those that are gone are left out. */
export async function readDocuments(
  client: Client,
  patience: Patience,
  documents: readonly DocumentName[],
  source: readonly string[] | false,
): Promise<RawDocument[]> {
  if (documents.length === 0) return [];
  const docs = documents.map(({ index, id, routing }) => ({ _index: index, _id: id, routing, _source: source }));
  return patience('reading documents', async () => {
    const { body } = await openSearchRequest<{ docs: readonly FoundDocument[] }>(client, 'POST', '/_mget', { body: { docs } });
    const failed = body.docs.find(({ error }) => error !== undefined && error.type !== 'index_not_found_exception');
    if (failed) throw Object.assign(new Error(`${failed._id}: ${failed.error!.type}: ${failed.error!.reason ?? ''}`), { statusCode: 503 });
    return body.docs.filter(({ found }) => found === true);
  });
}
