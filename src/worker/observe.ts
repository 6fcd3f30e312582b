/** What a worker tells of itself: counters, and log lines for what an operator has to see. */
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.js';
import type { SinkObserver } from '../sinks/opensearch-sink.js';
import type { LoopObserver } from './projection-loop.js';
import type { RefusalsDependencies } from './refusals.js';

export interface Totals {
  records: number;
  documents: number;
  deadLetters: number;
  firstRecordMs: number | undefined;
  /** CPU time of the process when the first record came: what start-up cost is not the fold's. */
  startupCpu: NodeJS.CpuUsage | undefined;
  lastDurableMs: number | undefined;
  /** When OpenSearch answered a bulk request last, whatever was in it. */
  lastBulkMs: number | undefined;
  /** When everything was searchable too, of a worker that ends when idle. */
  searchableMs: number | undefined;
  /** When bulk requests began to fail, if they are failing. */
  outageSince: number | undefined;
}

export function createTotals(): Totals {
  return {
    records: 0,
    documents: 0,
    deadLetters: 0,
    firstRecordMs: undefined,
    startupCpu: undefined,
    lastDurableMs: undefined,
    lastBulkMs: undefined,
    searchableMs: undefined,
    outageSince: undefined,
  };
}

/** A failing sink says so at most this often. */
const OUTAGE_LOG_MS = 5_000;

export function createSinkObserver(metrics: Metrics, totals: Totals, log: Logger): SinkObserver {
  let lastLog = 0;
  return {
    onRetry(reason, sinceMs) {
      const now = Date.now();
      metrics.retries.inc();
      totals.outageSince ??= now - sinceMs;
      metrics.outage.set((now - totals.outageSince) / 1000);
      if (now - lastLog < OUTAGE_LOG_MS) return;
      lastLog = now;
      log.warn({ reason, sinceMs: now - totals.outageSince }, 'OpenSearch does not take documents, trying again');
    },
    onBulk(operations, _bytes, tookMs) {
      metrics.bulkSeconds.observe(tookMs / 1000);
      metrics.bulkOperations.inc(operations);
      totals.lastBulkMs = Date.now();
      if (totals.outageSince === undefined) return;
      log.info({ outageMs: Date.now() - totals.outageSince }, 'OpenSearch takes documents again');
      totals.outageSince = undefined;
      metrics.outage.set(0);
    },
    onMerge: (operations) => metrics.merges.inc(operations),
  };
}

/** What can be seen of a sink between its requests. */
export interface SinkState {
  readonly pendingBytes: number;
  readonly waitingMs: number;
}

const WATCH_MS = 1_000;
/** An answer that takes longer than this counts as an outage, although nothing has failed yet. */
const STALLED_MS = 5_000;

/** Keeps the gauges of the sink up to date and notices a server that takes requests but does not answer; ends with the returned function. */
export function watchSink(sink: SinkState, metrics: Metrics, totals: Totals, log: Logger): () => void {
  const timer = setInterval(() => {
    const { waitingMs } = sink;
    if (waitingMs >= STALLED_MS && totals.outageSince === undefined) {
      totals.outageSince = Date.now() - waitingMs;
      log.warn({ waitingMs: Math.round(waitingMs) }, 'OpenSearch does not answer');
    }
    metrics.inFlightBytes.set(sink.pendingBytes);
    metrics.outage.set(totals.outageSince === undefined ? 0 : (Date.now() - totals.outageSince) / 1000);
  }, WATCH_MS);
  timer.unref();
  return () => clearInterval(timer);
}

export function createLoopObserver(metrics: Metrics, totals: Totals): LoopObserver & Pick<RefusalsDependencies, 'onDeadLetter'> {
  return {
    onRecords(projection, count) {
      totals.records += count;
      totals.firstRecordMs ??= Date.now();
      totals.startupCpu ??= process.cpuUsage();
      metrics.records.inc({ projection }, count);
    },
    onTombstone: (topic) => metrics.tombstones.inc({ topic }),
    onSkip(projection, { reason, author }) {
      metrics.skipped.inc({ projection, reason });
      if (reason === 'expired') metrics.agedOff.inc({ plugin: pluginLabel(author) });
    },
    onDuplicate: (projection, plugin) => metrics.duplicates.inc({ type: projection, plugin }),
    onDurable(projection, operations) {
      totals.documents += operations.length;
      totals.lastDurableMs = Date.now();
      metrics.documents.inc({ projection }, operations.length);
      const counts = new Map<string, number>();
      for (const { best } of operations) {
        const plugin = pluginLabel(best.author);
        counts.set(plugin, (counts.get(plugin) ?? 0) + 1);
      }
      for (const [plugin, count] of counts) metrics.ingested.inc({ type: projection, status: 'success', plugin }, count);
    },
    onParents: (count) => metrics.ingested.inc({ type: 'binary', status: 'success', plugin: 'root-binary-creation' }, count),
    onDeadLetter(projection, refusalClass) {
      totals.deadLetters++;
      metrics.deadLetters.inc({ projection, class: refusalClass });
      metrics.ingested.inc({ type: projection, status: refusalClass, plugin: '' });
    },
    onCommit: () => undefined,
  };
}

/** `<name>-<version>` as azul-metastore labels its counters. */
function pluginLabel({ name, version }: { readonly name: string; readonly version: string | undefined }): string {
  return `${name}-${version ?? ''}`;
}
