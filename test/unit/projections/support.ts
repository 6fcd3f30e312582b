/** Settings, records and fixtures that the tests of the projections share. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { documentJson } from '../../../projections/json.js';
import { createSecurityPolicy } from '../../../projections/security/policy.js';
import { parseSecuritySettings } from '../../../projections/security/settings.js';
import { priorityReferences, type ProjectionSettings, type SourceSettings } from '../../../projections/settings.js';
import type { FoldResult, StreamRecord } from '../../../projections/types.js';
import type { EventByModel, Micros, Model } from '../../../schemas/events.js';
import { eventFromJson } from '../../../schemas/json-form.js';
import { JsonObject, parseJson } from '../../../schemas/json-text.js';

const HISTORY = new URL('../../fixtures/history/', import.meta.url);

/** 2026-03-02T00:00:00Z in µs: after every event of the fixtures. */
export const NOW: Micros = 1772409600000000n;

interface RawSource {
  readonly references?: readonly { readonly name: string; readonly priority?: boolean }[];
}

interface RawSettings {
  readonly metastore_sources: Readonly<Record<string, RawSource>>;
  readonly metastore_partition: string;
  readonly [name: string]: unknown;
}

const raw = JSON.parse(readFileSync(new URL('settings.json', HISTORY), 'utf8')) as RawSettings;

function source({ references = [] }: RawSource): SourceSettings {
  return { priorityReferences: priorityReferences(references), expireAfterMs: -1 };
}

/** The settings that the histories assume; the worked examples of the specification need no others. */
export const SETTINGS: ProjectionSettings = {
  partition: raw.metastore_partition,
  security: createSecurityPolicy(
    parseSecuritySettings({
      labels: raw['security_labels'],
      default: raw['security_default'],
      presets: raw['security_presets'],
      minimum_required_access: raw['security_minimum_required_access'],
      allow_releasability_priority_gte: raw['security_allow_releasability_priority_gte'],
      admin_roles: undefined,
    }),
  ),
  sources: new Map(Object.entries(raw.metastore_sources).map(([name, settings]) => [name, source(settings)])),
  statusPartitionUnit: 'week',
};

/** Event from its JSON text. */
export function eventOf<M extends Model>(model: M, json: string): EventByModel[M] {
  const value = parseJson(json);
  if (!(value instanceof JsonObject)) throw new TypeError('an event is a JSON object');
  return eventFromJson(model, value);
}

/** A record of the event: topic and offset do not matter to most tests. */
export function recordOf<E extends { readonly kafka_key: string }>(event: E, place: Partial<StreamRecord<E>> = {}): StreamRecord<E> {
  return { topic: 'azul.qa01.s1.binary.sourced', partition: 0, offset: 7, key: event.kafka_key, event, ...place };
}

/** Freezes a value and all that it refers to. */
export function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFrozen(member);
  }
  return value;
}

export interface HistoryLine {
  readonly topic: string;
  readonly key: string;
  /** JSON text, numbers as they stand; null in a tombstone. */
  readonly event: string | null;
}

export interface ExpectedDocument {
  readonly index: string;
  readonly id: string;
  readonly routing: string | null;
  readonly source: unknown;
}

function lines(file: string): string[] {
  return gunzipSync(readFileSync(new URL(file, HISTORY)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
}

export type History = 'history-plain' | 'history-full';

/** A synthetic history in publishing order. */
export function readHistory(name: History): HistoryLine[] {
  return lines(`${name}.jsonl.gz`).map((line) => {
    const members = (parseJson(line) as JsonObject).entries;
    const event = members.get('event') as JsonObject | null;
    return { topic: members.get('topic') as string, key: members.get('key') as string, event: event?.text ?? null };
  });
}

/** The documents that must exist after it. */
export function readExpected(name: History): ExpectedDocument[] {
  return lines(`${name}.expected.jsonl.gz`).map((line) => JSON.parse(line) as ExpectedDocument);
}

/** The body of the only write of a result, as OpenSearch will read it. */
export function onlyBody(result: FoldResult): unknown {
  if (result.writes.length !== 1)
    throw new Error(`expected one write, got ${JSON.stringify(result.refusals)} ${JSON.stringify(result.skips)}`);
  return JSON.parse(documentJson(result.writes[0]!.body));
}
