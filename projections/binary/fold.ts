/** Binary events to what they ask for: writes with their contributions, refusals and skips. */
import type { BinaryEvent, Micros } from '../../schemas/events.js';
import { folded, joined, skipped, written } from '../fold-result.js';
import { recordOrigin, type Origin } from '../origin.js';
import type { InsertEntry } from '../removal/insert-table.js';
import type { Tables } from '../removal/tables.js';
import type { ProjectionSettings } from '../settings.js';
import { binaryTokens } from '../tokens.js';
import type { Ancestor, Contribution, FoldResult, StreamRecord } from '../types.js';
import { childOrigin, deriveChild, insertsFor } from './derive.js';
import { isExpired } from './expiry.js';
import { configuredSource, projectBinary } from './project.js';

/** The read path of the peer drops what has more path nodes (spec 01 §10.4). */
export const MAX_PATH_NODES = 11;

function contributionOf(event: BinaryEvent, origin: Origin): Contribution {
  const contribution: Contribution = {
    topic: origin.topic,
    partition: origin.partition,
    recordKey: origin.recordKey,
    eventKey: event.kafka_key,
    insertKeys: origin.insertKeys,
    offset: origin.offset,
    insertOffsets: origin.insertOffsets,
    timestamp: event.timestamp,
    recordTimestamp: origin.recordTimestamp,
    source: event.source.name,
    sourceTimestamp: event.source.timestamp,
    tokens: binaryTokens(event, origin.recordKey, origin.insertKeys),
  };
  return origin.lineage === undefined ? contribution : withLineage(contribution, origin.lineage);
}

/** A derived child is found by whatever its ancestors are found by: what is deleted has no children. */
function withLineage(contribution: Contribution, lineage: readonly Ancestor[]): Contribution {
  const tokens = new Set(contribution.tokens);
  for (const ancestor of lineage) for (const token of ancestor.tokens) tokens.add(token);
  return { ...contribution, tokens: [...tokens].sort(), lineage };
}

/** What tells a derived child apart in skips and refusals. */
function derivation({ insertKeys }: Origin): { readonly insertKeys?: readonly string[] } {
  return insertKeys.length === 0 ? {} : { insertKeys };
}

/** Why an event counts for nothing, itself and what could be derived from it; undefined when it counts. */
function unfit(event: BinaryEvent, origin: Origin, settings: ProjectionSettings, now: Micros, tables: Tables): FoldResult | undefined {
  if (event.kafka_key === '') return skipped('no-key', event, derivation(origin));
  if (event.source.path.length > MAX_PATH_NODES) return skipped('too-deep', event, derivation(origin));
  const match = tables.deletes.matches(event);
  if (match !== undefined) return skipped('deleted', event, { by: match.deleteKey, ...derivation(origin) });
  const source = settings.sources.get(event.source.name);
  if (source !== undefined && isExpired(source, event.source.timestamp, now)) return skipped('expired', event, derivation(origin));
  return undefined;
}

/** The event's own document, or its refusal. */
function foldOwn(event: BinaryEvent, origin: Origin, settings: ProjectionSettings): FoldResult {
  const result = folded(event.kafka_key, () => {
    const { index, id, routing, body } = projectBinary(event, configuredSource(event, settings), settings);
    return written({ index, id, routing, body, contribution: contributionOf(event, origin) });
  });
  if (result.refusals.length === 0 || origin.insertKeys.length === 0) return result;
  return { ...result, refusals: result.refusals.map((refusal) => ({ ...refusal, ...derivation(origin) })) };
}

/**
 * Folds one binary event and what inserts derive from it: a record's own event, a status result or a derived child. `now` is the
 * instant of the batch in µs, against which expiry is tested. An event that is refused has children all the same; one that is skipped
 * has none. Throws only what is a bug.
 */
export function foldBinaryEvent(event: BinaryEvent, origin: Origin, settings: ProjectionSettings, now: Micros, tables: Tables): FoldResult {
  const skip = unfit(event, origin, settings, now, tables);
  if (skip !== undefined) return skip;
  const own = foldOwn(event, origin, settings);
  const inserts = insertsFor(event, tables.inserts);
  if (inserts.length === 0) return own;
  const foldChild = (insert: InsertEntry): FoldResult => {
    const { event: child, fault } = deriveChild(event, insert.event);
    const from = childOrigin(event, origin, insert);
    return fault === undefined ? foldBinaryEvent(child, from, settings, now, tables) : skipped('invalid-child', child, derivation(from));
  };
  return joined([own, ...inserts.map(foldChild)]);
}

/** Folds a record of a binary topic. */
export function foldBinary(record: StreamRecord<BinaryEvent>, settings: ProjectionSettings, now: Micros, tables: Tables): FoldResult {
  return foldBinaryEvent(record.event, recordOrigin(record), settings, now, tables);
}
