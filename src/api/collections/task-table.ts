/** The two virtual tables of tasks, and queries over them (spec 07 §9, §10). */
import { compileQuery } from '../../../projections/collections/linq/index.js';
import { tableNamed } from '../../../projections/collections/tables/index.js';
import type { EventRow, EventTable, LinqType, LinqValue } from '../../../projections/collections/types.js';
import { statusObject } from '../../collections/tasks/index.js';
import type { Task } from '../../collections/types.js';

const NAMES = ['system.internal.serrea.task.redis', 'system.internal.serrea.task'] as const;

/** The row of a task: what a compiled query reads columns from is the columns' own business. */
interface TaskRow extends EventRow {
  readonly task: Task;
}

function column(name: string, type: LinqType, read: (task: Task) => LinqValue): EventTable['columns'][number] {
  return { name, type, read: (row) => read((row as TaskRow).task), parts: [] };
}

const COLUMNS: EventTable['columns'] = [
  column('eventdate', 'timestamp', ({ record }) => record.updated),
  column('id', 'str', ({ record }) => record.id),
  column('type', 'str', () => 'redis'),
  column('status', 'str', ({ record }) => record.status),
  column('friendlyName', 'str', ({ record }) => record.friendlyName),
  column('query', 'str', ({ record }) => record.query),
  column('redisKeyBase', 'str', ({ record }) => record.redisKeyBase),
  column('description', 'str', ({ record }) => record.description),
  column('lastDatetime', 'int8', (task) => statusObject(task).lastDatetime),
  column('expireIn', 'int8', ({ record }) => record.expireIn),
  column('keyFields', 'json', ({ record }) => JSON.stringify(record.keyFields)),
  column('error', 'json', (task) => JSON.stringify(statusObject(task).error)),
];

/** No function of binaries is one of these. */
const TABLES: ReadonlyMap<string, EventTable> = new Map(
  NAMES.map((name) => [name, { name, model: 'plugin', action: undefined, perFeature: false, columns: COLUMNS, parts: undefined }]),
);

/** Any table that a caller may ask the columns of. */
export function anyTable(name: string): EventTable | undefined {
  return TABLES.get(name) ?? tableNamed(name);
}

export interface TaskTableResult {
  readonly columns: readonly { readonly name: string; readonly type: LinqType }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Undefined for a query that is over event tables or groups: those need a destination. Throws LinqError. */
export function queryTasks(text: string, tasks: readonly Task[]): TaskTableResult | undefined {
  const { table, body, columns, limit } = compileQuery(text, anyTable);
  if (!TABLES.has(table.name) || body.kind !== 'plain') return undefined;
  const rows: unknown[][] = [];
  for (const task of tasks) {
    const { first, record } = task;
    const row = { topic: '', partition: 0, offset: first, eventdate: record.updated, micros: 0n, feature: 0, task };
    const values = body.evaluate(row as unknown as EventRow);
    if (values !== undefined) rows.push(values.map((value, index) => shown(columns[index]!.type, value)));
    if (rows.length === limit) break;
  }
  return { columns, rows };
}

function shown(type: LinqType, value: LinqValue): unknown {
  if (type === 'json') return JSON.parse(value as string) as unknown;
  return typeof value === 'bigint' ? String(value) : value;
}
