/** Brings a task into being: its name has to be free, and its domain may not have too many (spec 07 §3). */
import type { Task, TaskRecord, TaskStore } from '../types.js';

export type CreateOutcome =
  { readonly kind: 'created'; readonly task: Task } | { readonly kind: 'refused'; readonly status: 409 | 429; readonly problem: string };

/** Rejects with TopicOutage when Kafka is away. */
export async function createTask(tasks: TaskStore, record: TaskRecord, maxTasks: number): Promise<CreateOutcome> {
  await tasks.catchUp();
  const known = tasks.named(record.domain, record.friendlyName);
  if (known !== undefined) return taken(known);
  const live = tasks.tasks().filter(({ record: other }) => other.domain === record.domain && other.status !== 'REMOVED').length;
  if (live >= maxTasks) return { kind: 'refused', status: 429, problem: 'too many tasks' };
  const outcome = await tasks.create(record);
  return outcome.kind === 'created' ? outcome : taken(outcome.by);
}

function taken({ record: { friendlyName, status } }: Task): CreateOutcome {
  const why = status === 'REMOVED' ? 'is being removed' : 'already exists';
  return { kind: 'refused', status: 409, problem: `destination.params.friendlyName: '${friendlyName}' ${why}` };
}
