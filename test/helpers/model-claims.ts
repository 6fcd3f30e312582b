/** The binary events of a log that count: not replaced, not deleted, not expired, with all that inserts derive. Plain loops, see model.ts. */
import { isDeepStrictEqual } from 'node:util';
import type { ProjectionSettings } from '../../projections/settings.js';
import type { StreamRecord } from '../../projections/types.js';
import { STATUS_SUCCESS } from '../../schemas/enums.js';
import { ZERO_TIME, type BinaryEvent, type DeleteEvent, type InsertEvent, type Micros, type StatusEvent } from '../../schemas/events.js';
import { binaryKey, trackingFields, withIdentity } from '../../schemas/identity.js';
import { binaryFault } from '../../schemas/publish-rules.js';
import { kindOfTopic } from '../../streams/topics.js';

/** A record of the log; the event is null in a tombstone. */
export type ModelRecord<E = unknown> = StreamRecord<E>;

/** An event that counts, where it comes from, and the inserts applied on the way. */
export interface Claim {
  readonly record: ModelRecord;
  /** Time of the record's own event. */
  readonly recordTimestamp: Micros;
  readonly event: { readonly kafka_key: string; readonly timestamp: Micros };
  readonly inserts: readonly ModelRecord<InsertEvent>[];
}

export interface BinaryClaim extends Claim {
  readonly event: BinaryEvent;
}

interface Log {
  readonly records: readonly ModelRecord[];
  readonly deletes: readonly DeleteEvent[];
  readonly inserts: readonly ModelRecord<InsertEvent>[];
  readonly settings: ProjectionSettings;
  readonly now: Micros;
}

/** `binary`, or what follows `system.`. */
export function kindOf({ topic }: ModelRecord): string | undefined {
  return kindOfTopic(topic);
}

/** The last record of each key of a partition, unless it is a tombstone; a record that is given twice counts once. */
export function standing(records: readonly ModelRecord[]): ModelRecord[] {
  const isReplaced = (a: ModelRecord): boolean =>
    records.some((b) => b.topic === a.topic && b.partition === a.partition && b.key === a.key && b.offset > a.offset);
  const isAgain = (a: ModelRecord, i: number): boolean =>
    records.findIndex((b) => b.topic === a.topic && b.partition === a.partition && b.offset === a.offset) < i;
  return records.filter((record, i) => record.event !== null && !isReplaced(record) && !isAgain(record, i));
}

/** Whether one of the deletes names the event itself (spec 01 §10.1). */
export function isDeleted(event: BinaryEvent, { deletes }: Pick<Log, 'deletes'>): boolean {
  return deletes.some(({ action, entity: { ids, link, author, submission } }) => {
    if (action === 'ids') return ids.ids.some((id) => id === event.kafka_key);
    if (action === 'link') return event.track_links.some((one) => one === link.track_link);
    if (action === 'author') return event.track_authors.some((one) => one === author.track_author) && event.timestamp < author.timestamp;
    if (action !== 'submission' || submission.track_source_references !== event.track_source_references) return false;
    return submission.timestamp === ZERO_TIME || submission.timestamp === event.source.timestamp;
  });
}

function counts(event: BinaryEvent, log: Log): boolean {
  const { name, path, timestamp } = event.source;
  const expireAfterMs = log.settings.sources.get(name)?.expireAfterMs ?? -1;
  const expired = expireAfterMs > 0 && timestamp + BigInt(expireAfterMs) * 1000n <= log.now;
  return event.kafka_key !== '' && path.length <= 11 && !expired && !isDeleted(event, log);
}

function isParent({ action, entity, source: { path } }: BinaryEvent, { entity: insert }: InsertEvent): boolean {
  const again = path.length >= 2 && path[path.length - 1]!.sha256 === path[path.length - 2]!.sha256;
  const repeats = path.some((node) => isDeepStrictEqual(node, insert.child_history));
  return entity.sha256 === insert.parent_sha256 && ['sourced', 'extracted', 'augmented'].includes(action) && !again && !repeats;
}

function childOf(parent: BinaryEvent, insert: InsertEvent): BinaryEvent {
  const { child, child_history: node } = insert.entity;
  const source = { ...parent.source, path: [...parent.source.path, node] };
  const limit = source.settings?.['remove_at_depth'];
  const removed = limit !== undefined && /^[+-]?\d+$/.test(limit) && source.path.length >= Number(limit);
  return {
    ...parent,
    ...trackingFields(source),
    kafka_key: binaryKey(source),
    timestamp: parent.timestamp < insert.timestamp ? insert.timestamp : parent.timestamp,
    author: node.author,
    action: node.action,
    entity: child,
    source: removed ? { ...source, settings: undefined } : source,
  };
}

/** The event and all that is derived from it, as far as they count. */
function descend(claim: BinaryClaim, log: Log): BinaryClaim[] {
  if (!counts(claim.event, log)) return [];
  const children = log.inserts
    .filter(({ event }) => isParent(claim.event, event))
    .map((insert) => ({ ...claim, event: childOf(claim.event, insert.event), inserts: [...claim.inserts, insert] }))
    .filter(({ event }) => binaryFault(event) === undefined);
  return [claim, ...children.flatMap((child) => descend(child, log))];
}

function binariesOf(record: ModelRecord): BinaryEvent[] {
  if (kindOf(record) !== 'status') return [record.event as BinaryEvent];
  const { status, results } = (record.event as StatusEvent).entity;
  if (!(STATUS_SUCCESS as readonly string[]).includes(status)) return [];
  return results.filter((result) => binaryFault(result) === undefined).map(withIdentity);
}

function logOf(records: readonly ModelRecord[], settings: ProjectionSettings, now: Micros): Log {
  const live = standing(records);
  const deletes = live.filter((record) => kindOf(record) === 'delete').map(({ event }) => event as DeleteEvent);
  const inserts = live.filter((record) => kindOf(record) === 'insert') as ModelRecord<InsertEvent>[];
  return { records: live, deletes, inserts, settings, now };
}

/** Every binary event that counts, derived ones included, whether or not it can become a document. */
export function modelBinaries(records: readonly ModelRecord[], settings: ProjectionSettings, now: Micros): BinaryClaim[] {
  const log = logOf(records, settings, now);
  return log.records
    .filter((record) => ['binary', 'expedite', 'status'].includes(kindOf(record)!))
    .flatMap((record) =>
      binariesOf(record).map((event) => ({ record, event, recordTimestamp: (record.event as BinaryEvent).timestamp, inserts: [] })),
    )
    .flatMap((claim) => descend(claim, log));
}
