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

/** `eventKeys`: of the refused events; the record's own is left out. */
export function letterOf(
  record: RawRecord,
  refusalClass: string,
  reason: string,
  eventKeys: readonly string[],
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
    eventKeys: eventKeys.filter((key) => key !== '' && key !== recordKey),
    timeMs,
    value: record.value ?? undefined,
  };
}

/** For a contribution that OpenSearch refuses. */
export function letterOfRejection({ contender, type, reason }: Rejection<RawRecord>, context: LetterContext): DeadLetter {
  const { index, id, contribution, record } = contender;
  return letterOf(record, type, `OpenSearch refused ${index}/${id}: ${reason}`, [contribution.eventKey], context);
}
