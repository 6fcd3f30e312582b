/** Binary events to what they ask for: a write with its contribution, a refusal or a skip. */
import type { BinaryEvent, Micros } from '../../schemas/events.js';
import { folded, skipped, written } from '../fold-result.js';
import { recordOrigin, type Origin } from '../origin.js';
import type { ProjectionSettings } from '../settings.js';
import { binaryTokens } from '../tokens.js';
import type { Contribution, FoldResult, StreamRecord } from '../types.js';
import { isExpired } from './expiry.js';
import { configuredSource, projectBinary } from './project.js';

/** The read path of the peer drops what has more path nodes (spec 01 §10.4). */
export const MAX_PATH_NODES = 11;

function contributionOf(event: BinaryEvent, origin: Origin): Contribution {
  return {
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
}

/**
 * Folds one binary event: a record's own, a status result or a child derived by inserts. `now` is the instant of the batch
 * in µs, against which expiry is tested. Throws only what is a bug.
 */
export function foldBinaryEvent(event: BinaryEvent, origin: Origin, settings: ProjectionSettings, now: Micros): FoldResult {
  if (event.kafka_key === '') return skipped('no-key', '', event.author);
  if (event.source.path.length > MAX_PATH_NODES) return skipped('too-deep', event.kafka_key, event.author);
  return folded(event.kafka_key, () => {
    const source = configuredSource(event, settings);
    if (isExpired(source, event.source.timestamp, now)) return skipped('expired', event.kafka_key, event.author);
    const { index, id, routing, body } = projectBinary(event, source, settings);
    return written({ index, id, routing, body, contribution: contributionOf(event, origin) });
  });
}

/** Folds a record of a binary topic. */
export function foldBinary(record: StreamRecord<BinaryEvent>, settings: ProjectionSettings, now: Micros): FoldResult {
  return foldBinaryEvent(record.event, recordOrigin(record), settings, now);
}
