/** Everything in the log that is about a binary, or that has a document's id for its key: what contributes, and what does not and why. Reads the whole log. */
import type { BinaryEvent } from '../../schemas/events.js';
import { utcTime } from '../../schemas/time.js';
import { keyText, type RawRecord } from '../../streams/consumer.js';
import type { Decoder } from '../../streams/decode.js';
import { readLog, type LogReaderOptions } from '../../streams/log-reader.js';
import type { StatusResults } from '../../streams/status-results.js';
import type { Family } from '../compare/family.js';
import { readingOf } from '../worker/binding.js';
import type { Target } from './documents.js';
import { authorText, deleteShown, eventShown } from './outcome.js';
import type { EventShown, LoggedEvent, Outcome } from './types.js';

export interface LogSearchDependencies {
  readonly decoder: Decoder;
  readonly logReader: LogReaderOptions;
  readonly onProgress: (done: number, total: number) => void;
}

/** Events in the order of their records, partition by partition. */
export async function searchLog(target: Target, family: Family, deps: LogSearchDependencies): Promise<LoggedEvent[]> {
  const bounds = await family.bounds();
  const ranges = bounds.map(({ topic, partition, low, high }) => ({ topic, partition, from: low, to: high }));
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  /** By the record's topic, partition and key. */
  const found = new Map<string, LoggedEvent[]>();
  let done = 0;
  for await (const records of readLog(ranges, deps.logReader)) {
    for (const record of records) {
      const name = `${record.topic}/${record.partition}/${keyText(record)}`;
      const known = found.get(name) ?? [];
      const events = await eventsOf(record, target, family, deps.decoder);
      if (known.length === 0 && events.length === 0) continue;
      const by = { by_offset: record.offset, by_tombstone: record.value === null || record.value.length === 0 };
      found.set(name, [...known.map((event): LoggedEvent => ({ ...event, outcome: 'overtaken', ...by })), ...events]);
    }
    deps.onProgress((done += records.length), total);
  }
  return [...found.values()].flat().sort(byPosition);
}

function byPosition(a: LoggedEvent, b: LoggedEvent): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || a.offset - b.offset;
}

async function eventsOf(record: RawRecord, target: Target, family: Family, decoder: Decoder): Promise<LoggedEvent[]> {
  const judgement = await family.judge(record);
  if (judgement.kind === 'tombstone') return [];
  const { writes, skips, refusals } = judgement.result;
  const sha256 = target.sha256 ?? target.text.toLowerCase();
  const wanted = (hash: string | undefined): boolean => hash?.toLowerCase() === sha256;
  const events: LoggedEvent[] = writes
    .filter(({ id, routing }) => id === target.text || wanted(routing))
    .map((write) => ({ ...eventShown(write.contribution, write), outcome: 'contributes', documents: [write.id] }));
  const tables = family.tables.current;
  const decoded = new Map(decodedEvents(record, family, decoder).map((event) => [event.kafka_key, event]));
  for (const { eventKey, insertKeys = [], reason, by, author } of skips) {
    const child = insertKeys.length === 0 ? undefined : tables.insert(insertKeys.at(-1)!)?.event.entity.child.sha256;
    if (!wanted(child ?? decoded.get(eventKey)?.entity.sha256) && eventKey !== target.text) continue;
    const outcome: Outcome = reason === 'deleted' ? { outcome: 'deleted', by: deleteShown(tables, by) } : { outcome: 'skipped', reason };
    events.push(notWritten(record, eventKey, insertKeys, decoded.get(eventKey), authorText(author), outcome));
  }
  for (const { class: refusalClass, reason, eventKey } of refusals) {
    const event = decoded.get(eventKey);
    if (!wanted(event?.entity.sha256) && eventKey !== target.text) continue;
    const outcome: Outcome = { outcome: 'refused', class: refusalClass, reason };
    events.push(notWritten(record, eventKey, [], event, event === undefined ? null : authorText(event.author), outcome));
  }
  return events;
}

function notWritten(
  record: RawRecord,
  eventKey: string,
  inserts: readonly string[],
  event: BinaryEvent | undefined,
  author: string | null,
  outcome: Outcome,
): LoggedEvent {
  const { topic, partition, offset } = record;
  const shown: EventShown = {
    ...{ key: keyText(record), event_key: eventKey, topic, partition, offset },
    time: event === undefined ? '' : utcTime(event.timestamp),
    author: event === undefined ? author : authorText(event.author),
    action: event?.action ?? null,
    inserts,
  };
  return { ...shown, ...outcome, documents: [] };
}

/** The binary events that a record holds, as they stand in it. */
function decodedEvents(record: RawRecord, family: Family, decoder: Decoder): readonly BinaryEvent[] {
  const reading = readingOf(family.memberOf(record.topic)!.projection, record.topic);
  if (reading === undefined || (reading.form !== 'binary' && reading.form !== 'status-results')) return [];
  const outcome = decoder.decode(reading.form, record.value);
  if (outcome.kind !== 'event') return [];
  return reading.form === 'binary' ? [outcome.event as BinaryEvent] : (outcome.event as StatusResults).results;
}
