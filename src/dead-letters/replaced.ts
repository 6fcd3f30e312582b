/**
 * Letters of records that a later record of their key has replaced. Children of a refused parent are folded from its letter when an insert arrives, so
 * such a letter has to go: what it holds counts no longer.
 */
import type { Logger } from 'pino';
import type { KafkaClientSettings } from '../../streams/consumer.js';
import { deadLetterKey, deadLetterTopic, fromRecord } from '../../streams/dead-letter.js';
import { followTopics } from '../../streams/follow-topics.js';

/** A record that replaces the earlier ones of its key in its partition. */
export interface ReplacingRecord {
  readonly topic: string;
  readonly partition: number;
  /** Empty for a record without one. */
  readonly recordKey: string;
  readonly offset: number;
}

export interface LetterIndex {
  /** Keys of the letters that stand now and are of earlier records of the same keys. Rejects when the broker does not answer. */
  replacedBy(projection: string, records: readonly ReplacingRecord[]): Promise<string[]>;
  close(): Promise<void>;
}

export interface LetterIndexOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly topicPrefix: string;
  readonly log: Logger;
}

function recordName(projection: string, { topic, partition, recordKey }: Omit<ReplacingRecord, 'offset'>): string {
  return JSON.stringify([projection, topic, partition, recordKey]);
}

/** Positions of letters, by the records that they are of; kept as long as the letters stand. */
export class LetterPositions {
  private readonly names = new Map<string, string>();
  private readonly offsets = new Map<string, Map<string, number>>();

  set(letterKey: string, projection: string, record: ReplacingRecord): void {
    const name = recordName(projection, record);
    this.names.set(letterKey, name);
    const letters = this.offsets.get(name) ?? new Map<string, number>();
    this.offsets.set(name, letters.set(letterKey, record.offset));
  }

  delete(letterKey: string): void {
    const name = this.names.get(letterKey);
    if (name === undefined) return;
    this.names.delete(letterKey);
    const letters = this.offsets.get(name)!;
    letters.delete(letterKey);
    if (letters.size === 0) this.offsets.delete(name);
  }

  before(projection: string, record: ReplacingRecord): string[] {
    const letters = this.offsets.get(recordName(projection, record)) ?? [];
    return [...letters].filter(([, offset]) => offset < record.offset).map(([letterKey]) => letterKey);
  }
}

/** Reads the letters' positions and follows them. Rejects when the broker does not answer. */
export async function openLetterIndex({ brokers, client, topicPrefix, log }: LetterIndexOptions): Promise<LetterIndex> {
  const positions = new LetterPositions();
  const follower = await followTopics({
    brokers,
    client,
    topics: [deadLetterTopic(topicPrefix)],
    missing: 'wait',
    onRecord: ({ key, value, headers = [] }) => {
      if (value === null || value.length === 0) {
        positions.delete(String(key));
        return;
      }
      try {
        const letter = fromRecord(value, headers);
        positions.set(deadLetterKey(letter), letter.projection, { ...letter, recordKey: letter.recordKey ?? '' });
      } catch (error) {
        log.warn({ err: error, key: String(key) }, 'letter cannot be read');
      }
    },
    onError: (error) => log.warn({ err: error }, 'Kafka client'),
  });
  return {
    async replacedBy(projection, records) {
      await follower.catchUp();
      return records.flatMap((record) => positions.before(projection, record));
    },
    close: () => follower.close(),
  };
}
