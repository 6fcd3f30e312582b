/**
 * Dead letters: records that can't be folded, with their reason and position, in one compacted topic (spec 00 "Dead letter").
 * Key `<projection>/<topic>/<partition>/<offset>`: a re-delivery replaces the letter, a tombstone takes it away.
 */
import { systemTopic } from './topics.js';

export interface DeadLetter {
  readonly projection: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The record's own key; a string, or undefined for a record without one. */
  readonly recordKey: string | undefined;
  readonly refusalClass: string;
  readonly reason: string;
  /** Partition name of the generation that refused it (`bench`, `bench-g2`, …). */
  readonly generation: string;
  /** Keys of the refused events when they are not the record's own (results of a status). */
  readonly eventKeys: readonly string[];
  /** Keys of the inserts by which refused children were derived. */
  readonly insertKeys: readonly string[];
  /** When it was refused, milliseconds since the epoch. */
  readonly timeMs: number;
  /** The record's bytes; undefined when they were too large to keep: the position tells where they are. */
  readonly value: Buffer | undefined;
}

export interface DeadLetterRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>[];
}

/** Record values up to here are kept in the letter; with headers the record stays under the platform's 3 MiB bound. */
export const MAX_LETTER_VALUE_BYTES = 3 * 1024 * 1024 - 64 * 1024;
const MAX_REASON_LENGTH = 4_000;

export function deadLetterTopic(prefix: string): string {
  return systemTopic(prefix, 'dead-letter');
}

export function deadLetterKey(letter: Pick<DeadLetter, 'projection' | 'topic' | 'partition' | 'offset'>): string {
  return `${letter.projection}/${letter.topic}/${letter.partition}/${letter.offset}`;
}

export function toRecord(letter: DeadLetter): DeadLetterRecord {
  const headers: Record<string, string>[] = [
    { projection: letter.projection },
    { topic: letter.topic },
    { partition: String(letter.partition) },
    { offset: String(letter.offset) },
    { class: letter.refusalClass },
    { reason: letter.reason.slice(0, MAX_REASON_LENGTH) },
    { generation: letter.generation },
    { time: new Date(letter.timeMs).toISOString() },
  ];
  if (letter.recordKey !== undefined) headers.push({ key: letter.recordKey });
  if (letter.eventKeys.length > 0) headers.push({ 'event-keys': letter.eventKeys.join(',') });
  if (letter.insertKeys.length > 0) headers.push({ 'insert-keys': letter.insertKeys.join(',') });
  const kept = letter.value !== undefined && letter.value.length <= MAX_LETTER_VALUE_BYTES;
  if (!kept) headers.push({ truncated: 'true' });
  // An empty value would read as a tombstone: a letter whose record is not kept holds one zero byte, told by `truncated`.
  return { key: deadLetterKey(letter), value: kept ? letter.value : Buffer.from([0]), headers };
}

/** Inverse of `toRecord`; throws with the header's name when one is missing or wrong. */
export function fromRecord(value: Buffer, headers: readonly Readonly<Record<string, string | Buffer>>[]): DeadLetter {
  const map = new Map<string, string>();
  for (const header of headers) for (const [name, text] of Object.entries(header)) map.set(name, text.toString());
  const need = (name: string): string => {
    const text = map.get(name);
    if (text === undefined) throw new Error(`dead letter lacks the header "${name}"`);
    return text;
  };
  const number = (name: string): number => {
    const parsed = Number(need(name));
    if (!Number.isSafeInteger(parsed)) throw new Error(`dead letter header "${name}" is "${need(name)}", expected an integer`);
    return parsed;
  };
  return {
    projection: need('projection'),
    topic: need('topic'),
    partition: number('partition'),
    offset: number('offset'),
    recordKey: map.get('key'),
    refusalClass: need('class'),
    reason: need('reason'),
    generation: need('generation'),
    eventKeys: map.get('event-keys')?.split(',') ?? [],
    insertKeys: map.get('insert-keys')?.split(',') ?? [],
    timeMs: Date.parse(need('time')),
    value: map.get('truncated') === 'true' ? undefined : value,
  };
}
