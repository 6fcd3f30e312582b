/** A removal of the binary projection in an arena, in the test's own process. */
import { Client } from '@opensearch-project/opensearch';
import pino, { type Logger } from 'pino';
import { projections } from '../../projections/index.js';
import type { Contribution } from '../../projections/types.js';
import { binaryIndex } from '../../projections/index-names.js';
import { loadConfig } from '../../src/config/index.js';
import { createMetrics } from '../../src/metrics.js';
import { createRemoval, type Removal, type RemovalDependencies } from '../../src/removal/removal.js';
import type { DropReason } from '../../src/removal/tally.js';
import type { OpenSearchSink, Rejection } from '../../src/sinks/opensearch-sink.js';
import { addContender, createContender, createOperation } from '../../src/sinks/operations.js';
import { parentFactory } from '../../src/sinks/parents.js';
import { createFoldSink } from '../../src/worker/fold-sink.js';
import { NO_TABLES } from '../../projections/removal/tables.js';
import { createJudge, type Judge } from '../../src/worker/judge.js';
import { createTotals } from '../../src/worker/observe.js';
import { foldSettings, workerSettings, type WorkerSettings } from '../../src/worker/settings.js';
import { wholePartition } from '../../src/opensearch/template-settings.js';
import type { RawRecord } from '../../streams/consumer.js';
import { createDecoder } from '../../streams/decode.js';
import { createRecordFetcher, type RecordFetcher } from '../../streams/fetch.js';
import { contribution } from '../unit/sinks/fixtures.js';
import { opensearch, type Arena } from './arena.js';
import { testStack } from './stack.js';

export interface Removing {
  readonly removal: Removal;
  readonly sink: OpenSearchSink<RawRecord>;
  readonly judge: Judge;
  readonly fetcher: RecordFetcher;
  readonly settings: WorkerSettings;
  readonly dropped: DropReason[];
  readonly refused: Rejection<RawRecord>[];
  readonly log: string[];
  /** Ends it as a crash does: nothing more is sent. */
  crash(reason: Error): void;
  close(): Promise<void>;
}

/** Parts that a test replaces; `wrap` gets the client that everything uses. */
export interface RemovingOptions extends Partial<Pick<RemovalDependencies, 'pageSize' | 'settleMs' | 'judge'>> {
  readonly wrap?: (client: Client) => Client;
  /** Of a request, so that an outage shows. */
  readonly timeoutMs?: number;
  /** Prepares indices, templates and script; not needed where a worker has folded. */
  readonly prepare?: boolean;
}

export const binary = projections.find(({ name }) => name === 'binary')!;

export async function openRemoving(arena: Arena, options: RemovingOptions = {}): Promise<Removing> {
  const { wrap = (same: Client) => same, prepare = false, timeoutMs = 30_000, ...overrides } = options;
  const config = await loadConfig(arena.environment, { need: ['kafka', 'opensearch', 'security'] });
  const settings = workerSettings(config, wholePartition(arena.partition));
  const { partition } = arena;
  const open = new Client({ node: testStack().opensearchUrl, requestTimeout: timeoutMs, maxRetries: 0 });
  const client = wrap(open);
  const abort = new AbortController();
  const { signal } = abort;
  const lines: string[] = [];
  const log: Logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const fold = createFoldSink(settings, { client, metrics: createMetrics(), totals: createTotals(), log, signal });
  if (prepare) await fold.prepare();
  const fetcher = createRecordFetcher(settings.brokers, settings.kafkaClient, 'test-removing');
  const decoder = createDecoder({ registry: undefined });
  const judge =
    overrides.judge ??
    createJudge({ projection: binary, settings: foldSettings(settings, binary.docname), decoder, tables: NO_TABLES, log, signal });
  const dropped: DropReason[] = [];
  const refused: Rejection<RawRecord>[] = [];
  const removal = createRemoval({
    client,
    projection: binary,
    partition,
    sink: fold.sink,
    fetcher,
    judge,
    clock: () => BigInt(Date.now()) * 1000n,
    refuse: (rejections) => Promise.resolve(void refused.push(...rejections)),
    onDropped: (reason) => void dropped.push(reason),
    onFailure: (error) => lines.push(String(error)),
    settleMs: 60_000,
    log,
    signal,
    ...overrides,
  });
  return {
    ...{ removal, sink: fold.sink, judge, fetcher, settings, dropped, refused, log: lines },
    crash: (reason) => abort.abort(reason),
    async close() {
      removal.close();
      await fetcher.close();
      await open.close();
    },
  };
}

/** A client that hands each request to `before`, which may throw instead of letting it be sent, and each answer to `after`. */
export function watchedClient(
  client: Client,
  before: (path: string) => void,
  after: (path: string, body: unknown) => Promise<void> | void = () => undefined,
): Client {
  const request = async (params: { readonly path: string }, options: unknown): Promise<unknown> => {
    before(params.path);
    const response = await client.transport.request(params as never, options as never);
    await after(params.path, response.body);
    return response;
  };
  return { transport: { request } } as unknown as Client;
}

let made = 0;

/** A document made up for a test: its contributions have no records. */
export interface MadeUp {
  readonly sha256: string;
  /** Ends the id. */
  readonly name: string;
  readonly contributions: readonly Partial<Contribution>[];
}

/** Puts made-up documents in place, and the parents of all. */
export async function putMadeUp({ sink, settings }: Removing, documents: readonly MadeUp[]): Promise<void> {
  const { partition } = foldSettings(settings, binary.docname);
  const parentOf = parentFactory(binary, partition);
  const operations = documents.flatMap(({ sha256, name, contributions }) => {
    const index = binaryIndex(partition, sha256);
    const body = { sha256, binary_info: { name: 'metadata', parent: sha256 } };
    const contenders = contributions.map((changes) => {
      const key = `made-up-${String(made++)}`;
      const one = contribution({ topic: 'made.up', recordKey: key, ...changes });
      return createContender({ index, id: `${sha256}.${name}`, routing: sha256, body, contribution: one }, {} as RawRecord, 0);
    });
    const operation = createOperation(contenders[0]!);
    for (const contender of contenders.slice(1)) addContender(operation, contender);
    return [operation];
  });
  await sink.submit(operations);
  await sink.submit([...new Map(operations.map((operation) => [operation.routing, parentOf(operation)!])).values()]);
}

export interface StoredBinary {
  readonly _id: string;
  readonly _routing: string;
  readonly _source: {
    readonly sha256?: string;
    readonly features_map?: Readonly<Record<string, readonly string[]>>;
    readonly fold?: { readonly contributions: readonly { readonly k: string; readonly o: number }[]; readonly owed?: boolean };
  };
}

/** All documents of binaries that the arena has now, parents too, at most 10,000. */
export async function binaries(arena: Arena): Promise<StoredBinary[]> {
  const path = `/azul.x.${arena.partition}.binary2.*`;
  await opensearch('POST', `${path}/_refresh`);
  const { hits } = await opensearch<{ hits: { hits: StoredBinary[] } }>('POST', `${path}/_search?size=10000`, { sort: ['_doc'] });
  return hits.hits;
}
