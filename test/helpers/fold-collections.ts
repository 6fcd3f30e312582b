/** Workers of collections in the test's own process, their tasks in one store, their keys in a Redis of the test's own. */
import { randomUUID } from 'node:crypto';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { collectionKey, redisKeyBase } from '../../projections/collections/key.js';
import { compileQuery } from '../../projections/collections/linq/index.js';
import { tableNamed } from '../../projections/collections/tables/index.js';
import { createCollectionsWorker, type OwnerTimings } from '../../src/collections/owner/index.js';
import { ownerGroup } from '../../src/collections/owner/lock.js';
import { moved, openTaskStore } from '../../src/collections/tasks/index.js';
import type { TaskRecord, TaskStatus, TaskStore } from '../../src/collections/types.js';
import { loadConfig } from '../../src/config/index.js';
import { createDecoder } from '../../streams/decode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { createArena, type Arena } from './arena.js';
import { deleteGroup } from './groups.js';
import type { Environment } from './metafold.js';
import type { RedisServer } from './redis-servers.js';
import { binaryRecord, enrichedEvent } from './records.js';
import { testStack } from './stack.js';
import { waitFor } from './wait-for.js';

export interface FoldingWorker {
  /** Ends with the worker; rejects with what ended it. */
  readonly ended: Promise<void>;
  readonly readiness: () => string | undefined;
  readonly metrics: () => Promise<string>;
  stop(graceMs?: number): Promise<void>;
}

export interface FoldCollections {
  /** As somebody else sees them. */
  readonly tasks: TaskStore;
  /** Log lines of all workers. */
  readonly lines: string[];
  /** A task that stands from now on. */
  create(query: string, changes?: Partial<TaskRecord>): Promise<TaskRecord>;
  start(options?: { readonly untilIdle?: boolean; readonly timings?: Partial<OwnerTimings> }): FoldingWorker;
  /** What a user does to a task. */
  move(record: TaskRecord, status: TaskStatus): Promise<void>;
  /** A worker until all is folded. */
  fold(timings?: Partial<OwnerTimings>): Promise<void>;
  /** Values by hash of key; of the server at `redis`. */
  keys(record: TaskRecord): Promise<Map<string, string>>;
  status(record: TaskRecord): string | undefined;
  waitForStatus(record: TaskRecord, status: string): Promise<void>;
  close(): Promise<void>;
}

/** Pauses that a test does not want to wait for. */
export const QUICK: Partial<OwnerTimings> = {
  checkpointMs: 200,
  lossCheckMs: 300,
  progressMs: 300,
  rebuildDebounceMs: 200,
  rebuildIntervalMs: 500,
  silenceMs: 500,
  backoffMs: [100, 500],
  catalogueMs: 500,
};

export async function openFoldCollections(arena: Arena, redis: RedisServer): Promise<FoldCollections> {
  const lines: string[] = [];
  const log: Logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const workers = new Set<FoldingWorker>();
  const config = await loadConfig({ ...arena.environment, METAFOLD_REDIS_URL: redis.url }, { need: ['kafka', 'security'] });
  const tasks = await openTaskStore({ kafka: config.kafka, log });

  const opened: FoldCollections = {
    tasks,
    lines,
    async create(query, changes = {}) {
      const friendlyName = changes.friendlyName ?? `task ${tasks.tasks().length}`;
      const compiled = compileQuery(query, tableNamed);
      const record: TaskRecord = {
        v: 1,
        rev: 1,
        id: randomUUID(),
        domain: 'self',
        friendlyName,
        description: '',
        expireIn: 1_000_000,
        keyFields: [{ name: 'sha256', type: 'str' }],
        valueFields: [],
        query: compiled.text,
        from: 0,
        to: null,
        limit: compiled.limit ?? null,
        keyHash: 'md5',
        redisKeyBase: redisKeyBase('self', friendlyName),
        labels: [...config.security.table.toSafe.values(), 's-any'],
        status: 'CREATED',
        created: Date.now(),
        updated: Date.now(),
        sweep: false,
        ...changes,
      };
      const made = await tasks.create(record);
      if (made.kind === 'taken') throw new Error(`the name ${friendlyName} is taken`);
      return record;
    },
    start({ untilIdle = false, timings = {} } = {}) {
      const registry = new Registry();
      const worker = createCollectionsWorker(config, {
        decoder: createDecoder({}),
        registry,
        log: log.child({ worker: workers.size }),
        timings: { ...QUICK, ...timings },
      });
      const ended = worker
        .run({ untilIdle })
        .finally(() => workers.delete(one))
        .then(() => tasks.catchUp());
      ended.catch(() => undefined);
      const one: FoldingWorker = {
        ended,
        readiness: () => worker.readiness(),
        metrics: () => registry.metrics(),
        stop: (graceMs = 10_000) => {
          worker.stop(graceMs);
          return ended;
        },
      };
      workers.add(one);
      return one;
    },
    async fold(timings = {}) {
      const { ended } = opened.start({ untilIdle: true, timings });
      await ended;
    },
    async keys({ redisKeyBase: base }) {
      const names = (await redis.client.keys(`${base.replace(/[[\]*?\\]/g, '\\$&')}:*`))
        .filter((key) => !key.startsWith(`${base}:!`))
        .sort();
      const values = names.length === 0 ? [] : await redis.client.mget(names);
      return new Map(names.map((key, at) => [key.slice(collectionKey(base, '').length), values[at] ?? '']));
    },
    async move({ id }, status) {
      await tasks.change(id, (record) => ({ ...moved(record, status, Date.now()), sweep: status === 'REMOVED' }));
    },
    status: ({ id }) => tasks.get(id)?.record.status,
    waitForStatus: async (record, status) => {
      await waitFor(() => opened.status(record) === status, { timeoutMs: 30_000, what: `status ${status}` });
    },
    async close() {
      await Promise.all([...workers].map((worker) => worker.stop(1_000).catch(() => undefined)));
      await tasks.close();
      await deleteGroup(testStack().brokers, ownerGroup(arena.prefix));
    },
  };
  return opened;
}

/** An arena with collections of its own; Redis is emptied afterwards. `environment`: of the arena's commands. */
export async function inFold(
  redis: RedisServer,
  action: (arena: Arena, fold: FoldCollections) => Promise<void>,
  environment: Environment = {},
): Promise<void> {
  const arena = createArena(environment);
  const fold = await openFoldCollections(arena, redis);
  try {
    await action(arena, fold);
  } catch (error) {
    // What the workers said is all there is to see afterwards.
    process.stderr.write(`the workers' last lines:\n${fold.lines.slice(-60).join('')}`);
    throw error;
  } finally {
    await fold.close();
    await arena.close();
    await redis.client.flushall();
  }
}

export interface EventsOptions {
  /** Number of the first. */
  readonly first?: number;
  /** The first is dated at this instant (ms), the others a millisecond later each. */
  readonly from?: number;
  readonly sha?: (index: number) => string;
  readonly size?: number | bigint;
}

/** Records of enriched events, each of a binary of its own unless `sha` says otherwise. */
export function events({ prefix }: Arena, count: number, options: EventsOptions = {}): OutgoingRecord[] {
  const { first = 0, from = Date.now() - 1_000, sha = (index: number) => `s${index}`, size } = options;
  return Array.from({ length: count }, (_, at) => {
    const index = first + at;
    const event = enrichedEvent(`key${index}`, {
      event: { timestamp: BigInt(from + at) * 1000n, track_links: [`link${index}`] },
      entity: { sha256: sha(index), size },
    });
    return binaryRecord(prefix, event);
  });
}
