/** Columns of the event tables, in the order of spec 07 §2: each is made once and reads its value out of a row. */
import {
  ZERO_TIME,
  type AzulEvent,
  type BinaryEntity,
  type BinaryEvent,
  type DeleteEvent,
  type DownloadEvent,
  type EventSourcePathNode,
  type InsertEvent,
  type Micros,
  type PluginEvent,
  type StatusEvent,
  type UInt64,
} from '../../../schemas/events.js';
import type { EventRow, LinqType, LinqValue, TableColumn } from '../types.js';
import { canonicalPlain, canonicalText, type Plain } from './canonical.js';

const MAX_INT4 = 2_147_483_647;
const MAX_INT8 = 9_223_372_036_854_775_807n;

/** Milliseconds of an instant, floored also before 1970. */
export function millisOf(micros: Micros): number {
  const floored = micros / 1_000n;
  return Number(micros < 0n && floored * 1_000n !== micros ? floored - 1n : floored);
}

const text = (value: string | undefined): LinqValue => value ?? null;
/** What does not fit the column's type is absent, never another number. */
const int4 = (value: number | undefined): LinqValue => (value === undefined || value > MAX_INT4 ? null : value);
const int8 = (value: UInt64 | undefined): LinqValue =>
  value === undefined || (typeof value === 'bigint' && value > MAX_INT8) ? null : value;
/** The zero time is how the wire writes an absent one. */
const time = (value: Micros): LinqValue => (value === ZERO_TIME ? null : millisOf(value));
const list = (value: readonly unknown[]): LinqValue => (value.length === 0 ? null : canonicalPlain(value as readonly Plain[]));
const map = (value: Readonly<Record<string, string>> | undefined): LinqValue => (value === undefined ? null : canonicalPlain(value));
const json = (value: string | undefined): LinqValue => (value === undefined ? null : canonicalText(value));

type Read<E> = (event: E, row: EventRow) => LinqValue;

/** Columns over one type of event; `parts`: what of it they read, for tables that say so (`TableColumn.parts`). */
function columns<E extends AzulEvent>(
  ...list: readonly (readonly [name: string, type: LinqType, read: Read<E>, ...parts: string[]])[]
): TableColumn[] {
  return list.map(([name, type, read, ...parts]) => ({ name, type, read: (row) => read(row.event as E, row), parts }));
}

/** The label of what an event is about, beside its author's. */
function aboutSecurity(event: AzulEvent): string | undefined {
  if ('source' in event) return event.source.security;
  const { entity } = event;
  if ('input' in entity) return entity.input.source.security;
  return 'config' in entity ? entity.security : undefined;
}

const COMMON = columns<Exclude<AzulEvent, { entity: string }>>(
  ['eventdate', 'timestamp', (_, row) => row.eventdate],
  ['key', 'str', (event) => event.kafka_key],
  ['model_version', 'int4', (event) => int4(event.model_version), 'model_version'],
  ['author.category', 'str', (event) => text(event.author.category), 'author.category'],
  ['author.name', 'str', (event) => event.author.name, 'author.name'],
  ['author.version', 'str', (event) => text(event.author.version), 'author.version'],
  ['author.security', 'str', (event) => text(event.author.security)],
  ['security', 'str', (event) => text(aboutSecurity(event) ?? event.author.security)],
  ['kafka.topic', 'str', (_, row) => row.topic],
  ['kafka.partition', 'int4', (_, row) => row.partition],
  ['kafka.offset', 'int8', (_, row) => row.offset],
);

const last = (event: BinaryEvent): EventSourcePathNode | undefined => event.source.path.at(-1);

const HASHES = [
  'sha256',
  'sha512',
  'sha1',
  'md5',
  'ssdeep',
  'tlsh',
  'file_format',
  'file_extension',
  'mime',
  'magic',
] as const satisfies readonly (keyof BinaryEntity)[];

const BINARY_OWN = columns<BinaryEvent>(
  ['source', 'str', (event) => event.source.name, 'source.name'],
  ['source.security', 'str', (event) => text(event.source.security)],
  ['source.timestamp', 'timestamp', (event) => time(event.source.timestamp), 'source.timestamp'],
  ['source.references', 'json', (event) => map(event.source.references), 'source.references'],
  ['source.settings', 'json', (event) => map(event.source.settings), 'source.settings'],
  ['source.path', 'json', (event) => canonicalPlain(event.source.path.map(pathPlain)), 'source.path'],
  ['source.depth', 'int4', (event) => event.source.path.length],
  ['action', 'str', (event) => event.action],
  ...HASHES.map((name) => [name, 'str', (event: BinaryEvent) => text(event.entity[name]), `entity.${name}`] as const),
  ['size', 'int8', (event) => int8(event.entity.size), 'entity.size'],
  ['features', 'json', (event) => list(event.entity.features), 'entity.features'],
  ['datastreams', 'json', (event) => list(event.entity.datastreams), 'entity.datastreams'],
  ['info', 'json', (event) => json(event.entity.info)],
  ['features.count', 'int4', (event) => event.entity.features.length],
  ['datastreams.count', 'int4', (event) => event.entity.datastreams.length],
  ['root.sha256', 'str', (event) => text(event.source.path[0]?.sha256), 'source.path.sha256'],
  ['parent.sha256', 'str', (event) => text(event.source.path.at(-2)?.sha256), 'source.path.sha256'],
  ['path.action', 'str', (event) => text(last(event)?.action)],
  ['path.author.name', 'str', (event) => text(last(event)?.author.name), 'source.path.author.name'],
  ['path.author.version', 'str', (event) => text(last(event)?.author.version), 'source.path.author.version'],
  ['path.filename', 'str', (event) => text(last(event)?.filename), 'source.path.filename'],
  ['path.language', 'str', (event) => text(last(event)?.language), 'source.path.language'],
  ['path.file_format', 'str', (event) => text(last(event)?.file_format), 'source.path.file_format'],
  ['path.timestamp', 'timestamp', (event) => time(last(event)?.timestamp ?? ZERO_TIME), 'source.path.timestamp'],
  ['path.size', 'int8', (event) => int8(last(event)?.size), 'source.path.size'],
  ['dequeued', 'str', (event) => text(event.dequeued), 'dequeued'],
  ['retries', 'int4', (event) => int4(event.retries), 'retries'],
  ['flags.bypass_cache', 'bool', (event) => event.flags.bypass_cache, 'flags.bypass_cache'],
  ['flags.expedite', 'bool', (event) => event.flags.expedite, 'flags.expedite'],
  ['flags.retry', 'bool', (event) => event.flags.retry, 'flags.retry'],
  ['track_source_references', 'str', (event) => event.track_source_references || null],
  ['track_links', 'json', (event) => list(event.track_links)],
  ['track_authors', 'json', (event) => list(event.track_authors)],
);

/** Times of the path as the wire's JSON has them would need a text; milliseconds are what every other column has. */
function pathPlain({ timestamp, author, ...node }: EventSourcePathNode): Plain {
  return { ...node, author: { ...author }, timestamp: millisOf(timestamp) };
}

const FEATURE_OWN = columns<BinaryEvent>(
  ['feature.name', 'str', (event, row) => event.entity.features[row.feature]!.name, 'entity.features.name'],
  ['feature.type', 'str', (event, row) => event.entity.features[row.feature]!.type, 'entity.features.type'],
  ['feature.value', 'str', (event, row) => event.entity.features[row.feature]!.value, 'entity.features.value'],
  ['feature.label', 'str', (event, row) => text(event.entity.features[row.feature]!.label), 'entity.features.label'],
  ['feature.offset', 'int8', (event, row) => int8(event.entity.features[row.feature]!.offset), 'entity.features.offset'],
  ['feature.size', 'int8', (event, row) => int8(event.entity.features[row.feature]!.size), 'entity.features.size'],
);

export const BINARY_COLUMNS: readonly TableColumn[] = [...COMMON, ...BINARY_OWN];
export const FEATURE_COLUMNS: readonly TableColumn[] = [...BINARY_COLUMNS, ...FEATURE_OWN];

export const STATUS_COLUMNS: readonly TableColumn[] = [
  ...COMMON,
  ...columns<StatusEvent>(
    ['status', 'str', ({ entity }) => entity.status],
    ['error', 'str', ({ entity }) => text(entity.error), 'entity.error'],
    ['message', 'str', ({ entity }) => text(entity.message), 'entity.message'],
    ['runtime', 'float8', ({ entity }) => entity.runtime ?? null, 'entity.runtime'],
    ['results.count', 'int4', ({ entity }) => entity.results.length],
    ['source', 'str', ({ entity }) => entity.input.source.name, 'entity.input.source.name'],
    ['action', 'str', ({ entity }) => entity.input.action],
    ['sha256', 'str', ({ entity }) => text(entity.input.entity.sha256), 'entity.input.entity.sha256'],
    ['input.eventdate', 'timestamp', ({ entity }) => time(entity.input.timestamp), 'entity.input.timestamp'],
    ['input.key', 'str', ({ entity }) => entity.input.kafka_key || null],
    ['input.author.name', 'str', ({ entity }) => entity.input.author.name, 'entity.input.author.name'],
    ['input.dequeued', 'str', ({ entity }) => text(entity.input.dequeued), 'entity.input.dequeued'],
    ['input.retries', 'int4', ({ entity }) => int4(entity.input.retries), 'entity.input.retries'],
  ),
];

export const PLUGIN_COLUMNS: readonly TableColumn[] = [
  ...COMMON,
  ...columns<PluginEvent>(
    ['plugin.category', 'str', ({ entity }) => text(entity.category)],
    ['plugin.name', 'str', ({ entity }) => entity.name],
    ['plugin.version', 'str', ({ entity }) => text(entity.version)],
    ['plugin.security', 'str', ({ entity }) => text(entity.security)],
    ['plugin.description', 'str', ({ entity }) => text(entity.description)],
    ['plugin.contact', 'str', ({ entity }) => text(entity.contact)],
    ['plugin.features', 'json', ({ entity }) => list(entity.features)],
    ['plugin.config', 'json', ({ entity }) => map(entity.config)],
    ['plugin.features.count', 'int4', ({ entity }) => entity.features.length],
  ),
];

export const INSERT_COLUMNS: readonly TableColumn[] = [
  ...COMMON,
  ...columns<InsertEvent>(
    ['source', 'str', ({ entity }) => entity.original_source],
    ['parent.sha256', 'str', ({ entity }) => entity.parent_sha256],
    ['sha256', 'str', ({ entity }) => text(entity.child.sha256)],
    ['size', 'int8', ({ entity }) => int8(entity.child.size)],
    ['file_format', 'str', ({ entity }) => text(entity.child.file_format)],
    ['mime', 'str', ({ entity }) => text(entity.child.mime)],
    ['child.action', 'str', ({ entity }) => entity.child_history.action],
    ['child.author.name', 'str', ({ entity }) => entity.child_history.author.name],
    ['child.author.version', 'str', ({ entity }) => text(entity.child_history.author.version)],
    ['child.filename', 'str', ({ entity }) => text(entity.child_history.filename)],
    ['child.timestamp', 'timestamp', ({ entity }) => time(entity.child_history.timestamp)],
    ['track_link', 'str', (event) => text(event.track_link)],
    ['track_author', 'str', (event) => text(event.track_author)],
  ),
];

export const DELETE_COLUMNS: readonly TableColumn[] = [
  ...COMMON,
  ...columns<DeleteEvent>(
    ['action', 'str', (event) => event.action],
    ['reason', 'str', ({ entity }) => text(entity.reason)],
    ['delete.submission', 'str', ({ entity }) => text(entity.submission.track_source_references)],
    ['delete.timestamp', 'timestamp', ({ action, entity }) => time((action === 'author' ? entity.author : entity.submission).timestamp)],
    ['delete.link', 'str', ({ entity }) => text(entity.link.track_link)],
    ['delete.author', 'str', ({ entity }) => text(entity.author.track_author)],
    ['delete.ids', 'json', ({ entity }) => list(entity.ids.ids)],
  ),
];

export const DOWNLOAD_COLUMNS: readonly TableColumn[] = [
  ...COMMON,
  ...columns<DownloadEvent>(
    ['source', 'str', (event) => event.source.name],
    ['action', 'str', (event) => event.action],
    ['hash', 'str', ({ entity }) => entity.hash],
    ['direct_url', 'str', ({ entity }) => text(entity.direct_url)],
    ['category', 'str', ({ entity }) => text(entity.category)],
    ['direct_expiry', 'timestamp', ({ entity }) => time(entity.direct_expiry)],
    ['pcap', 'bool', ({ entity }) => entity.pcap],
    ['category_quota', 'int4', ({ entity }) => int4(entity.category_quota)],
    ['metadata', 'json', ({ entity }) => json(entity.metadata)],
  ),
];
