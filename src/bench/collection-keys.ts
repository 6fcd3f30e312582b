/** The benchmark of collections, of keys that are there: look-ups one by one and in batches, and what a key weighs (spec 07 §9, §11). */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { collectionKey, createKeyHasher, redisKeyBase } from '../../projections/collections/key.js';
import { lookUp, readTaskRequest } from '../collections/requests/index.js';
import type { KeyStore, KeyWrite, TaskRecord } from '../collections/types.js';
import type { Config } from '../config/index.js';

/** A hundred years: nothing expires under the measurement. */
export const EXPIRE_IN = 3_153_600_000;
const LOOK_UPS = 50_000;
const BATCH = 1_000;
/** Callers at one time. */
const CONCURRENT = 64;
/** Value of the size that the specification reckons with: 51 bytes. */
const CONTENT = `[1515398134810,1,"example.com","alice@example.com"]`;
const MADE_AT_ONCE = 100_000;

/** Look-ups a second. */
export interface LookUpRates {
  readonly keys: number;
  readonly single: number;
  readonly concurrent: number;
  readonly batched: number;
}

export interface KeyMemory {
  readonly keys: number;
  readonly hashOnlyBytes: number;
  readonly contentBytes: number;
}

export interface KeysBenchOptions {
  /** Of the measurement of memory. */
  readonly keys: number;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
}

export interface BenchFields {
  readonly friendlyName: string;
  readonly expireIn: number;
  readonly keyFields: readonly string[];
  readonly valueFields: readonly string[];
}

/** A task over everything, as a request for it would make it. */
export function benchRecord({ security }: Pick<Config<'security'>, 'security'>, query: string, fields: BenchFields): TaskRecord {
  const labels = [...security.table.toSafe.values(), 's-any'];
  const body = { query, from: 0, destination: { type: 'redis', params: fields } };
  const request = readTaskRequest(body, { domain: 'bench', labels, keyHash: 'md5', now: Date.now() });
  if (request.kind === 'refused') throw new Error(request.problems.join(', '));
  return request.record;
}

const ROWS_AT_ONCE = 5_000;

/** Through the store's own writing, in batches as a task's writer cuts them. */
export async function writeInBatches(store: KeyStore, rows: readonly KeyWrite[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    // As the writer does: each key once in a batch.
    const batch = [...new Map(rows.slice(from, from + ROWS_AT_ONCE).map((row) => [row.key, row])).values()];
    await store.write(batch, () => undefined);
  }
}

/** Seconds. */
export async function timed(action: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await action();
  return (performance.now() - from) / 1_000;
}

/** Keys that no event made, of two texts each. */
function madeKeys(base: string, from: number, to: number, value: string): KeyWrite[] {
  const hash = createKeyHasher(['str', 'str'], 'md5');
  const pxat = Date.now() + 86_400_000;
  return Array.from({ length: to - from }, (_, at) => ({
    key: collectionKey(base, hash(['example.com', `user${from + at}`])),
    value,
    pxat,
    force: false,
  }));
}

export async function measureLookUps(
  store: KeyStore,
  config: Pick<Config<'security'>, 'security'>,
  { onProgress }: Pick<KeysBenchOptions, 'onProgress'>,
): Promise<LookUpRates> {
  onProgress('look-ups', 0, null);
  const fields = ['author.name', 'sha256'];
  const named = { friendlyName: `look-ups ${randomUUID()}`, expireIn: EXPIRE_IN, keyFields: fields, valueFields: fields };
  const record = benchRecord(config, 'from azul.status', named);
  const base = record.redisKeyBase;
  try {
    const now = Date.now();
    await writeInBatches(store, madeKeys(base, 0, LOOK_UPS, `[${now},1,"example.com","alice@example.com"]`));
    const keys = Array.from({ length: LOOK_UPS }, (_, at) => ['example.com', `user${(at * 7919) % LOOK_UPS}`]);
    const find = async (part: readonly (readonly string[])[]): Promise<void> => {
      const found = await lookUp(store, { record, first: 0, progress: undefined }, 'ccget', part, now, (index) => `key[${index}]`);
      if (found.includes(null)) throw new Error('a key was not found');
    };
    const few = keys.slice(0, LOOK_UPS / 5);
    const single = await timed(async () => {
      for (const key of few) await find([key]);
    });
    let next = 0;
    const concurrent = await timed(async () => {
      const caller = async (): Promise<void> => {
        while (next < keys.length) await find([keys[next++]!]);
      };
      await Promise.all(Array.from({ length: CONCURRENT }, caller));
    });
    const batched = await timed(async () => {
      for (let from = 0; from < keys.length; from += BATCH) await find(keys.slice(from, from + BATCH));
    });
    return { keys: LOOK_UPS, single: few.length / single, concurrent: LOOK_UPS / concurrent, batched: LOOK_UPS / batched };
  } finally {
    await store.sweep(base);
  }
}

/** Of the server's own account; nobody else may write meanwhile. */
export async function measureMemory(store: KeyStore, redis: Redis, { keys, onProgress, signal }: KeysBenchOptions): Promise<KeyMemory> {
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]);
  const measure = async (name: string, value: string): Promise<number> => {
    const base = redisKeyBase('bench', `${name} ${randomUUID()}`);
    try {
      const before = await used();
      for (let from = 0; from < keys; from += MADE_AT_ONCE) {
        signal.throwIfAborted();
        onProgress(`memory: ${name}`, from, keys);
        await writeInBatches(store, madeKeys(base, from, Math.min(keys, from + MADE_AT_ONCE), value));
      }
      return ((await used()) - before) / keys;
    } finally {
      await store.sweep(base);
    }
  };
  const hashOnlyBytes = await measure('hash only', '1515398134810');
  return { keys, hashOnlyBytes, contentBytes: await measure('hash and content', CONTENT) };
}
