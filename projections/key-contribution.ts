import type { EventAuthor, Micros } from '../schemas/events.js';
import { keyTokens } from './tokens.js';
import type { Contribution, StreamRecord } from './types.js';

/** The header that status, plugin and download events share. */
export interface KeyedEvent {
  readonly model_version: number;
  readonly kafka_key: string;
  readonly timestamp: Micros;
  readonly author: EventAuthor;
}

/** The contribution of an event that no delete but one of its key can match. */
export function keyContribution(record: StreamRecord<KeyedEvent>): Contribution {
  const { event } = record;
  return {
    topic: record.topic,
    partition: record.partition,
    recordKey: record.key,
    eventKey: event.kafka_key,
    insertKeys: [],
    offset: record.offset,
    insertOffsets: [],
    timestamp: event.timestamp,
    recordTimestamp: event.timestamp,
    source: undefined,
    sourceTimestamp: undefined,
    tokens: keyTokens(record.key, event.kafka_key),
  };
}
