/** The dead letters that stand: the topic read to its end, tombstones applied. */
import { deadLetterKey, deadLetterTopic, fromRecord, type DeadLetter } from '../../streams/dead-letter.js';
import { readTopic } from '../../streams/read-topic.js';
import type { KafkaConfig } from '../config/index.js';

export interface LetterSelection {
  /** `topic/partition/offset`, or a whole key `projection/topic/partition/offset`; none = all positions. */
  readonly positions: readonly string[];
  /** Part of the class or reason. */
  readonly reason?: string | undefined;
  readonly projection?: string | undefined;
}

/** All letters in the order of projection, topic, partition, offset. A letter that can't be read is told through `onBroken`. */
export async function readDeadLetters(
  { brokers, client, topicPrefix }: KafkaConfig,
  onBroken: (message: string) => void,
): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>();
  await readTopic(brokers, client, deadLetterTopic(topicPrefix), ({ key, value, headers = [], partition, offset }) => {
    const name = String(key);
    if (value === null || value.length === 0) return void letters.delete(name);
    try {
      const letter = fromRecord(value, headers);
      letters.set(deadLetterKey(letter), letter);
    } catch (error) {
      onBroken(`letter at ${partition}/${offset}: ${String(error)}`);
    }
  });
  return [...letters.values()].sort(byPosition);
}

export function selectLetters(letters: readonly DeadLetter[], { positions, reason, projection }: LetterSelection): DeadLetter[] {
  const wanted = new Set(positions);
  return letters.filter(
    (letter) =>
      (wanted.size === 0 || wanted.has(positionOf(letter)) || wanted.has(deadLetterKey(letter))) &&
      (projection === undefined || letter.projection === projection) &&
      (reason === undefined || letter.refusalClass === reason || letter.reason.includes(reason)),
  );
}

/** `topic/partition/offset` of the record. */
export function positionOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}/${partition}/${offset}`;
}

function byPosition(a: DeadLetter, b: DeadLetter): number {
  const [x, y] = [`${a.projection}/${a.topic}`, `${b.projection}/${b.topic}`];
  if (x !== y) return x < y ? -1 : 1;
  return a.partition - b.partition || a.offset - b.offset;
}
