/** Documents as OpenSearch holds them, numbers as stored: all of an index, or single ones as they are at this moment. */
import type { Client } from '@opensearch-project/opensearch';
import { foldFromSource } from '../../projections/fold-json.js';
import type { Contribution } from '../../projections/types.js';
import { JsonObject, parseJson } from '../../schemas/json-text.js';
import { MetafoldError } from '../errors.js';
import { itemsOf, membersOf } from '../export/json-slices.js';
import { requestText } from '../export/response.js';
import type { Guard } from '../sinks/operations.js';
import { canonicalJson, digestOf } from './canonical.js';

export interface DocumentAddress {
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
}

/** What a document says of its contributions. */
export type DocumentFold =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'contributions';
      readonly contributions: readonly Contribution[];
      readonly truncated: boolean;
      readonly owed: boolean;
      readonly tokensAgree: boolean;
    };

export interface StoredDocument extends Guard {
  readonly body: JsonObject;
  /** Of the body without `fold`. */
  readonly digest: string;
  readonly fold: DocumentFold;
}

/** Documents differ by a factor of a thousand. */
const PAGE = 250;
const KEEP_ALIVE = '10m';
const HIT_FIELDS = ['_index', '_id', '_routing', '_seq_no', '_primary_term', '_source'];

/** All documents of an index, or those that match, page by page, as they were when it began. Throws MF_OPENSEARCH. */
export async function* scanIndex(
  client: Client,
  index: string,
  signal: AbortSignal,
  matching: object = { match_all: {} },
): AsyncGenerator<StoredDocument[]> {
  const ask = (path: string, body: object, querystring: Record<string, string>): Promise<string> =>
    requestText(client, {
      method: 'POST',
      path,
      body,
      querystring: { filter_path: `_scroll_id,_shards.failed,${HIT_FIELDS.map((name) => `hits.hits.${name}`).join(',')}`, ...querystring },
    });
  const query = { size: PAGE, sort: ['_doc'], seq_no_primary_term: true, query: matching };
  const first = { scroll: KEEP_ALIVE, preference: '_primary', allow_partial_search_results: 'false' };
  let page = readPage(await ask(`/${encodeURIComponent(index)}/_search`, query, first), index);
  try {
    while (page.documents.length > 0) {
      signal.throwIfAborted();
      yield page.documents;
      page = readPage(await ask('/_search/scroll', { scroll: KEEP_ALIVE, scroll_id: page.scroll }, {}), index);
    }
  } finally {
    // It would expire by itself.
    await requestText(client, { method: 'DELETE', path: '/_search/scroll', body: { scroll_id: page.scroll } }).catch(() => undefined);
  }
}

/** Documents as they are now (searches lag behind); those that are not there are left out. Throws MF_OPENSEARCH. */
export async function readNow(client: Client, addresses: readonly DocumentAddress[]): Promise<StoredDocument[]> {
  if (addresses.length === 0) return [];
  const docs = addresses.map(({ index, id, routing }) => ({ _index: index, _id: id, ...(routing === undefined ? {} : { routing }) }));
  const answer = await requestText(client, { method: 'POST', path: '/_mget', body: { docs } });
  const list = membersOf(answer).find(({ name }) => name === '"docs"');
  if (list === undefined) throw new MetafoldError('MF_OPENSEARCH', `_mget: unexpected answer ${answer.slice(0, 500)}`);
  return itemsOf(answer, list.valueStart).flatMap((position) => {
    const fields = fieldsOf(answer, position);
    const error = fields.get('error');
    if (error !== undefined && !error.includes('index_not_found_exception'))
      throw new MetafoldError('MF_OPENSEARCH', `_mget: ${error.slice(0, 500)}`);
    return fields.get('found') === 'true' ? [readHit(fields)] : [];
  });
}

function fieldsOf(text: string, position: number): Map<string, string> {
  return new Map(membersOf(text, position).map(({ name, valueStart, end }) => [name.slice(1, -1), text.slice(valueStart, end)]));
}

function readPage(answer: string, index: string): { readonly scroll: string; readonly documents: StoredDocument[] } {
  const fields = fieldsOf(answer, 0);
  const scroll = JSON.parse(fields.get('_scroll_id') ?? '""') as string;
  const failed = /"failed":([0-9]+)/.exec(fields.get('_shards') ?? '')?.[1] ?? '0';
  if (failed !== '0') throw new MetafoldError('MF_OPENSEARCH', `${index}: ${failed} shards did not answer`, { index });
  const outer = fields.get('hits');
  const hits = outer === undefined ? undefined : membersOf(outer).find(({ name }) => name === '"hits"');
  if (outer === undefined || hits === undefined) return { scroll, documents: [] };
  return { scroll, documents: itemsOf(outer, hits.valueStart).map((position) => readHit(fieldsOf(outer, position))) };
}

function readHit(fields: ReadonlyMap<string, string>): StoredDocument {
  const parsed = (name: string): unknown => JSON.parse(fields.get(name) ?? 'null');
  const body = parseJson(fields.get('_source') ?? '{}') as JsonObject;
  return {
    index: parsed('_index') as string,
    id: parsed('_id') as string,
    routing: (parsed('_routing') as string | null) ?? undefined,
    seqNo: parsed('_seq_no') as number,
    primaryTerm: parsed('_primary_term') as number,
    body,
    digest: digestOf(canonicalJson(body, 'fold')),
    fold: documentFold(body),
  };
}

function documentFold(body: JsonObject): DocumentFold {
  const written = body.entries.get('fold');
  if (written === undefined) return { kind: 'none' };
  try {
    if (!(written instanceof JsonObject)) throw new TypeError('fold is no object');
    const fold = JSON.parse(written.text) as { readonly tokens?: unknown; readonly owed?: unknown };
    const { contributions, truncated } = foldFromSource(fold);
    if (contributions.length === 0) throw new TypeError('fold: there are no contributions');
    const union = new Set(contributions.flatMap(({ tokens }) => tokens));
    const tokens = new Set(Array.isArray(fold.tokens) ? (fold.tokens as unknown[]) : []);
    const tokensAgree = tokens.size === union.size && [...union].every((token) => tokens.has(token));
    return { kind: 'contributions', contributions, truncated, owed: fold.owed === true, tokensAgree };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}
