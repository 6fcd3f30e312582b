/** Commits of offsets on librdkafka's own interface. */
import Kafka from '@confluentinc/kafka-javascript';
import type { KafkaConsumer, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { asError } from './client-error.js';
import type { KafkaClientSettings } from './consumer.js';
import type { TopicPartitionOffset } from './offsets.js';

/** Resolves when the broker has stored the offsets for the consumer's group; rejects with what it answered. */
export function commitOffsets(consumer: KafkaConsumer, offsets: readonly TopicPartitionOffset[]): Promise<void> {
  // Missing from the declarations; the callback form is the only one that neither blocks nor guesses.
  const committing = consumer as unknown as {
    commitCb(list: readonly TopicPartitionOffset[], done: (error: LibrdKafkaError | null) => void): void;
  };
  return new Promise((resolve, reject) => {
    committing.commitCb(offsets, (error) => (error ? reject(asError(error)) : resolve()));
  });
}

export interface GroupCommitOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  /** A group without members: the broker refuses who is none of a group that has some. */
  readonly groupId: string;
  readonly offsets: readonly TopicPartitionOffset[];
}

const TIMEOUT_MS = 10_000;

/**
 * Commits for a group that nobody reads with, by a client of its own that ends with it: some milliseconds, and no thread that stays. Rejects when the
 * broker refuses or does not answer.
 */
export async function commitForGroup({ brokers, client, groupId, offsets }: GroupCommitOptions): Promise<void> {
  const consumer = new Kafka.KafkaConsumer(
    { ...client, 'metadata.broker.list': brokers, 'group.id': groupId, 'enable.auto.commit': false },
    {},
  );
  // What fails for good is told by the commit.
  consumer.on('event.error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? reject(asError(error)) : resolve()));
  });
  try {
    await commitOffsets(consumer, offsets);
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}
