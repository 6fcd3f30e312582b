/** Dead letters as they are made from records. */
import type { RawRecord } from '../../streams/consumer.js';
import type { DeadLetter } from '../../streams/dead-letter.js';
import type { Rejection } from '../sinks/opensearch-sink.js';

export interface LetterContext {
  readonly projection: string;
  /** Partition name of the generation that refuses. */
  readonly generation: string;
  readonly timeMs: number;
}

/** An event of a record that is refused. */
export interface RefusedEvent {
  readonly eventKey: string;
  /** Of a derived child: keys of the inserts applied. */
  readonly insertKeys?: readonly string[];
}

/** `events`: the refused ones; the record's own key is left out. */
export function letterOf(
  record: RawRecord,
  refusalClass: string,
  reason: string,
  events: readonly RefusedEvent[],
  { projection, generation, timeMs }: LetterContext,
): DeadLetter {
  const recordKey = record.key === null || record.key === undefined ? undefined : record.key.toString();
  return {
    projection,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    recordKey,
    refusalClass,
    reason,
    generation,
    eventKeys: events.map(({ eventKey }) => eventKey).filter((key) => key !== '' && key !== recordKey),
    insertKeys: [...new Set(events.flatMap(({ insertKeys = [] }) => insertKeys))],
    timeMs,
    value: record.value ?? undefined,
  };
}

/** For a contribution that OpenSearch refuses. */
export function letterOfRejection({ contender, type, reason }: Rejection<RawRecord>, context: LetterContext): DeadLetter {
  const { index, id, contribution, record } = contender;
  return letterOf(record, type, `OpenSearch refused ${index}/${id}: ${reason}`, [contribution], context);
}
