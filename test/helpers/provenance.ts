/** What provenance must tell a caller of a log, worked out from the records that were published, by the model (see model.ts). */
import type { ProjectionSettings } from '../../projections/settings.js';
import type { BinaryEvent, DeleteEvent, DownloadEvent, EventAuthor, EventSource, StatusEvent } from '../../schemas/events.js';
import { eventToJson } from '../../schemas/json-form.js';
import { utcTime } from '../../schemas/time.js';
import { loadConfig } from '../../src/config/index.js';
import { parseLine } from '../../src/publish/line.js';
import { keyText } from '../../streams/consumer.js';
import { readTopic } from '../../streams/read-topic.js';
import { sees, type CallerName } from './api.js';
import type { StoredDocument } from './api-history.js';
import type { Arena } from './arena.js';
import { isDeleted, kindOf, standing } from './model-claims.js';
import { modelDocuments } from './model.js';
import type { Claim, ModelDocument, ModelRecord } from './model.js';
import { asRead } from './placed-records.js';
import { testStack } from './stack.js';

export interface Contribution {
  readonly key: string;
  readonly recordKey?: string;
  readonly insertKeys?: readonly string[];
  readonly position?: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly timestamp: string;
  readonly state: 'winner' | 'loser' | 'compacted' | 'deleted';
  readonly event?: unknown;
  readonly delete?: { readonly key: string; readonly timestamp: string; readonly action: string };
}

export interface Provenance {
  readonly sha256: string;
  readonly documents: readonly { readonly id: string; readonly contributions: readonly Contribution[]; readonly complete: boolean }[];
  readonly timeline: readonly {
    readonly timestamp: string;
    readonly document: string;
    readonly key: string;
    readonly action?: string;
    readonly author?: object;
    readonly state: string;
  }[];
  readonly after?: string;
}

/** The records of published lines with the positions that the log gave them. */
export async function placedRecords(lines: readonly string[]): Promise<ModelRecord[]> {
  const published = lines.map(parseLine);
  const offsets = new Map<string, { readonly partition: number; readonly offset: number }[]>();
  for (const topic of new Set(published.map((line) => line.topic))) {
    await readTopic(testStack().brokers, {}, topic, (record) => {
      const name = `${topic} ${keyText(record)}`;
      offsets.set(name, [...(offsets.get(name) ?? []), { partition: record.partition, offset: record.offset }]);
    });
  }
  // A history that was published twice stands twice: the last ones count.
  return [...published]
    .reverse()
    .map(({ topic, key, event }) => asRead({ topic, key, event: event ?? null, ...offsets.get(`${topic} ${key}`)!.pop()! }))
    .reverse();
}

export async function modelSettings({ environment, partition }: Arena): Promise<ProjectionSettings> {
  const { security, sources, statusPartitionUnit } = await loadConfig(environment, { need: ['security'] });
  return { partition, security, sources, statusPartitionUnit };
}

/** A document of the model with its own labels. */
export interface ProvenDocument extends ModelDocument {
  readonly sha256: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export function provenDocuments(records: readonly ModelRecord[], settings: ProjectionSettings): ProvenDocument[] {
  return [...modelDocuments(records, settings, BigInt(Date.now()) * 1000n).values()].flatMap((document) => {
    const body = JSON.parse(document.source) as Readonly<Record<string, unknown>>;
    const input = (body['entity'] as { input?: { entity: { sha256?: string } } } | undefined)?.input?.entity.sha256;
    const sha256 = document.routing ?? input?.toLowerCase();
    return document.winner === undefined || sha256 === undefined ? [] : [{ ...document, sha256, body }];
  });
}

export type LogEvent = BinaryEvent | StatusEvent | DownloadEvent;

function combined({ security }: ProjectionSettings, author: EventAuthor, source: EventSource): unknown {
  const labels = [author.security, source.security, ...source.path.map((node) => node.author.security)];
  try {
    return security.encode(security.combine(labels.map((label) => label || security.settings.default)));
  } catch {
    return undefined;
  }
}

/** Whether an event may be read by its own label. */
export function seesEvent(caller: CallerName, event: LogEvent, settings: ProjectionSettings): boolean {
  const source = 'source' in event ? event.source : event.entity.input.source;
  const encoded = combined(settings, event.author, source);
  return encoded !== undefined && sees(caller, { source: { encoded_security: encoded } } as unknown as StoredDocument);
}

export interface Viewer {
  readonly caller: CallerName;
  readonly settings: ProjectionSettings;
  readonly deletes: readonly DeleteEvent[];
}

export function deletesOf(records: readonly ModelRecord[]): DeleteEvent[] {
  return standing(records)
    .filter((record) => kindOf(record) === 'delete')
    .map(({ event }) => event as DeleteEvent);
}

function modelOf(event: LogEvent): 'binary' | 'status' | 'download' {
  if ('hash' in event.entity) return 'download';
  return 'input' in event.entity ? 'status' : 'binary';
}

/** The JSON form; undefined where a status holds what the viewer may not see. */
function shownEvent(event: LogEvent, { caller, settings, deletes }: Viewer): unknown {
  const model = modelOf(event);
  if (model === 'status') {
    const { input, results } = (event as StatusEvent).entity;
    if ([input, ...results].some((one) => isDeleted(one, { deletes }) || !seesEvent(caller, one, settings))) return undefined;
  }
  return JSON.parse(eventToJson(model, event as never));
}

function contributionOf({ record, event, inserts }: Claim, state: Contribution['state'], viewer: Viewer): Contribution {
  const { topic, partition, offset, key } = record;
  const shown = shownEvent(event as LogEvent, viewer);
  const derived = record.event !== event;
  const known = !derived || seesEvent(viewer.caller, record.event as LogEvent, viewer.settings);
  return {
    key: event.kafka_key,
    ...(known && key !== event.kafka_key && { recordKey: key }),
    ...(inserts.length > 0 && { insertKeys: inserts.map((insert) => insert.key) }),
    ...(known && { position: { topic, partition, offset } }),
    timestamp: utcTime(event.timestamp),
    state,
    ...(shown !== undefined && { event: shown }),
  };
}

/** By id: what the viewer must be told of a binary whose documents are all up to date. */
export function expectedContributions(
  documents: readonly ProvenDocument[],
  sha256: string,
  viewer: Viewer,
): Map<string, readonly Contribution[]> {
  const expected = new Map<string, readonly Contribution[]>();
  for (const document of documents) {
    if (document.sha256 !== sha256 || !sees(viewer.caller, { source: document.body } as unknown as StoredDocument)) continue;
    const contributions = document.claims
      .map((claim, at) => ({ claim, state: at === 0 ? ('winner' as const) : ('loser' as const) }))
      .filter(({ claim }) => seesEvent(viewer.caller, claim.event as LogEvent, viewer.settings))
      .map(({ claim, state }) => contributionOf(claim, state, viewer));
    expected.set(document.id, contributions);
  }
  return expected;
}
