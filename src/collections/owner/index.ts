/**
 * The worker that folds the tasks of collections (spec 07 §8): it holds partitions of the task lock, and each task that hashes to one of
 * them is its own until the partition goes to another worker.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Decoder } from '../../../streams/decode.js';
import type { Config } from '../../config/index.js';
import { messageOf, MetafoldError } from '../../errors.js';
import { persistently } from '../../sinks/backoff.js';
import { openKeyStore, StoreOutage, StoreRefusal } from '../redis/index.js';
import { openTaskStore } from '../tasks/index.js';
import type { KeyStore, TaskStore } from '../types.js';
import { Catalogue } from '../log/catalogue.js';
import { DeletesLog } from '../log/deletes.js';
import { CatchUp } from './catch-up.js';
import { GroupOffsets } from './group-offsets.js';
import { ensureLockTopic, lockPartition } from './lock.js';
import { Membership } from './membership.js';
import { createOwnerMetrics } from './metrics.js';
import type { OwnerParts } from './parts.js';
import { Pump } from './pump.js';
import { createRecordReader } from '../log/records.js';
import { TaskRunner } from './runner.js';
import { NEAR_RECORDS } from './session.js';
import { OWNER_TIMINGS, type OwnerTimings } from './timings.js';
import { Turns } from './turns.js';

export { OWNER_TIMINGS, type OwnerTimings } from './timings.js';

export interface CollectionsWorkerDependencies {
  readonly decoder: Decoder;
  readonly registry: Registry;
  readonly log: Logger;
  readonly timings?: Partial<OwnerTimings>;
}

export interface CollectionsWorker {
  /**
   * Resolves when it was stopped and everything is written, or with `untilIdle` when every task that it owns has folded up to the ends that the
   * log had at start. Rejects when it can't go on.
   */
  run(options: { readonly untilIdle: boolean }): Promise<void>;
  /** Finishes what is in hand and ends `run`; after `graceMs` it is left where it is, to be read again. */
  stop(graceMs: number): void;
  /** Undefined while the worker does its work, else what it waits for. */
  readiness(): string | undefined;
}

/** Readings of tasks that are behind, and rebuilds, at one time: each holds a client of Kafka. */
const TURNS = 4;
const BEHIND_KILOBYTES = 8_192;
const TAIL_KILOBYTES = 32_768;
const WATCH_MS = 200;

/** Whether waiting may help a start. */
function mends(error: unknown): boolean {
  return !(error instanceof StoreRefusal) && !(error instanceof MetafoldError && error.fate === 'stop');
}

/** Throws MF_CONFIG without a Redis address. */
export function createCollectionsWorker(config: Config<'kafka' | 'security'>, deps: CollectionsWorkerDependencies): CollectionsWorker {
  const { redis, kafka } = config;
  if (redis === undefined) {
    throw new MetafoldError('MF_CONFIG', 'METAFOLD_REDIS_URL is not set: collections are folded into Redis', {
      setting: 'metafold_redis_url',
    });
  }
  const timings: OwnerTimings = { ...OWNER_TIMINGS, ...deps.timings };
  const log = deps.log.child({ projection: 'collections' });
  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const stopped = new AbortController();
  const metrics = createOwnerMetrics(deps.registry);
  const runners = new Map<string, TaskRunner>();
  let state = 'collections: waits for Kafka and Redis';
  let deadline = Infinity;

  async function opened(): Promise<{ readonly parts: OwnerParts; readonly close: () => Promise<void> }> {
    const closers: (() => unknown)[] = [];
    const close = async (): Promise<void> => {
      for (const closer of closers.reverse()) {
        await Promise.resolve(closer()).catch((error: unknown) => log.warn({ err: error }, 'closing failed'));
      }
    };
    const onRetry = (error: unknown): void => log.warn({ err: error }, 'collections: a server is not ready, trying again');
    const ready = <T>(step: () => Promise<T>): Promise<T> => persistently({ mends, onRetry, signal: stopped.signal }, step);
    try {
      await ready(() => ensureLockTopic(kafka));
      const store: KeyStore = await ready(() => openKeyStore({ redis: redis!, log }));
      closers.push(() => store.close());
      const tasks: TaskStore = await ready(() => openTaskStore({ kafka, log }));
      closers.push(() => tasks.close());
      const catalogue = new Catalogue(kafka);
      closers.push(() => catalogue.close());
      await ready(() => catalogue.look());
      const deletes = new DeletesLog({ kafka, decoder: deps.decoder, onNews: newDeletes, log, signal: stopped.signal });
      closers.push(() => deletes.close());
      await ready(() => deletes.load());
      const records = createRecordReader(deps.decoder, { log, signal: stopped.signal });
      const openPump = (queuedKilobytes: number): Pump =>
        new Pump({
          brokers: kafka.brokers,
          client: kafka.client,
          records,
          fetchRecords: config.worker.fetchRecords,
          queuedKilobytes,
          onRead: (count) => metrics.read(count),
          onRefused: () => metrics.refused(),
          log,
        });
      const turns = new Turns(TURNS);
      const tail = openPump(TAIL_KILOBYTES);
      closers.push(() => tail.close());
      const membership = new Membership({
        brokers: kafka.brokers,
        client: kafka.client,
        topicPrefix: kafka.topicPrefix,
        topicRefreshMs: config.worker.topicRefreshMs,
        sessionTimeoutMs: config.worker.sessionTimeoutMs,
        confirmMs: timings.confirmMs,
        confirmMarginMs: timings.confirmMarginMs,
        onAssigned: () => own(),
        onRevoked: (going) => letGo(going),
        log,
      });
      closers.push(() => membership.close());
      const groupOffsets = new GroupOffsets({ kafka, intervalMs: timings.groupOffsetsMs, isReachable: () => membership.isConfirmed, log });
      closers.push(() => groupOffsets.close());
      const parts: OwnerParts = {
        kafka,
        settings: config.collections,
        policy: config.security,
        tasks,
        store,
        membership,
        catalogue,
        deletes,
        records,
        tail,
        catchUp: new CatchUp({ turns, openPump: () => openPump(BEHIND_KILOBYTES), nearRecords: NEAR_RECORDS }),
        turns,
        groupOffsets,
        metrics,
        timings,
        now: () => Date.now(),
        name,
        log,
      };
      closers.push(
        tasks.onChange((id) => {
          runners.get(id)?.changed();
          own();
        }),
      );
      current = parts;
      return { parts, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  let current: OwnerParts | undefined;
  let ending = false;

  function newDeletes(): void {
    for (const runner of runners.values()) runner.news();
  }

  /** Takes up the tasks that are this worker's and not in hand. */
  function own(): void {
    if (current === undefined || ending) return;
    for (const { record } of current.tasks.tasks()) {
      if (runners.has(record.id) || letting.has(record.id) || !current.membership.owns(record.id)) continue;
      const runner = new TaskRunner(current, record.id);
      runners.set(record.id, runner);
      runner.start();
    }
    for (const [id, runner] of runners) {
      if (current.tasks.get(id) !== undefined) continue;
      runners.delete(id);
      void runner.leave(false);
    }
  }

  /** Tasks whose partition goes and which are not finished with yet. */
  const letting = new Set<string>();

  async function letGo(going: ReadonlySet<number>): Promise<void> {
    const leaving = [...runners].filter(([id]) => going.has(lockPartition(id)));
    await Promise.all(
      leaving.map(async ([id, runner]) => {
        runners.delete(id);
        letting.add(id);
        await runner.leave(ending);
        current?.groupOffsets.forget(id);
        letting.delete(id);
      }),
    );
    if (leaving.length > 0) log.info({ tasks: leaving.length }, 'collection tasks are let go');
  }

  async function run({ untilIdle }: { readonly untilIdle: boolean }): Promise<void> {
    const { parts, close } = await opened().catch((error: unknown) => {
      if (!(error instanceof StoreOutage) && !(error instanceof StoreRefusal)) throw error;
      throw new MetafoldError('MF_REDIS', error.message, {}, { cause: error });
    });
    try {
      const ends = parts.catalogue.ends();
      await parts.membership.start();
      state = 'collections: waits to join the group of workers';
      let lookAt = performance.now() + timings.catalogueMs;
      while (!stopped.signal.aborted) {
        await sleep(WATCH_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
        if (parts.membership.failure !== undefined) throw parts.membership.failure.error;
        if (parts.membership.hasJoined) state = '';
        if (performance.now() >= lookAt) {
          lookAt = performance.now() + timings.catalogueMs;
          await parts.catalogue.look().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'the topics cannot be looked at'));
          await forgetLosers(parts).catch((error: unknown) =>
            log.warn({ reason: messageOf(error) }, 'a task that never was cannot be forgotten'),
          );
          await parts.deletes.load().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'system.delete cannot be read on'));
        }
        if (untilIdle && parts.membership.hasJoined && (await isIdle(parts, ends))) break;
      }
    } finally {
      ending = true;
      const left = Promise.all([...runners.values()].map((runner) => runner.leave(true)));
      const late = sleep(Math.min(deadline, 600_000), 'late' as const, { ref: false });
      if ((await Promise.race([left, late])) === 'late')
        log.warn('collection tasks are left in the middle: what was not written is read again');
      await close();
    }
  }

  /** Their creator died before it could: they would be started when the task that has their name is removed. */
  async function forgetLosers({ tasks, membership: member }: OwnerParts): Promise<void> {
    for (const id of tasks.losers()) if (member.owns(id)) await tasks.forget(id);
  }

  async function isIdle(parts: OwnerParts, ends: ReadonlyMap<string, number>): Promise<boolean> {
    if (!parts.membership.isConfirmed && parts.tasks.tasks().some(({ record }) => parts.membership.owns(record.id))) return false;
    own();
    for (const runner of runners.values()) if (!(await runner.isIdle(ends))) return false;
    return true;
  }

  return {
    run,
    stop(graceMs) {
      deadline = graceMs;
      stopped.abort(new Error('stopped'));
    },
    readiness() {
      if (state !== '') return state;
      for (const runner of runners.values()) {
        const problem = runner.problem();
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
  };
}
