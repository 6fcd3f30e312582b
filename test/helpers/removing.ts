/** A removal of the binary projection in an arena, in the test's own process. */
import { Client } from '@opensearch-project/opensearch';
import pino, { type Logger } from 'pino';
import { projections } from '../../projections/index.js';
import { loadConfig } from '../../src/config/index.js';
import { createMetrics } from '../../src/metrics.js';
import { createRemoval, type Removal, type RemovalDependencies } from '../../src/removal/removal.js';
import type { DropReason } from '../../src/removal/tally.js';
import type { OpenSearchSink, Rejection } from '../../src/sinks/opensearch-sink.js';
import { createFoldSink } from '../../src/worker/fold-sink.js';
import { NO_TABLES } from '../../projections/removal/tables.js';
import { createJudge, type Judge } from '../../src/worker/judge.js';
import { createTotals } from '../../src/worker/observe.js';
import { workerSettings, type WorkerSettings } from '../../src/worker/settings.js';
import type { RawRecord } from '../../streams/consumer.js';
import { createDecoder } from '../../streams/decode.js';
import { createRecordFetcher, type RecordFetcher } from '../../streams/fetch.js';
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
  crash(): void;
  close(): Promise<void>;
}

/** Parts that a test replaces; `wrap` gets the client that everything uses. */
export interface RemovingOptions extends Partial<Pick<RemovalDependencies, 'pageSize' | 'settleMs' | 'judge'>> {
  readonly wrap?: (client: Client) => Client;
  /** Prepares indices, templates and script; not needed where a worker has folded. */
  readonly prepare?: boolean;
}

export const binary = projections.find(({ name }) => name === 'binary')!;

export async function openRemoving(arena: Arena, options: RemovingOptions = {}): Promise<Removing> {
  const { wrap = (same) => same, prepare = false, ...overrides } = options;
  const config = await loadConfig(arena.environment, { need: ['kafka', 'opensearch', 'security'] });
  const settings = workerSettings(config, arena.partition);
  const { partition } = settings.projection;
  const open = new Client({ node: testStack().opensearchUrl });
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
    overrides.judge ?? createJudge({ projection: binary, settings: settings.projection, decoder, tables: NO_TABLES, log, signal });
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
    crash: () => abort.abort(new Error('crash')),
    async close() {
      removal.close();
      await fetcher.close();
      await open.close();
    },
  };
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
