/** The vocabulary of the collections' runtime: tasks as they stand in their topic, and what Redis is asked for (spec 07 §8, §6). */
import type { FieldSpec } from '../../projections/collections/types.js';

export const TASK_STATUSES = ['CREATED', 'RUNNING', 'RECONNECTING', 'PAUSED', 'STOPPED', 'COMPLETED', 'REMOVED'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Value of a task's record in `system.collection-task`, its members in this order (spec 07 §8 "Persistence"). */
export interface TaskRecord {
  readonly v: 1;
  /** Grows by one with every change; a record whose `rev` is not greater than that of the one before it is ignored. */
  readonly rev: number;
  /** Offset of the record's first version; absent in that version itself. */
  readonly first?: number;
  readonly id: string;
  readonly domain: string;
  readonly friendlyName: string;
  readonly description: string;
  /** Seconds. */
  readonly expireIn: number;
  readonly keyFields: readonly FieldSpec[];
  readonly valueFields: readonly FieldSpec[];
  /** Without pragmas. */
  readonly query: string;
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** Milliseconds since the epoch, inclusive; null: for ever. */
  readonly to: number | null;
  readonly limit: number | null;
  readonly keyHash: 'md5' | 'sha256-128';
  readonly redisKeyBase: string;
  /** The creator's grants in safe form, `s-any` included. */
  readonly labels: readonly string[];
  readonly status: TaskStatus;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly updated: number;
  /** True while the keys of a removed task are being removed. */
  readonly sweep: boolean;
}

export interface TaskCounters {
  readonly received: number;
  readonly matched: number;
  readonly written: number;
  readonly notNewer: number;
  readonly expired: number;
  readonly futureSkipped: number;
  readonly late: number;
  readonly denied: number;
  readonly deleted: number;
}

/** Value of the record `<id>/progress`, written by the task's owner only. Replaced as a whole. */
export interface TaskProgress {
  /** Greatest eventdate received, 0 if none; never decreases. */
  readonly lastDatetime: number;
  /** The newest 20, `<ISO time> <text>`. */
  readonly error: readonly string[];
  readonly counters: TaskCounters;
  /** Shown by the admin endpoint. */
  readonly owner: string;
  /** Next offset by `topic/partition`. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Records behind the ends of the log. */
  readonly lag: number;
  readonly rebuilding: boolean;
  readonly warning: string;
  /** Of a grouped task: the last end of a window (ms since the epoch) at or before which all windows have been emitted; null: none has, or there are no windows. */
  readonly watermark: number | null;
}

/** A live task as all readers of the topic see it: losers of a name and what is forgotten are not among them. */
export interface Task {
  readonly record: TaskRecord;
  /** Offset of the first version. */
  readonly first: number;
  readonly progress: TaskProgress | undefined;
}

export interface KeyWrite {
  readonly key: string;
  readonly value: string;
  /** Absolute expiry, ms since the epoch. Never in the past: the caller drops such rows. */
  readonly pxat: number;
  /** Overwrites what is stored, greater or not: rebuilds and withdrawn rows only. */
  readonly force: boolean;
}

/** 0: what is stored is not smaller; 1: a new key; 2: replaced. */
export type WriteOutcome = 0 | 1 | 2;

/** Checkpoint of a task beside its keys (spec 07 §8 "Loss of Redis data"). */
export interface Checkpoint {
  readonly id: string;
  readonly seq: number;
  /** Next offset by `topic/partition`. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Next offset of `system.delete` that is not applied yet. */
  readonly deletes: number;
}

/** Called directly before commands are handed to the client, in the same tick: throws when they may not be sent any more (ownership lost). */
export type Guard = () => void;

/** Answers of Redis in place of an expiry. */
export const NO_EXPIRY = -1;
export const NO_KEY = -2;

/** Redis, standalone or a cluster, as the store of all collections. Whatever it does rejects with `StoreOutage` when Redis is away; what was applied is unknown then. */
export interface KeyStore {
  readonly cluster: boolean;
  /** Resolves once Redis has acknowledged all of them; outcomes in order. */
  write(writes: readonly KeyWrite[], guard: Guard): Promise<readonly WriteOutcome[]>;
  /** Resolves with the number of keys that were there. */
  remove(keys: readonly string[], guard: Guard): Promise<number>;
  /** Values in the order of the keys; null for a key that is not there. From masters. */
  get(keys: readonly string[]): Promise<readonly (string | null)[]>;
  /** Absolute expiries in ms; `NO_EXPIRY` or `NO_KEY`. Rejects with `StoreRefusal` where the server can't tell: Redis older than 7. */
  expiries(keys: readonly string[]): Promise<readonly number[]>;
  /** Keys of a collection, in pages, without its bookkeeping; a key may come twice. */
  scan(redisKeyBase: string): AsyncIterable<readonly string[]>;
  /** Removes all keys with the prefix, bookkeeping included, until one pass finds none; the number removed. */
  sweep(redisKeyBase: string): Promise<number>;
  /** What stands at each checkpoint key: one of a standalone server, 64 of a cluster; undefined where there is none or one that is unreadable. */
  checkpoints(redisKeyBase: string): Promise<readonly (Checkpoint | undefined)[]>;
  /** Sets all checkpoint keys whatever they hold. */
  resetCheckpoint(redisKeyBase: string, checkpoint: Checkpoint, guard: Guard): Promise<void>;
  /** Replaces the checkpoint where it still is that of `id` and `previousSeq`, at all of its keys. False: at one it is not, data was lost. */
  advanceCheckpoint(redisKeyBase: string, checkpoint: Checkpoint, previousSeq: number, guard: Guard): Promise<boolean>;
  /** Called after each new connection to any node; returns how to stop that. */
  onConnected(listener: () => void): () => void;
  /** Rejects when Redis does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What a change of a task came to. */
export type ChangeOutcome =
  | { readonly kind: 'changed'; readonly task: Task }
  /** The transition is not allowed from the status that the task has. */
  | { readonly kind: 'refused'; readonly task: Task }
  | { readonly kind: 'unknown' };

/** The tasks of all domains as their topic has them now, followed as it grows. */
export interface TaskStore {
  /** By creation time. */
  tasks(): readonly Task[];
  get(id: string): Task | undefined;
  /** The live task of that name, or the removed one whose keys are still being swept. */
  named(domain: string, friendlyName: string): Task | undefined;
  /** Ids of tasks whose name another live one had first and which their creator has not forgotten. */
  losers(): readonly string[];
  /** Writes the record and reads on to it. `taken`: another live task has the name (the own record is tombstoned). Rejects with `TopicOutage` when Kafka is away. */
  create(record: TaskRecord): Promise<{ readonly kind: 'created'; readonly task: Task } | { readonly kind: 'taken'; readonly by: Task }>;
  /** Applies `change` (undefined: not allowed now) until a version of it stands. Rejects with `TopicOutage` when Kafka is away. */
  change(id: string, change: (record: TaskRecord) => TaskRecord | undefined): Promise<ChangeOutcome>;
  /** Resolves when the record is durable. Only the task's owner may. */
  writeProgress(id: string, progress: TaskProgress): Promise<void>;
  /** Asks the task's owner to rebuild its keys from the log. Rejects with `TopicOutage` when Kafka is away. */
  requestRebuild(id: string): Promise<string>;
  /** Name of the rebuild that was asked for and is not done; undefined when there is none. */
  rebuildRequest(id: string): string | undefined;
  /** Says that the rebuild of that name is done; a later request stands. Only the task's owner may. */
  finishRebuild(id: string, request: string): Promise<void>;
  /** Forgets a task that is removed, or is none of those that readers see: tombstones of its records. */
  forget(id: string): Promise<void>;
  /** Reads on to the end that the topic has now. */
  catchUp(): Promise<void>;
  /** Told after each change of what the readers see; returns how to stop that. */
  onChange(listener: (id: string) => void): () => void;
  close(): Promise<void>;
}
