/**
 * A worker: projections folded side by side in one process, one sink for all of them. Runs until it is stopped, or, with `untilIdle`,
 * until all of the groups' lag is zero and everything is durable and searchable.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { indexPatterns } from '../../projections/index-names.js';
import type { Projection } from '../../projections/index.js';
import { NO_TABLES } from '../../projections/removal/tables.js';
import type { Micros } from '../../schemas/events.js';
import { createConsumer, type RecordConsumer } from '../../streams/consumer.js';
import type { DeadLetter } from '../../streams/dead-letter.js';
import type { Decoder } from '../../streams/decode.js';
import { createRecordFetcher } from '../../streams/fetch.js';
import { createGroupLagReader, type GroupLagReader } from '../../streams/group-lag.js';
import type { ReplacingRecord } from '../dead-letters/replaced.js';
import type { Metrics } from '../metrics.js';
import { isOutage, openSearchRequest } from '../opensearch/request.js';
import { persistently } from '../sinks/backoff.js';
import { createRemoval, type Removal } from '../removal/removal.js';
import { parentFactory } from '../sinks/parents.js';
import { consumerGroup, subscriptions } from './binding.js';
import { createFoldSink } from './fold-sink.js';
import { createJudge } from './judge.js';
import { createLoopObserver, createTotals, watchSink, type Totals } from './observe.js';
import type { BulkBody } from '../sinks/bulk.js';
import { createPatience } from '../removal/patience.js';
import { createTableTail, type TableTail } from '../tables/table-tail.js';
import { readApplied } from '../tables/applied.js';
import { ProjectionLoop } from './projection-loop.js';
import { refoldParents } from './refold.js';
import { Refusals } from './refusals.js';
import { TableNews } from './table-news.js';
import { foldSettings, type WorkerSettings } from './settings.js';

export interface WorkerDependencies {
  readonly client: Client;
  readonly decoder: Decoder;
  /** Makes dead letters durable; repeats until it is done. */
  readonly park: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Bodies as they are sent, for the benchmark's floor. */
  readonly tap?: (body: BulkBody) => void;
  /** Dead letters of a projection that stand now. */
  readonly letters: (projection: string) => Promise<readonly DeadLetter[]>;
  /** Takes away the letters of a projection of earlier records of the same keys. Rejects when the broker does not answer. */
  readonly forgetLetters: (projection: string, records: readonly ReplacingRecord[]) => Promise<void>;
  /** Counted on; default: from zero. */
  readonly totals?: Totals;
}

export interface Worker {
  /** Resolves when it was stopped and everything is committed, or is idle with `untilIdle`. Rejects when it can't go on. */
  run(options: { readonly untilIdle: boolean }): Promise<void>;
  /** Finishes what is in hand and ends `run`; after `graceMs` without success what is in hand is left uncommitted. */
  stop(graceMs: number): void;
  readonly totals: Totals;
  /** Undefined while the worker does its work, else what it waits for. */
  readiness(): string | undefined;
}

/** With `untilIdle`: how often the loops are looked at, and how often the broker is asked for their lag at most. */
const IDLE_CHECK_MS = 50;
const IDLE_LAG_MS = 250;
const LAG_METRIC_MS = 5_000;
const QUEUED_KILOBYTES = 512;

interface BoundLoop {
  readonly loop: ProjectionLoop;
  readonly groupId: string;
  readonly patterns: readonly string[];
  readonly consumers: readonly RecordConsumer[];
  readonly removal: Removal;
  readonly tail: TableTail | undefined;
}

export function createWorker(projections: readonly Projection[], settings: WorkerSettings, deps: WorkerDependencies): Worker {
  const { client, metrics, log } = deps;
  const abort = new AbortController();
  const clock = (): Micros => BigInt(Date.now()) * 1000n;
  const totals = deps.totals ?? createTotals();
  const { sink, prepare } = createFoldSink(settings, { client, metrics, totals, log, signal: abort.signal, tap: deps.tap });
  const fetcher = createRecordFetcher(settings.brokers, settings.kafkaClient, `metafold-fetch-${process.pid}`);
  const observer = createLoopObserver(metrics, totals);
  const lagReader = createGroupLagReader(settings.brokers, settings.kafkaClient);
  const bound = projections.map((projection) => bindLoop(projection));

  function bindLoop(projection: Projection): BoundLoop {
    const projectionSettings = foldSettings(settings, projection.docname);
    const { partition } = projectionSettings;
    const groupId = consumerGroup(partition, projection.name, settings.versionSuffix);
    const projectionLog = log.child({ projection: projection.name });
    const patience = createPatience(projectionLog, abort.signal);
    const tail = projection.deletes ? openTail(projectionLog) : undefined;
    const judge = createJudge({
      projection,
      settings: projectionSettings,
      decoder: deps.decoder,
      tables: tail?.tables ?? NO_TABLES,
      log: projectionLog,
      signal: abort.signal,
    });
    const lists = subscriptions(projection, settings.topicPrefix);
    const patterns = lists.flat();
    const consumers = lists.map((subscription, index) =>
      createConsumer({
        brokers: settings.brokers,
        client: settings.kafkaClient,
        groupId,
        subscription,
        topicRefreshMs: settings.topicRefreshMs,
        sessionTimeoutMs: settings.sessionTimeoutMs,
        queuedKilobytes: QUEUED_KILOBYTES,
        onAssigned: (partitions) => {
          projectionLog.info({ partitions: partitions.length }, 'partitions assigned');
          loop.takeOver(partitions);
        },
        onRevoked: (partitions, lost) => {
          projectionLog.info({ partitions: partitions.length, lost }, 'partitions are taken away');
          return loop.giveUp(index, partitions, lost);
        },
        onError: (error) => projectionLog.warn({ err: error }, 'Kafka client'),
      }),
    );
    const refusals = new Refusals({
      ...{ projection: projection.name, generation: partition, park: deps.park, clock, log: projectionLog },
      onDeadLetter: observer.onDeadLetter,
    });
    const removal = createRemoval({
      client,
      projection,
      partition,
      sink,
      fetcher,
      judge,
      clock,
      refuse: (rejections) => refusals.ofDocuments(rejections),
      onDropped: (reason) => {
        if (reason !== 'overruled') metrics.dropped.inc({ reason });
      },
      onFailure: (error) => abort.abort(error),
      settleMs: settings.settleMs,
      log: projectionLog,
      signal: abort.signal,
    });
    const loop: ProjectionLoop = new ProjectionLoop({
      name: projection.name,
      generation: partition,
      consumers,
      judge,
      sink,
      parentOf: parentFactory(projection, partition),
      refusals,
      forgetLetters: (records) => patience('taking dead letters away', () => deps.forgetLetters(projection.name, records), () => true), // prettier-ignore
      removal,
      news: tail && createNews(tail),
      clock,
      observer,
      log: projectionLog,
      options: settings.loop,
    });
    return { loop, groupId, patterns, consumers, removal, tail };

    function createNews(newsTail: TableTail): TableNews {
      return new TableNews({
        tail: newsTail,
        applied: () => readApplied(lagReader, groupId, patterns, settings.topicPrefix),
        removal,
        refresh: () => removal.finder.refresh(),
        refold: (inserts) =>
          refoldParents(inserts, {
            finder: removal.finder,
            fetcher,
            judge,
            clock,
            patience,
            letters: () => deps.letters(projection.name),
            write: (folded) => loop.writeRefolded(folded),
          }),
        refuse: (entries) => refusals.ofEntries(entries),
        patience,
        onEntries: ({ tables: { deletes, inserts } }) => {
          metrics.tableEntries.set({ table: 'delete' }, deletes.entries);
          metrics.tableEntries.set({ table: 'insert' }, inserts.entries);
        },
        log: projectionLog,
      });
    }
  }

  function openTail(tailLog: Logger): TableTail {
    return createTableTail({
      brokers: settings.brokers,
      client: settings.kafkaClient,
      topicPrefix: settings.topicPrefix,
      decoder: deps.decoder,
      onTombstone: (topic) => metrics.tombstones.inc({ topic }),
      log: tailLog,
      signal: abort.signal,
    });
  }

  async function run({ untilIdle }: { readonly untilIdle: boolean }): Promise<void> {
    const unwatch = watchSink(sink, metrics, totals, log);
    try {
      try {
        await prepare();
      } catch (error) {
        if (!stopping) throw error;
      }
      // Nothing was in hand.
      if (stopping) return;
      prepared = true;
      const loops = bound.map(({ loop }) => loop.run({ untilIdle }));
      const watching = watchLag(lagReader, untilIdle);
      const ends = [...loops, watching];
      await Promise.all(ends).catch(async (error: unknown) => {
        abort.abort(error);
        stopLoops();
        await Promise.allSettled(ends);
        throw error;
      });
      // Once more, if what made it idle has written.
      if (untilIdle && (totals.lastBulkMs ?? 0) >= refreshedFromMs) await refresh();
    } finally {
      unwatch();
      lagReader.close();
      for (const { removal } of bound) removal.close();
      await Promise.all(bound.flatMap(({ consumers }) => consumers.map((consumer) => consumer.close())));
      for (const { tail } of bound) await tail?.close();
      await fetcher.close();
    }
  }

  /** Keeps the lag metric up to date; with `untilIdle` stops the loops once no group has any. */
  async function watchLag(reader: GroupLagReader, untilIdle: boolean): Promise<void> {
    let measuredAt = -Infinity;
    let wasQuiet = false;
    while (!stopping) {
      const now = performance.now();
      const quiet = isQuiet();
      const isNews = quiet && !wasQuiet;
      wasQuiet = quiet;
      // Asking the broker costs it and this process some milliseconds: with `untilIdle` not often while there is something to fold.
      if (!untilIdle || isNews || now - measuredAt >= (quiet ? IDLE_LAG_MS : LAG_METRIC_MS)) {
        measuredAt = now;
        const lag = await measureLag(reader);
        if (untilIdle && lag === 0 && isQuiet()) {
          // What a long fold wrote takes seconds to become searchable: meanwhile it is made sure that nothing comes.
          const [isSettled] = await Promise.all([settled(reader), refresh()]);
          if (isSettled) {
            stopLoops();
            return;
          }
        }
      }
      await sleep(untilIdle ? IDLE_CHECK_MS : LAG_METRIC_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  function isQuiet(): boolean {
    return bound.every(({ loop }) => loop.hasStarted && loop.isQuiet);
  }

  /** Whether nothing comes any more once the tables were read to their end and all removals were repeated. */
  async function settled(reader: GroupLagReader): Promise<boolean> {
    await Promise.all(bound.map(({ loop }) => loop.catchUpTables()));
    if (!isQuiet()) return false;
    await Promise.all(bound.map(({ removal }) => removal.again.drain()));
    return (await measureLag(reader)) === 0 && isQuiet();
  }

  async function measureLag(reader: GroupLagReader): Promise<number | undefined> {
    let total = 0;
    try {
      for (const { loop, groupId, patterns } of bound) {
        for (const { topic, partition, lag } of await reader.lag(groupId, patterns)) {
          metrics.lag.set({ projection: loop.name, topic, partition: String(partition) }, lag);
          total += lag;
        }
      }
      return total;
    } catch (error) {
      log.warn({ err: error }, 'lag cannot be read');
      return undefined;
    }
  }

  async function refresh(): Promise<void> {
    refreshedFromMs = Date.now();
    const patterns = [...settings.templates].flatMap(([docname, { partition }]) => indexPatterns(partition, docname));
    const onRetry = (error: unknown): void => log.warn({ err: error }, 'refresh failed, trying again');
    await persistently({ mends: isOutage, signal: abort.signal, onRetry }, () =>
      openSearchRequest(client, 'POST', `/${patterns.map(encodeURIComponent).join(',')}/_refresh`, { query: { ignore_unavailable: true } }),
    );
    totals.searchableMs = Date.now();
  }

  /** When the last refresh of everything began. */
  let refreshedFromMs = 0;
  let stopping = false;
  let prepared = false;
  const stopped = new AbortController();
  function stopLoops(): void {
    stopping = true;
    stopped.abort();
    for (const { loop } of bound) loop.stop();
  }

  return {
    run,
    stop(graceMs) {
      stopLoops();
      // Nothing is in hand yet: a server that is waited for is waited for no longer.
      if (!prepared) abort.abort(new Error('stopped before the first record'));
      setTimeout(() => abort.abort(new Error(`not everything became durable within ${graceMs} ms of the stop`)), graceMs).unref();
    },
    totals,
    readiness: () => {
      if (totals.outageSince !== undefined) return `OpenSearch takes no documents since ${new Date(totals.outageSince).toISOString()}`;
      return undefined;
    },
  };
}
