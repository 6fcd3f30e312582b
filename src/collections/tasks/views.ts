/** A task as users and administrators are shown it: members and their order are binding (spec 07 §8, §10). */
import type { FieldSpec } from '../../../projections/collections/types.js';
import type { Task, TaskCounters, TaskStatus } from '../types.js';

export interface StatusObject {
  readonly status: TaskStatus;
  readonly id: string;
  readonly lastDatetime: number;
  readonly extra: {
    readonly redisKeyBase: string;
    readonly keyFields: readonly FieldSpec[];
    readonly description: string;
    readonly expireIn: number;
  };
  readonly type: 'redis';
  readonly friendlyName: string;
  readonly query: string;
  readonly error: readonly string[];
}

export function statusObject({ record, progress }: Task): StatusObject {
  const { status, id, redisKeyBase, keyFields, description, expireIn, friendlyName, query } = record;
  return {
    status,
    id,
    lastDatetime: progress?.lastDatetime ?? 0,
    extra: { redisKeyBase, keyFields, description, expireIn },
    type: 'redis',
    friendlyName,
    query,
    error: progress?.error ?? [],
  };
}

export interface AdminObject extends StatusObject {
  readonly domain: string;
  readonly valueFields: readonly FieldSpec[];
  readonly from: number;
  readonly to: number | null;
  readonly created: number;
  readonly updated: number;
  readonly owner: string;
  readonly offsets: Readonly<Record<string, number>>;
  readonly lag: number;
  readonly counters: TaskCounters;
  readonly rebuilding: boolean;
  readonly warning: string;
}

const NO_COUNTERS: TaskCounters = {
  received: 0,
  matched: 0,
  written: 0,
  notNewer: 0,
  expired: 0,
  futureSkipped: 0,
  late: 0,
  denied: 0,
  deleted: 0,
};

export function adminObject(task: Task): AdminObject {
  const { record, progress } = task;
  const { domain, valueFields, from, to, created, updated } = record;
  return {
    ...statusObject(task),
    domain,
    valueFields,
    from,
    to,
    created,
    updated,
    owner: progress?.owner ?? '',
    offsets: progress?.offsets ?? {},
    lag: progress?.lag ?? 0,
    counters: progress?.counters ?? NO_COUNTERS,
    rebuilding: progress?.rebuilding ?? false,
    warning: progress?.warning ?? '',
  };
}
