/**
 * The way to documents for a caller: every search is secured first, so that none can be sent without the caller's filter (spec 03 §10).
 * There is one reader a request; it keeps account of what was sent and stops when the caller leaves.
 */
import type { Client } from '@opensearch-project/opensearch';
import { readAlias, type Docname } from '../../projections/index-names.js';
import { documentJson } from '../../projections/json.js';
import type { DocumentBody } from '../../projections/types.js';
import type { ReadRule } from '../access/read-rule.js';
import type { Fields } from '../access/query.js';
import { bodyOf, secureBody, type QueryKind } from '../access/secured-body.js';
import { sourceTextClient } from '../opensearch/source-texts.js';
import { searchUnavailable } from './api-error.js';
import { failedAnswer, searchFailure } from './search-failure.js';

export interface Hit<S = Readonly<Record<string, unknown>>> {
  readonly _index: string;
  readonly _id: string;
  readonly _score: number | null;
  readonly _routing?: string;
  readonly _source: S;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly inner_hits?: Readonly<Record<string, { readonly hits: { readonly hits: readonly Hit[] } }>>;
  readonly sort?: readonly unknown[];
}

export interface SearchAnswer<S = Readonly<Record<string, unknown>>, A = Readonly<Record<string, never>>> {
  readonly took: number;
  readonly timed_out: boolean;
  readonly _shards?: { readonly failed: number };
  readonly hits: { readonly total?: { readonly value: number; readonly relation: string }; readonly hits: readonly Hit<S>[] };
  /** Absent when no index is there yet. */
  readonly aggregations?: A;
}

export interface Search {
  readonly docname: Docname;
  readonly body: Fields;
  /** complex: for parents that are found by their children (spec 03 §9); default plain. */
  readonly kind?: QueryKind;
  /** One binary's documents are together. */
  readonly routing?: string;
  /** Milliseconds after which what was found so far is the answer; without it a search that takes too long fails. */
  readonly partialAfterMs?: number;
  /** Each `_source` is a `RawJson`, with numbers as they are stored. Holds for all searches of one request. */
  readonly exact?: true;
}

/** One query as `include_queries` shows it (spec 04 §2.4). */
export interface QueryInfo {
  readonly query_type: 'search' | 'msearch';
  readonly index: string;
  readonly query: object | readonly object[];
  readonly run_time_ms: number | null;
  readonly args: null;
  readonly kwargs: Readonly<Record<string, string>> | null;
  readonly response: null;
}

export interface Reader {
  readonly rule: ReadRule;
  /** What was sent, in order; of a long listing the first thousand. */
  readonly queries: readonly QueryInfo[];
  /** One search. Throws ApiError: 400 for values that OpenSearch refuses, 503 when it does not answer. */
  search<S, A = Readonly<Record<string, never>>>(search: Search): Promise<SearchAnswer<S, A>>;
  /** Several in one request, answered in their order. */
  searchAll<S, A = Readonly<Record<string, never>>>(searches: readonly Search[]): Promise<readonly SearchAnswer<S, A>[]>;
}

export interface ReaderOptions {
  readonly client: Client;
  readonly partition: string;
  readonly rule: ReadRule;
  /** The caller's own credentials, if those are used. */
  readonly authorization?: string | undefined;
  readonly timeoutSeconds: number;
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal;
  /** Told the time of each request in seconds. */
  readonly onSearch?: (seconds: number) => void;
  /** Told every body that is sent; tests prove with it that all are secured. */
  readonly onBody?: (rule: ReadRule, body: Fields) => void;
}

const MAX_QUERIES = 1_000;

interface Transported {
  readonly path: string;
  /** JSON text, or lines of it. */
  readonly body?: string;
  readonly bulkBody?: string;
  readonly querystring: Readonly<Record<string, string>>;
  readonly exact: boolean;
}

export function createReader(options: ReaderOptions): Reader {
  const { client, partition, rule, timeoutSeconds, signal, onSearch, onBody } = options;
  const queries: QueryInfo[] = [];
  const account = (query: QueryInfo): void => {
    if (queries.length < MAX_QUERIES) queries.push(query);
  };
  const limits = { cancel_after_time_interval: `${timeoutSeconds}s` };

  const secured = ({ body, kind = 'plain' }: Search): Fields => {
    const result = bodyOf(secureBody(rule, body, kind));
    onBody?.(rule, result);
    return result;
  };

  async function send<T>({ path, querystring, exact, ...content }: Transported): Promise<T> {
    signal.throwIfAborted();
    const started = performance.now();
    const request = (exact ? sourceTextClient(client) : client).transport.request(
      { method: 'POST', path, querystring: { ...limits, ...querystring }, ...content },
      {
        requestTimeout: (timeoutSeconds + 1) * 1_000,
        maxRetries: 0,
        ...(options.authorization !== undefined && { headers: { authorization: options.authorization } }),
      },
    );
    const leave = (): void => {
      // In braces: it gives back a promise that is rejected, and a listener that gives that back would end the process.
      request.abort();
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return (await request).body as T;
    } catch (error) {
      signal.throwIfAborted();
      throw searchFailure(error);
    } finally {
      signal.removeEventListener('abort', leave);
      onSearch?.((performance.now() - started) / 1_000);
    }
  }

  return {
    rule,
    queries,
    async search<S, A>(search: Search) {
      const index = readAlias(partition, search.docname);
      const body = secured(search);
      const { partialAfterMs, routing, exact = false } = search;
      const querystring = {
        ignore_unavailable: 'true',
        ...(routing !== undefined && { routing }),
        ...(partialAfterMs === undefined ? { allow_partial_search_results: 'false' } : { timeout: `${partialAfterMs}ms` }),
      };
      const answer = await send<SearchAnswer<S, A>>({ path: `/${index}/_search`, body: bodyText(body), querystring, exact });
      account(info('search', index, body, answer.took, routing));
      return whole(answer, partialAfterMs !== undefined);
    },
    async searchAll<S, A>(searches: readonly Search[]) {
      if (searches.length === 0) return [];
      let lines = '';
      const bodies: Fields[] = [];
      for (const search of searches) {
        const body = secured(search);
        bodies.push(body);
        const header = {
          index: readAlias(partition, search.docname),
          ignore_unavailable: true,
          ...(search.routing !== undefined && { routing: search.routing }),
        };
        const limited = search.partialAfterMs === undefined ? body : { ...body, timeout: `${search.partialAfterMs}ms` };
        lines += `${JSON.stringify(header)}\n${bodyText(limited)}\n`;
      }
      const exact = searches.some((search) => search.exact === true);
      const { responses, took } = await send<MultiAnswer<S, A>>({ path: '/_msearch', bulkBody: lines, querystring: {}, exact });
      const indices = [...new Set(searches.map(({ docname }) => readAlias(partition, docname)))];
      account(info('msearch', indices.join(','), bodies, took, undefined));
      return responses.map((response, n) => {
        if (response.error !== undefined) throw failedAnswer(response.status ?? 500, response.error);
        return whole(response, searches[n]!.partialAfterMs !== undefined);
      });
    },
  };
}

/** Integers of a term may be larger than JavaScript's numbers are exact. */
function bodyText(body: Fields): string {
  return documentJson(body as DocumentBody);
}

interface MultiAnswer<S, A> {
  readonly took: number;
  readonly responses: readonly (SearchAnswer<S, A> & { readonly status?: number; readonly error?: unknown })[];
}

/** Whether the answer is of a part of the documents only. */
export function isPartial({ timed_out, _shards }: Pick<SearchAnswer, 'timed_out' | '_shards'>): boolean {
  return timed_out || (_shards?.failed ?? 0) > 0;
}

/** A part is no answer, unless a part was asked for. */
function whole<S, A>(answer: SearchAnswer<S, A>, partial: boolean): SearchAnswer<S, A> {
  if (!partial && isPartial(answer)) throw searchUnavailable();
  return answer;
}

function info(
  type: QueryInfo['query_type'],
  index: string,
  query: QueryInfo['query'],
  took: number,
  routing: string | undefined,
): QueryInfo {
  return {
    query_type: type,
    index,
    query,
    run_time_ms: took,
    args: null,
    kwargs: routing === undefined ? null : { routing },
    response: null,
  };
}
