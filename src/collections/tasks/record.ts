/** Records of the task topic: their keys, and values that were written by somebody else's version or by hand (spec 07 §8 "Persistence"). */
import { LINQ_TYPES, type FieldSpec, type LinqType } from '../../../projections/collections/types.js';
import { TASK_STATUSES, type TaskCounters, type TaskProgress, type TaskRecord, type TaskStatus } from '../types.js';

/** What a record is about. */
export type RecordKind = 'task' | 'progress' | 'rebuild';

const SUFFIXES = { task: '', progress: '/progress', rebuild: '/rebuild' } as const satisfies Record<RecordKind, string>;

export function recordKey(kind: RecordKind, id: string): string {
  return `${id}${SUFFIXES[kind]}`;
}

export function parseKey(key: string): { readonly kind: RecordKind; readonly id: string } {
  const slash = key.indexOf('/');
  if (slash < 0) return { kind: 'task', id: key };
  const suffix = key.slice(slash);
  if (suffix === SUFFIXES.progress) return { kind: 'progress', id: key.slice(0, slash) };
  if (suffix === SUFFIXES.rebuild) return { kind: 'rebuild', id: key.slice(0, slash) };
  throw wrong('key', key, 'an id, <id>/progress or <id>/rebuild');
}

/** A request for a rebuild. */
export interface RebuildRecord {
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

type Fields = Readonly<Record<string, unknown>>;

function wrong(name: string, value: unknown, expected: string): Error {
  return new Error(`${name}: ${JSON.stringify(value)}, expected ${expected}`);
}

function parseObject(text: string): Fields {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('value', value, 'a JSON object');
  return value as Fields;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw wrong(name, value, 'a text');
  return value;
}

function integerOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(name, value, 'a whole number');
  return value;
}

function optionalInteger(fields: Fields, name: string): number | null {
  return fields[name] === null ? null : integerOf(fields, name);
}

function listOf<T>(fields: Fields, name: string, read: (item: unknown, name: string) => T): T[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw wrong(name, value, 'a list');
  return value.map((item, index) => read(item, `${name}[${index}]`));
}

function fieldSpec(item: unknown, name: string): FieldSpec {
  const { name: field, type } = (item ?? {}) as Partial<Record<keyof FieldSpec, unknown>>;
  if (typeof field !== 'string' || !LINQ_TYPES.includes(type as LinqType)) throw wrong(name, item, 'a field {name,type}');
  return { name: field, type: type as LinqType };
}

function text(item: unknown, name: string): string {
  if (typeof item !== 'string') throw wrong(name, item, 'a text');
  return item;
}

function oneOf<T extends string>(fields: Fields, name: string, values: readonly T[]): T {
  const value = fields[name];
  if (!values.includes(value as T)) throw wrong(name, value, values.join(', '));
  return value as T;
}

/** The task of a record's value. Throws an Error that names the member, its value and what was expected. */
export function parseTask(value: string): TaskRecord {
  const fields = parseObject(value);
  if (fields.v !== 1) throw wrong('v', fields.v, '1');
  return {
    v: 1,
    rev: integerOf(fields, 'rev'),
    ...(fields.first !== undefined && { first: integerOf(fields, 'first') }),
    id: textOf(fields, 'id'),
    domain: textOf(fields, 'domain'),
    friendlyName: textOf(fields, 'friendlyName'),
    description: textOf(fields, 'description'),
    expireIn: integerOf(fields, 'expireIn'),
    keyFields: listOf(fields, 'keyFields', fieldSpec),
    valueFields: listOf(fields, 'valueFields', fieldSpec),
    query: textOf(fields, 'query'),
    from: integerOf(fields, 'from'),
    to: optionalInteger(fields, 'to'),
    limit: optionalInteger(fields, 'limit'),
    keyHash: oneOf(fields, 'keyHash', ['md5', 'sha256-128'] as const),
    redisKeyBase: textOf(fields, 'redisKeyBase'),
    labels: listOf(fields, 'labels', text),
    status: oneOf<TaskStatus>(fields, 'status', TASK_STATUSES),
    created: integerOf(fields, 'created'),
    updated: integerOf(fields, 'updated'),
    sweep: fields.sweep === true,
  };
}

const COUNTERS = [
  'received',
  'matched',
  'written',
  'notNewer',
  'expired',
  'futureSkipped',
  'late',
  'denied',
  'deleted',
] as const satisfies readonly (keyof TaskCounters)[];

/** The progress of a record's value; throws as `parseTask` does. */
export function parseProgress(value: string): TaskProgress {
  const fields = parseObject(value);
  const counters = (fields.counters ?? {}) as Fields;
  const offsets = (fields.offsets ?? {}) as Fields;
  return {
    lastDatetime: integerOf(fields, 'lastDatetime'),
    error: listOf(fields, 'error', text),
    counters: Object.fromEntries(COUNTERS.map((name) => [name, integerOf(counters, name)])) as unknown as TaskCounters,
    owner: textOf(fields, 'owner'),
    offsets: Object.fromEntries(Object.keys(offsets).map((name) => [name, integerOf(offsets, name)])),
    lag: integerOf(fields, 'lag'),
    rebuilding: fields.rebuilding === true,
    warning: textOf(fields, 'warning'),
    watermark: fields.watermark === undefined || fields.watermark === null ? null : integerOf(fields, 'watermark'),
  };
}

/** The request of a record's value; throws as `parseTask` does. */
export function parseRebuild(value: string): RebuildRecord {
  const fields = parseObject(value);
  return { request: textOf(fields, 'request'), at: integerOf(fields, 'at') };
}
