/** What users may do to a task, and what the answer's status says (spec 07 §8). */
import type { Task, TaskRecord, TaskStatus, TaskStore } from '../types.js';
import { TopicOutage } from './store.js';

/** Status of an answer about tasks. */
export const TASK_CODES = {
  ok: 0,
  notFound: 100,
  cannotChange: 101,
  cannotRemove: 102,
  cannotStop: 103,
  cannotStart: 104,
  notRunning: 108,
} as const;
export type TaskCode = (typeof TASK_CODES)[keyof typeof TASK_CODES];

export const CODE_TEXTS: Readonly<Record<TaskCode, string>> = {
  0: '',
  100: 'Task not found',
  101: 'Cannot change the status of task',
  102: 'Cannot remove task on database',
  103: 'Cannot stop task on database',
  104: 'Cannot restart task on database',
  108: 'Cannot stop task a non running task',
};

const RUNNING: ReadonlySet<TaskStatus> = new Set(['RUNNING', 'RECONNECTING', 'PAUSED']);

/** A record in another status. */
export function moved(record: TaskRecord, status: TaskStatus, now: number): TaskRecord {
  return { ...record, status, updated: now };
}

export interface TaskAnswer {
  readonly code: TaskCode;
  /** As it is now; undefined when it is not there. */
  readonly task: Task | undefined;
}

/** Stops the fold; its keys stay until they expire. */
export function stopTask(store: TaskStore, id: string, now: number): Promise<TaskAnswer> {
  const change = (record: TaskRecord): TaskRecord | undefined => (RUNNING.has(record.status) ? moved(record, 'STOPPED', now) : undefined);
  return changeTask(store, id, change, TASK_CODES.notRunning, TASK_CODES.cannotStop);
}

/** Lets a stopped task go on from its checkpoint. */
export function startTask(store: TaskStore, id: string, now: number): Promise<TaskAnswer> {
  const change = (record: TaskRecord): TaskRecord | undefined => (record.status === 'STOPPED' ? moved(record, 'RUNNING', now) : undefined);
  return changeTask(store, id, change, TASK_CODES.cannotChange, TASK_CODES.cannotStart);
}

/** Removes a task; its keys are swept by its owner. */
export function removeTask(store: TaskStore, id: string, now: number): Promise<TaskAnswer> {
  const change = (record: TaskRecord): TaskRecord => ({ ...moved(record, 'REMOVED', now), sweep: true });
  return changeTask(store, id, change, TASK_CODES.notFound, TASK_CODES.cannotRemove);
}

async function changeTask(
  store: TaskStore,
  id: string,
  change: (record: TaskRecord) => TaskRecord | undefined,
  refused: TaskCode,
  failed: TaskCode,
): Promise<TaskAnswer> {
  try {
    const outcome = await store.change(id, (record) => (record.status === 'REMOVED' ? undefined : change(record)));
    if (outcome.kind === 'unknown') return { code: TASK_CODES.notFound, task: undefined };
    if (outcome.kind === 'changed') return { code: TASK_CODES.ok, task: outcome.task };
    return outcome.task.record.status === 'REMOVED'
      ? { code: TASK_CODES.notFound, task: undefined }
      : { code: refused, task: outcome.task };
  } catch (error) {
    if (!(error instanceof TopicOutage)) throw error;
    return { code: failed, task: store.get(id) };
  }
}

/** Who asks: a domain and the labels that it may read, in safe form. */
export interface TaskCaller {
  readonly domain: string;
  readonly labels: ReadonlySet<string>;
}

/** Whether a task exists for a caller: of its domain, and made with no more labels than it has itself (spec 07 §3 "Security"). */
export function maySee({ record }: Task, { domain, labels }: TaskCaller): boolean {
  return record.domain === domain && record.labels.every((label) => labels.has(label));
}
