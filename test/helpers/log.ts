/** What happens to a log over time, made to happen now: retention and compaction. */
import Kafka from '@confluentinc/kafka-javascript';
import type { IAdminClient, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { createTopicAdmin } from '../../streams/admin.js';
import { createRecordFetcher } from '../../streams/fetch.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';
import { createProducer } from '../../streams/producer.js';
import { waitFor } from './wait-for.js';

/** A compacted topic whose records are cleaned as soon as the broker gets to it. */
export async function createQuicklyCompactedTopic(brokers: string, topic: string): Promise<void> {
  const admin = createTopicAdmin({ brokers, client: {} });
  try {
    await admin.createTopic({
      topic,
      partitions: 1,
      replication: 1,
      config: { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.001', 'max.message.bytes': '4194304' },
    });
  } finally {
    admin.close();
  }
}

/** Moves the first offset of a partition, as retention does. */
export async function deleteRecordsBefore(brokers: string, position: TopicPartitionOffset): Promise<void> {
  const admin: IAdminClient = Kafka.AdminClient.create({ 'metadata.broker.list': brokers });
  try {
    await new Promise<void>((resolve, reject) => {
      const done = (error: LibrdKafkaError | null): void => (error ? reject(new Error(error.message)) : resolve());
      admin.deleteRecords([position], { timeout: 10_000 }, done);
    });
  } finally {
    admin.disconnect();
  }
}

/** Writes to the topic until the broker has compacted the record at a position away; a later record of its key must stand. */
export async function waitForCompaction(brokers: string, position: TopicPartitionOffset): Promise<void> {
  const producer = createProducer({ brokers, client: {}, lingerMs: 0 });
  const fetcher = createRecordFetcher(brokers, {}, 'test-compaction');
  try {
    await producer.start();
    await waitFor(
      async () => {
        // The segment that is written to is never cleaned: something has to begin a new one.
        await producer.send({ topic: position.topic, key: 'filler', value: null });
        await producer.flush();
        return (await fetcher.fetch(position)) === undefined;
      },
      { timeoutMs: 120_000, what: `compaction of ${position.topic} at ${String(position.offset)}`, intervalMs: 500 },
    );
  } finally {
    await producer.close();
    await fetcher.close();
  }
}
