import type { Micros } from '../schemas/events.js';
import type { Ancestor, StreamRecord } from './types.js';

/** Where an event comes from: the record, and the inserts applied on the way when it is derived. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly recordKey: string;
  /** Time of the record's own event. */
  readonly recordTimestamp: Micros;
  readonly insertKeys: readonly string[];
  readonly insertOffsets: readonly number[];
  /** Of a derived child: the events that it comes from. */
  readonly lineage: readonly Ancestor[] | undefined;
}

const NONE: readonly never[] = [];

/** Origin of an event that is the record's own, or one of its status results. */
export function recordOrigin(record: StreamRecord<{ readonly timestamp: Micros }>): Origin {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    recordKey: record.key,
    recordTimestamp: record.event.timestamp,
    insertKeys: NONE,
    insertOffsets: NONE,
    lineage: undefined,
  };
}
