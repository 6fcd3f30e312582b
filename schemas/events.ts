/**
 * The events of Azul as metafold handles them: model version 6 after upcasting, field names as on the wire.
 *
 * A field that the wire drops when it is empty (spec 01 §4, column "drop") is `undefined` here, never "" or 0; a decoder
 * fills every field in the same order, so that all events of a kind share one hidden class.
 */

/** Microseconds since 1970-01-01T00:00:00Z. A bigint, because the zero time and years past 2255 leave a double's exact range. */
export type Micros = bigint;

/** Unsigned 64-bit size or offset: a number while it is exact (at most 2^53 - 1), else a bigint. */
export type UInt64 = number | bigint;

/** String map with a null prototype (a key may be `__proto__`); key order is of no meaning. */
export type StringMap = Record<string, string>;

/** JSON text as it stands in the record: number lexemes and key order are data (spec 02 §4.9). */
export type JsonText = string;

/** Go's zero time, 0001-01-01T00:00:00Z: how the wire writes an absent time. */
export const ZERO_TIME: Micros = -62135596800000000n;

export interface EventAuthor {
  name: string;
  version: string | undefined;
  category: string | undefined;
  security: string | undefined;
}

export interface EventSourcePathNode {
  author: EventAuthor;
  action: string;
  sha256: string;
  relationship: StringMap | undefined;
  timestamp: Micros;
  file_format: string | undefined;
  size: UInt64 | undefined;
  filename: string | undefined;
  language: string | undefined;
}

export interface EventSource {
  name: string;
  references: StringMap | undefined;
  security: string | undefined;
  path: EventSourcePathNode[];
  timestamp: Micros;
  settings: StringMap | undefined;
}

export interface BinaryEntityFeature {
  name: string;
  value: string;
  type: string;
  label: string | undefined;
  size: UInt64 | undefined;
  offset: UInt64 | undefined;
}

/** Wire order differs from the order of use: `identify_version` first. */
export interface BinaryEntityDatastream {
  identify_version: number | undefined;
  label: string;
  size: UInt64 | undefined;
  sha512: string | undefined;
  sha256: string | undefined;
  sha1: string | undefined;
  md5: string | undefined;
  ssdeep: string | undefined;
  tlsh: string | undefined;
  mime: string | undefined;
  magic: string | undefined;
  file_format: string | undefined;
  file_extension: string | undefined;
  language: string | undefined;
}

export interface BinaryEntity {
  sha256: string | undefined;
  sha512: string | undefined;
  sha1: string | undefined;
  md5: string | undefined;
  ssdeep: string | undefined;
  tlsh: string | undefined;
  size: UInt64 | undefined;
  mime: string | undefined;
  magic: string | undefined;
  file_format: string | undefined;
  file_extension: string | undefined;
  info: JsonText | undefined;
  features: BinaryEntityFeature[];
  datastreams: BinaryEntityDatastream[];
}

export interface BinaryFlags {
  bypass_cache: boolean;
  expedite: boolean;
  retry: boolean;
}

export interface BinaryEvent {
  model_version: number;
  /** Empty only in a status result or input; everywhere else validation refuses it. */
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  source: EventSource;
  entity: BinaryEntity;
  action: string;
  dequeued: string | undefined;
  retries: number | undefined;
  flags: BinaryFlags;
  track_source_references: string;
  track_links: string[];
  track_authors: string[];
}

export interface StatusEntity {
  input: BinaryEvent;
  status: string;
  /** Seconds. */
  runtime: number | undefined;
  error: string | undefined;
  message: string | undefined;
  results: BinaryEvent[];
}

export interface StatusEvent {
  model_version: number;
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  entity: StatusEntity;
}

export interface PluginEntityFeature {
  name: string;
  type: string;
  desc: string | undefined;
  tags: string[];
}

export interface PluginEntity {
  name: string;
  version: string | undefined;
  category: string | undefined;
  contact: string | undefined;
  description: string | undefined;
  features: PluginEntityFeature[];
  security: string | undefined;
  config: StringMap | undefined;
}

export interface PluginEvent {
  model_version: number;
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  entity: PluginEntity;
}

export interface InsertEntity {
  original_source: string;
  parent_sha256: string;
  child: BinaryEntity;
  child_history: EventSourcePathNode;
}

export interface InsertEvent {
  model_version: number;
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  entity: InsertEntity;
  track_link: string | undefined;
  track_author: string | undefined;
}

export interface DeleteEntity {
  reason: string | undefined;
  submission: { track_source_references: string | undefined; timestamp: Micros };
  author: { track_author: string | undefined; timestamp: Micros };
  link: { track_link: string | undefined };
  ids: { ids: string[] };
}

export interface DeleteEvent {
  model_version: number;
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  entity: DeleteEntity;
  action: string;
}

export interface DownloadEntity {
  hash: string;
  direct_url: string | undefined;
  direct_expiry: Micros;
  pcap: boolean;
  category: string | undefined;
  category_quota: number | undefined;
  metadata: JsonText | undefined;
}

export interface DownloadEvent {
  model_version: number;
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  source: EventSource;
  action: string;
  entity: DownloadEntity;
}

export interface RetrohuntEvent {
  model_version: number;
  kafka_key: string;
  timestamp: Micros;
  author: EventAuthor;
  entity: JsonText;
  action: string | undefined;
  source: { submitter: string | undefined; security: string | undefined; timestamp: Micros };
}

/** Event type by model name (spec 01 §9, "model"). */
export interface EventByModel {
  binary: BinaryEvent;
  status: StatusEvent;
  plugin: PluginEvent;
  insert: InsertEvent;
  delete: DeleteEvent;
  download: DownloadEvent;
  retrohunt: RetrohuntEvent;
}

export type Model = keyof EventByModel;
export type AzulEvent = EventByModel[Model];

export const MODELS: readonly Model[] = ['binary', 'status', 'plugin', 'insert', 'delete', 'download', 'retrohunt'];
