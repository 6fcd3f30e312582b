/**
 * The records of an event as one table: fields in the order of the wire, and how each looks in JSON (spec 01 §4). The JSON
 * form, the Avro reader and the Avro writer all follow this table; the older versions differ from it only in the wire
 * schemas (§6).
 */
import type { Model } from './events.js';

/** What a field holds. `json` is JSON text in Avro bytes; `records` and `strings` are arrays. */
export type FieldKind = 'string' | 'uint32' | 'size' | 'time' | 'double' | 'boolean' | 'json' | 'map' | 'strings' | 'record' | 'records';

export interface FieldLayout {
  readonly name: string;
  readonly kind: FieldKind;
  /** Layout of the record (of each item), for `record` and `records`. */
  readonly record?: RecordLayout;
  /** The key is left out of the JSON form when the value is zero. */
  readonly drop: boolean;
  /** Zero is held as `undefined` in memory. Follows `drop` but for two strings, see events.ts. */
  readonly absent: boolean;
  /** JSON input may lack the field though it is never dropped. */
  readonly optional: boolean;
  /** Of strings: there are few values, which come in record after record. */
  readonly repeats: boolean;
}

export interface RecordLayout {
  readonly name: string;
  readonly fields: readonly FieldLayout[];
  /** Of a part of a record: fields that are not wanted but have to be readable. */
  readonly passed?: readonly FieldLayout[];
}

const HAS_ABSENT: ReadonlySet<FieldKind> = new Set<FieldKind>(['string', 'uint32', 'size', 'double', 'json', 'map']);
const ARRAYS: ReadonlySet<FieldKind> = new Set<FieldKind>(['strings', 'records']);

/** Names of fields with few values, in whichever record they are. */
const REPEATING: ReadonlySet<string> = new Set([
  ...['name', 'version', 'category', 'security', 'action', 'type', 'label', 'status'],
  ...['mime', 'magic', 'file_format', 'file_extension', 'language'],
]);

function always(name: string, kind: FieldKind, options: Partial<FieldLayout> = {}): FieldLayout {
  return { name, kind, drop: false, absent: false, optional: ARRAYS.has(kind), repeats: REPEATING.has(name), ...options };
}

function dropped(name: string, kind: FieldKind, options: Partial<FieldLayout> = {}): FieldLayout {
  return { name, kind, drop: true, absent: HAS_ABSENT.has(kind), optional: true, repeats: REPEATING.has(name), ...options };
}

function record(name: string, fields: readonly FieldLayout[]): RecordLayout {
  return { name, fields };
}

const strings = (kind: typeof always, ...names: string[]): FieldLayout[] => names.map((name) => kind(name, 'string'));
const lenient = (...names: string[]): FieldLayout[] => names.map((name) => always(name, 'string', { optional: true }));

const author = record('EventAuthor', [always('name', 'string'), ...strings(dropped, 'version', 'category', 'security')]);

const pathNode = record('EventSourcePathNode', [
  always('author', 'record', { record: author }),
  ...strings(always, 'action', 'sha256'),
  dropped('relationship', 'map'),
  always('timestamp', 'time'),
  dropped('file_format', 'string'),
  dropped('size', 'size'),
  ...strings(dropped, 'filename', 'language'),
]);

const source = record('EventSource', [
  always('name', 'string'),
  dropped('references', 'map'),
  dropped('security', 'string'),
  always('path', 'records', { record: pathNode }),
  always('timestamp', 'time'),
  dropped('settings', 'map'),
]);

const feature = record('BinaryEntityFeature', [
  ...strings(always, 'name', 'value', 'type'),
  dropped('label', 'string'),
  dropped('size', 'size'),
  dropped('offset', 'size'),
]);

const datastream = record('BinaryEntityDatastream', [
  dropped('identify_version', 'uint32'),
  always('label', 'string'),
  always('size', 'size', { optional: true }),
  ...lenient('sha512', 'sha256', 'sha1', 'md5'),
  ...strings(dropped, 'ssdeep', 'tlsh'),
  ...lenient('mime', 'magic'),
  ...strings(dropped, 'file_format', 'file_extension', 'language'),
]);

const binaryEntity = record('BinaryEntity', [
  ...lenient('sha256'),
  ...strings(dropped, 'sha512', 'sha1', 'md5', 'ssdeep', 'tlsh'),
  dropped('size', 'size'),
  ...strings(dropped, 'mime', 'magic', 'file_format', 'file_extension'),
  dropped('info', 'json'),
  dropped('features', 'records', { record: feature }),
  dropped('datastreams', 'records', { record: datastream }),
]);

const flags = record('BinaryFlags', [dropped('bypass_cache', 'boolean'), dropped('expedite', 'boolean'), dropped('retry', 'boolean')]);

const header: readonly FieldLayout[] = [
  always('model_version', 'uint32'),
  dropped('kafka_key', 'string', { absent: false }),
  always('timestamp', 'time'),
  always('author', 'record', { record: author }),
];

const binary = record('BinaryEvent', [
  ...header,
  always('source', 'record', { record: source }),
  always('entity', 'record', { record: binaryEntity }),
  always('action', 'string'),
  dropped('dequeued', 'string'),
  dropped('retries', 'uint32'),
  always('flags', 'record', { record: flags, optional: true }),
  dropped('track_source_references', 'string', { absent: false }),
  dropped('track_links', 'strings'),
  dropped('track_authors', 'strings'),
]);

const statusEntity = record('StatusEntity', [
  always('input', 'record', { record: binary }),
  always('status', 'string'),
  dropped('runtime', 'double'),
  ...strings(dropped, 'error', 'message'),
  dropped('results', 'records', { record: binary }),
]);

const pluginFeature = record('PluginEntityFeature', [
  ...strings(always, 'name', 'type'),
  dropped('desc', 'string'),
  dropped('tags', 'strings'),
]);

const pluginEntity = record('PluginEntity', [
  always('name', 'string'),
  ...strings(dropped, 'version', 'category', 'contact', 'description'),
  dropped('features', 'records', { record: pluginFeature }),
  dropped('security', 'string'),
  dropped('config', 'map'),
]);

const insertEntity = record('InsertEntity', [
  ...strings(always, 'original_source', 'parent_sha256'),
  always('child', 'record', { record: binaryEntity }),
  always('child_history', 'record', { record: pathNode }),
]);

function deleteTarget(name: string, fields: readonly FieldLayout[]): FieldLayout {
  return always(name, 'record', { record: record(`Delete${name}`, fields), optional: true });
}

const deleteEntity = record('DeleteEntity', [
  dropped('reason', 'string'),
  deleteTarget('submission', [dropped('track_source_references', 'string'), dropped('timestamp', 'time')]),
  deleteTarget('author', [dropped('track_author', 'string'), dropped('timestamp', 'time')]),
  deleteTarget('link', [dropped('track_link', 'string')]),
  deleteTarget('ids', [dropped('ids', 'strings')]),
]);

const downloadEntity = record('DownloadEntity', [
  always('hash', 'string'),
  dropped('direct_url', 'string'),
  dropped('direct_expiry', 'time'),
  dropped('pcap', 'boolean'),
  dropped('category', 'string'),
  dropped('category_quota', 'uint32'),
  dropped('metadata', 'json'),
]);

const retrohuntSource = record('RetrohuntSource', [...strings(dropped, 'submitter', 'security'), always('timestamp', 'time')]);

/** The layout of each kind of event, version 6. */
export const LAYOUTS: { readonly [M in Model]: RecordLayout } = {
  binary,
  status: record('StatusEvent', [...header, always('entity', 'record', { record: statusEntity })]),
  plugin: record('PluginEvent', [...header, always('entity', 'record', { record: pluginEntity })]),
  insert: record('InsertEvent', [
    ...header,
    always('entity', 'record', { record: insertEntity }),
    ...strings(dropped, 'track_link', 'track_author'),
  ]),
  delete: record('DeleteEvent', [...header, always('entity', 'record', { record: deleteEntity }), always('action', 'string')]),
  download: record('DownloadEvent', [
    ...header,
    always('source', 'record', { record: source }),
    always('action', 'string'),
    always('entity', 'record', { record: downloadEntity }),
  ]),
  retrohunt: record('RetrohuntEvent', [
    ...header,
    always('entity', 'json'),
    dropped('action', 'string'),
    always('source', 'record', { record: retrohuntSource }),
  ]),
};

/** The record that a field holds; throws for a field of another kind. */
export function recordOf(field: FieldLayout): RecordLayout {
  if (field.record === undefined) throw new Error(`field ${field.name} is no record`);
  return field.record;
}
