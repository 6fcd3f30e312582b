/** Events in the JSON form of the dispatcher: what its API speaks, what `export` prints and what `publish` reads (spec 01 §5). */
import type { EventByModel, Model, StringMap, UInt64 } from './events.js';
import { ZERO_TIME } from './events.js';
import type { JsonValue } from './json-text.js';
import { JsonNumber, JsonObject, sourceText } from './json-text.js';
import type { FieldLayout, RecordLayout } from './layout.js';
import { LAYOUTS, recordOf } from './layout.js';
import { goTime, parseTime } from './time.js';
import { compareUtf8 } from './utf8-order.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Go's JSON text of an event: keys dropped as spec 01 §4 says, sizes exact, `info` and `metadata` as they stand (but
 * never with a line break, so that one event is one line). Throws for a time outside the years 1 to 9999.
 */
export function eventToJson<M extends Model>(model: M, event: EventByModel[M]): string {
  return recordToJson(LAYOUTS[model], event as unknown as Fields);
}

function recordToJson(layout: RecordLayout, value: Fields): string {
  let text = '';
  for (const field of layout.fields) {
    const member = value[field.name];
    if (field.drop && isZero(field, member)) continue;
    text += `${text === '' ? '' : ','}"${field.name}":${fieldToJson(field, member)}`;
  }
  return `{${text}}`;
}

function isZero(field: FieldLayout, value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === 0n || value === false) return true;
  if (field.kind === 'time') return value === ZERO_TIME;
  if (field.kind === 'map') return Object.keys(value as StringMap).length === 0;
  return Array.isArray(value) && value.length === 0;
}

/** JSON text of one field; `undefined` counts as the zero value. */
function fieldToJson(field: FieldLayout, value: unknown): string {
  switch (field.kind) {
    case 'string':
      return JSON.stringify(value ?? '');
    case 'uint32':
    case 'double':
      return String((value as number | undefined) ?? 0);
    case 'size':
      return ((value as UInt64 | undefined) ?? 0).toString();
    case 'time':
      return `"${goTime(value as bigint)}"`;
    case 'boolean':
      return value === true ? 'true' : 'false';
    case 'json':
      return singleLine((value as string | undefined) ?? 'null');
    case 'map':
      return mapToJson((value as StringMap | undefined) ?? {});
    case 'strings':
      return JSON.stringify(value ?? []);
    case 'record':
      return recordToJson(recordOf(field), value as Fields);
    case 'records':
      return `[${((value as Fields[] | undefined) ?? []).map((item) => recordToJson(recordOf(field), item)).join(',')}]`;
  }
}

function mapToJson(map: StringMap): string {
  const keys = Object.keys(map).sort(compareUtf8);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`).join(',')}}`;
}

/** White space outside of strings goes when there is a line break in it. */
function singleLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') : json;
}

/**
 * The event of a JSON object. Keys that may be dropped may be missing or null; `info`, `metadata` and a retrohunt's
 * `entity` keep their source text; `model_version` must be 6 (in nested events any number, it becomes 6).
 * Throws an Error that names the field's path, the value and what was expected; unknown keys are such an error.
 */
export function eventFromJson<M extends Model>(model: M, value: JsonObject): EventByModel[M] {
  const version = value.entries.get('model_version');
  if (!(version instanceof JsonNumber) || version.text !== '6') throw wrong('model_version', version, '6');
  return recordFromJson(LAYOUTS[model], value, '') as unknown as EventByModel[M];
}

function recordFromJson(layout: RecordLayout, value: JsonValue | undefined, path: string): Fields {
  if (!(value instanceof JsonObject)) throw wrong(path, value, 'an object');
  const result: Record<string, unknown> = {};
  let known = 0;
  for (const field of layout.fields) {
    const member = value.entries.get(field.name);
    if (member !== undefined) known++;
    result[field.name] = fieldFromJson(field, member, path === '' ? field.name : `${path}.${field.name}`);
  }
  if (known !== value.entries.size) throw unknownKey(layout, value, path);
  return result;
}

function unknownKey(layout: RecordLayout, value: JsonObject, path: string): Error {
  const names = new Set(layout.fields.map((field) => field.name));
  const key = [...value.entries.keys()].find((name) => !names.has(name)) ?? '';
  return new Error(`${path === '' ? '' : `${path}: `}unknown key ${clip(JSON.stringify(key))}, expected ${[...names].join(', ')}`);
}

function fieldFromJson(field: FieldLayout, value: JsonValue | undefined, path: string): unknown {
  if (field.name === 'model_version') return value === undefined || value instanceof JsonNumber ? 6 : reject(path, value, 'a number');
  if (value === undefined || (value === null && field.drop && field.kind !== 'json')) {
    if (!field.optional) throw wrong(path, value, expectation(field));
    return zeroOf(field, path);
  }
  const parsed = presentField(field, value, path);
  return field.absent && isZero(field, parsed) ? undefined : parsed;
}

/** What a missing key stands for: `undefined` also for the fields that are never dropped but may be missing. */
function zeroOf(field: FieldLayout, path: string): unknown {
  if (field.kind === 'record') return recordFromJson(recordOf(field), new JsonObject(new Map(), '{}'), path);
  if (field.kind === 'records' || field.kind === 'strings') return [];
  if (field.kind === 'boolean') return false;
  if (field.kind === 'time') return ZERO_TIME;
  return field.drop && !field.absent ? '' : undefined;
}

function presentField(field: FieldLayout, value: JsonValue, path: string): unknown {
  switch (field.kind) {
    case 'string':
      return typeof value === 'string' ? value : reject(path, value, 'a string');
    case 'boolean':
      return typeof value === 'boolean' ? value : reject(path, value, 'true or false');
    case 'json':
      return sourceText(value);
    case 'time':
      return timeFromJson(value, path);
    case 'uint32':
      return Number(integerFromJson(value, 0xffffffffn, path));
    case 'size':
      return sizeFromJson(value, path);
    case 'double':
      return doubleFromJson(value, path);
    case 'map':
      return mapFromJson(value, path);
    case 'strings':
      return arrayFromJson(value, path).map((item, i) => (typeof item === 'string' ? item : reject(`${path}[${i}]`, item, 'a string')));
    case 'record':
      return recordFromJson(recordOf(field), value, path);
    case 'records':
      return arrayFromJson(value, path).map((item, i) => recordFromJson(recordOf(field), item, `${path}[${i}]`));
  }
}

function timeFromJson(value: JsonValue, path: string): bigint {
  if (typeof value !== 'string') throw wrong(path, value, 'a time');
  try {
    return parseTime(value);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function integerFromJson(value: JsonValue, max: bigint, path: string): bigint {
  const expected = `an integer from 0 to ${max.toString()}`;
  if (!(value instanceof JsonNumber) || !/^[0-9]{1,20}$/.test(value.text)) throw wrong(path, value, expected);
  const n = BigInt(value.text);
  return n <= max ? n : reject(path, value, expected);
}

function sizeFromJson(value: JsonValue, path: string): UInt64 {
  const n = integerFromJson(value, 0xffffffffffffffffn, path);
  return n <= Number.MAX_SAFE_INTEGER ? Number(n) : n;
}

function doubleFromJson(value: JsonValue, path: string): number {
  const n = value instanceof JsonNumber ? Number(value.text) : Number.NaN;
  return Number.isFinite(n) ? n : reject(path, value, 'a finite number');
}

function mapFromJson(value: JsonValue, path: string): StringMap {
  if (!(value instanceof JsonObject)) throw wrong(path, value, 'an object of strings');
  const map = Object.create(null) as StringMap;
  for (const [key, item] of value.entries) {
    map[key] = typeof item === 'string' ? item : reject(`${path}.${key}`, item, 'a string');
  }
  return map;
}

function arrayFromJson(value: JsonValue, path: string): JsonValue[] {
  return Array.isArray(value) ? value : reject(path, value, 'an array');
}

function expectation(field: FieldLayout): string {
  const names: Partial<Record<FieldLayout['kind'], string>> = { time: 'a time', record: 'an object', json: 'JSON' };
  return names[field.kind] ?? `a ${field.kind}`;
}

function reject(path: string, value: JsonValue | undefined, expected: string): never {
  throw wrong(path, value, expected);
}

function wrong(path: string, value: JsonValue | undefined, expected: string): Error {
  const found = value === undefined ? 'missing' : clip(sourceText(value));
  return new Error(`${path === '' ? 'event' : path}: ${found}, expected ${expected}`);
}

function clip(text: string): string {
  return text.length > 80 ? text.slice(0, 80) + '…' : text;
}
