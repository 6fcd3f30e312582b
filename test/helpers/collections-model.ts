/**
 * Collections as spec 07 says they must be, the obvious slow way: from the lines of a history to the keys, values and expiries of a task. Shares nothing with the
 * implementation but the rule of who may read a label, which is another subject.
 */
import { createHash } from 'node:crypto';
import { mayRead } from '../../projections/security/may-read.js';
import type { SecurityPolicy } from '../../projections/security/policy.js';

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call
   -- events are JSON of many shapes; here they are read as they stand */

export interface HistoryLine {
  readonly topic: string;
  readonly key: string;
  /** Null: a tombstone. */
  readonly event: any;
}

export type Typed = readonly [type: 'str' | 'int4' | 'int8' | 'float8' | 'bool' | 'timestamp' | 'json', value: any];

export interface ModelTask {
  readonly name: string;
  readonly query: string;
  /** Seconds. */
  readonly expireIn: number;
  readonly keyFields: readonly string[];
  readonly valueFields: readonly string[];
  /** Seconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  /** Labels of the creator; all without. */
  readonly labels?: readonly string[];
  /** `binary`: topics of sources and the expedited one; else the system topic. */
  readonly model: 'binary' | 'status' | 'plugin' | 'insert' | 'delete' | 'download';
  /** Rows of an event: values by the names of the fields; of a grouped task those of `by` and of what is aggregated, one for each feature if of features. */
  readonly rows: (event: any) => readonly Values[];
  readonly group?: ModelGroup;
}

export type Values = Readonly<Record<string, Typed>>;

export interface ModelRow {
  readonly values: Values;
  readonly eventdate: number;
  /** With the key and the feature the row's identity. */
  readonly micros: bigint;
  readonly key: string;
  readonly feature: number;
}

export interface ModelGroup {
  /** Undefined: one window over the whole range. */
  readonly windowMs: number | undefined;
  readonly by: readonly string[];
  /** Values of the fields; undefined: a filter after `group` refuses the row. */
  readonly result: (rows: readonly ModelRow[], by: Values) => Values | undefined;
}

export interface ModelKey {
  readonly value: string;
  readonly pxat: number;
}

function microsOf(time: string): bigint {
  const [, whole, fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(time)!;
  return BigInt(Date.parse(`${whole}Z`)) * 1_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

function modelOf(topic: string): string {
  const parts = topic.split('.');
  if (parts.at(-2) === 'binary') return 'binary';
  return parts.at(-1) === 'expedite' ? 'binary' : parts.at(-1)!;
}

/** What a delete event takes away (spec 01 §10.1). */
function isDeleted(event: any, deletes: readonly any[]): boolean {
  return deletes.some(({ action, entity }) => {
    switch (action) {
      case 'ids':
        return entity.ids.ids.includes(event.kafka_key);
      case 'link':
        return (event.track_links ?? []).includes(entity.link.track_link);
      case 'author':
        return (event.track_authors ?? []).includes(entity.author.track_author) && event.timestamp < (entity.author.timestamp ?? '');
      case 'submission': {
        const { track_source_references: references, timestamp } = entity.submission;
        return event.track_source_references === references && (timestamp === undefined || timestamp === event.source.timestamp);
      }
      default:
        return false;
    }
  });
}

function labelsOf(model: string, event: any): (string | undefined)[] {
  const ofSource = (source: any): (string | undefined)[] => [source.security, ...source.path.map((node: any) => node.author.security)];
  switch (model) {
    case 'binary':
    case 'download':
      return [event.author.security, ...ofSource(event.source)];
    case 'status':
      return [event.author.security, ...ofSource(event.entity.input.source)];
    case 'plugin':
      return [event.author.security, event.entity.security];
    case 'insert':
      return [event.author.security, event.entity.child_history.author.security];
    default:
      return [event.author.security];
  }
}

function isReadable(policy: SecurityPolicy, granted: ReadonlySet<string>, model: string, event: any): boolean {
  const labels = labelsOf(model, event).map((label) => policy.normalise(label ?? policy.defaultSecurity));
  return mayRead(granted, policy.table.enforcedSafe, policy.encode(policy.combine(labels)));
}

const TAGS = { str: 1, int4: 2, int8: 3, float8: 4, bool: 5, timestamp: 6 } as const;

function serialise([type, value]: Typed): Buffer {
  if (value === null || value === undefined) return Buffer.alloc(5);
  if (type === 'json') throw new Error('json is no key');
  let payload = Buffer.alloc(8);
  if (type === 'str') payload = Buffer.from(value, 'utf8');
  else if (type === 'bool') payload = Buffer.from([value ? 1 : 0]);
  else if (type === 'float8') payload.writeDoubleBE(value);
  else if (type === 'int4') {
    payload = Buffer.alloc(4);
    payload.writeInt32BE(value);
  } else payload.writeBigInt64BE(BigInt(value));
  const head = Buffer.alloc(5);
  head[0] = TAGS[type];
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

const md5 = (data: Buffer | string): string => createHash('md5').update(data).digest('hex');

/** JSON with keys by code point; all of the histories' keys are ASCII. */
function canonical(value: any): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

function written([type, value]: Typed): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return value > BigInt(Number.MAX_SAFE_INTEGER) ? `"${value}"` : String(value);
  return type === 'json' ? canonical(value) : JSON.stringify(value);
}

export function modelKeyBase(name: string, domain = 'self'): string {
  return `${domain}#${md5(domain + name)}`;
}

/** All keys of the task at the instant `now`, by their names in Redis. */
export function modelKeys(task: ModelTask, lines: readonly HistoryLine[], policy: SecurityPolicy, now: number): Map<string, ModelKey> {
  const keys = new Map<string, ModelKey & { readonly eventdate: number; readonly n: number }>();
  const rows = modelRows(task, lines, policy, now);
  for (const { eventdate, n, values } of task.group === undefined ? rows.map((row) => ({ ...row, n: 1 })) : groupedRows(task.group, rows)) {
    const pxat = eventdate + task.expireIn * 1_000;
    if (pxat <= now) continue;
    const field = (name: string): Typed => (name === 'eventdate' ? ['timestamp', eventdate] : values[name]!);
    const name = `${modelKeyBase(task.name)}:${md5(Buffer.concat(task.keyFields.map((key) => serialise(field(key)))))}`;
    const value = task.valueFields.length === 0 ? String(eventdate) : `[${[eventdate, n, ...task.valueFields.map((one) => written(field(one)))].join(',')}]`; // prettier-ignore
    const known = keys.get(name);
    const order =
      known === undefined ? 1 : eventdate - known.eventdate || n - known.n || Buffer.compare(Buffer.from(value), Buffer.from(known.value));
    if (order > 0) keys.set(name, { value, pxat, eventdate, n });
  }
  return new Map([...keys].map(([name, { value, pxat }]) => [name, { value, pxat }]));
}

/** The rows that count, those of one identity once. */
function modelRows(task: ModelTask, lines: readonly HistoryLine[], policy: SecurityPolicy, now: number): ModelRow[] {
  const deletes = lines.filter(({ topic, event }) => modelOf(topic) === 'delete' && event !== null).map(({ event }) => event);
  const granted = new Set([...(task.labels ?? [...policy.table.toSafe.keys()]).map((label) => policy.table.toSafe.get(label)!), 's-any']);
  const rows = new Map<string, ModelRow>();
  for (const [index, { topic, key, event }] of lines.entries()) {
    if (event === null || modelOf(topic) !== task.model) continue;
    // A tombstone takes away what stands before it under its key.
    if (task.model === 'binary' && lines.slice(index).some((later) => later.event === null && later.topic === topic && later.key === key))
      continue;
    const micros = microsOf(event.timestamp);
    const eventdate = Number(micros / 1_000n);
    if (eventdate < (task.from === undefined ? now - task.expireIn * 1_000 : task.from * 1_000)) continue;
    if (task.to !== undefined && eventdate > task.to * 1_000) continue;
    if (task.model === 'binary' && isDeleted(event, deletes)) continue;
    if (!isReadable(policy, granted, task.model, event)) continue;
    for (const [feature, values] of task.rows(event).entries())
      rows.set(`${event.kafka_key}/${micros}/${feature}`, { values, eventdate, micros, key: event.kafka_key, feature });
  }
  return [...rows.values()];
}

/** Of every window: the histories are old, so all of them are due. */
function groupedRows({ windowMs, by, result }: ModelGroup, rows: readonly ModelRow[]): { eventdate: number; n: number; values: Values }[] {
  const groups = new Map<string, ModelRow[]>();
  for (const row of rows) {
    const window = windowMs === undefined ? 0 : Math.floor(row.eventdate / windowMs);
    const name = JSON.stringify([window, ...by.map((column) => row.values[column]![1])]);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups.values()].flatMap((group) => {
    const { values } = group[0]!;
    const made = result(group, Object.fromEntries(by.map((column) => [column, values[column]!])));
    const eventdate = Math.max(...group.map((row) => row.eventdate));
    return made === undefined ? [] : [{ eventdate, n: group.length, values: made }];
  });
}
