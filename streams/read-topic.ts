/** Reads a topic from its beginning to the end that it has now: tables, control and dead-letter topics. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { Message, Metadata } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import type { KafkaClientSettings } from './consumer.js';

export type KeptRecord = Message & { readonly key: Buffer | string };

const TIMEOUT_MS = 30_000;
const BATCH = 1_000;
const POLL_MS = 10;

/**
 * Calls `onRecord` for each record with its offset in partition order. A topic that does not exist reads as empty.
 * Rejects when the broker stops answering for 30 s.
 */
export async function readTopic(
  brokers: string,
  client: KafkaClientSettings,
  topic: string,
  onRecord: (record: Message) => void,
): Promise<void> {
  const consumer = new Kafka.KafkaConsumer(
    {
      ...client,
      'metadata.broker.list': brokers,
      'group.id': `metafold-read-${process.pid}`,
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'queued.max.messages.kbytes': 16_384,
      'fetch.wait.max.ms': 10,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  consumer.setDefaultConsumeTimeout(0);
  const ended = new Set<number>();
  consumer.on('partition.eof', ({ partition }) => ended.add(partition));
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? reject(new Error(error.message)) : resolve()));
  });
  try {
    const partitions = await partitionsOf(consumer, topic);
    if (partitions.length === 0) return;
    consumer.assign(partitions.map((partition) => ({ topic, partition, offset: -2 })));
    let lastProgress = performance.now();
    while (ended.size < partitions.length) {
      const before = ended.size;
      const records = await new Promise<Message[]>((resolve, reject) => {
        consumer.consume(BATCH, (error, list) => (error ? reject(new Error(error.message)) : resolve(list)));
      });
      for (const record of records) onRecord(record);
      if (records.length > 0 || ended.size > before) lastProgress = performance.now();
      else if (performance.now() - lastProgress > TIMEOUT_MS) throw new Error(`topic ${topic}: no answer for ${TIMEOUT_MS} ms`);
      else await sleep(POLL_MS);
    }
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}

/** Partitions of a topic; none when there is no such topic. */
async function partitionsOf(consumer: InstanceType<typeof Kafka.KafkaConsumer>, topic: string): Promise<number[]> {
  const metadata = await new Promise<Metadata>((resolve, reject) => {
    // All topics, not this one: asking for a topic by name may create it where the broker allows that.
    consumer.getMetadata({ allTopics: true, timeout: TIMEOUT_MS }, (error, answer) =>
      error ? reject(new Error(error.message)) : resolve(answer),
    );
  });
  return metadata.topics.find(({ name }) => name === topic)?.partitions.map(({ id }) => id) ?? [];
}
