/** Reads a small topic from its beginning and goes on with what comes: for topics that are state, such as the control topic. No group. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { Message, Metadata, WatermarkOffsets } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import type { KafkaClientSettings } from './consumer.js';

export interface FollowOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly topic: string;
  /** Called for each record, in the order of its partition. */
  readonly onRecord: (record: Message) => void;
  /** Errors that the client recovers from by itself (broker away, and so on). */
  readonly onError: (error: Error) => void;
}

export interface TopicFollower {
  /** Resolves when everything that the topic holds at the time of the call was handed over. Rejects when the broker does not answer for 30 s. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
const BATCH = 1_000;
const POLL_MS = 50;
const FROM_BEGINNING = -2;

/** Resolves once it reads; the topic must exist. Rejects when the broker does not answer. */
export async function followTopic({ brokers, client, topic, onRecord, onError }: FollowOptions): Promise<TopicFollower> {
  const consumer = new Kafka.KafkaConsumer(
    {
      ...client,
      'metadata.broker.list': brokers,
      'group.id': `metafold-follow-${process.pid}`,
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'queued.max.messages.kbytes': 4_096,
      'fetch.wait.max.ms': 100,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  /** Next offsets to be handed over, by partition. */
  const reached = new Map<number, number>();
  const ends: { readonly partition: number; readonly offset: number }[] = [];
  let closing = false;
  consumer.setDefaultConsumeTimeout(0);
  consumer.on('event.error', (error) => onError(new Error(error.message)));
  consumer.on('partition.eof', (end) => ends.push(end));
  await call<unknown>((done) => void consumer.connect({ timeout: TIMEOUT_MS }, done));
  const partitions = await partitionsOf(consumer, topic);
  consumer.assign(partitions.map((partition) => ({ topic, partition, offset: FROM_BEGINNING })));
  const reading = read();

  async function read(): Promise<void> {
    while (!closing) {
      const records = await call<Message[]>((done) => consumer.consume(BATCH, done)).catch((error: unknown): Message[] => {
        onError(error as Error);
        return [];
      });
      for (const record of records) {
        onRecord(record);
        reached.set(record.partition, record.offset + 1);
      }
      // An end may be told before the records in front of it are handed over.
      for (const { partition, offset } of ends.splice(0)) reached.set(partition, Math.max(offset, reached.get(partition) ?? 0));
      if (records.length === 0) await sleep(POLL_MS);
    }
  }

  return {
    async catchUp() {
      const deadline = Date.now() + TIMEOUT_MS;
      for (const partition of partitions) {
        const { highOffset } = await call<WatermarkOffsets>(
          (done) => void consumer.queryWatermarkOffsets(topic, partition, TIMEOUT_MS, done),
        );
        while (highOffset > 0 && (reached.get(partition) ?? 0) < highOffset) {
          if (Date.now() > deadline) throw new Error(`topic ${topic}: end ${highOffset} was not reached within ${TIMEOUT_MS} ms`);
          await sleep(POLL_MS / 5);
        }
      }
    },
    async close() {
      closing = true;
      await reading;
      await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
    },
  };
}

async function partitionsOf(consumer: InstanceType<typeof Kafka.KafkaConsumer>, topic: string): Promise<number[]> {
  // All topics, not this one: asking for a topic by name may create it where the broker allows that.
  const metadata = await call<Metadata>((done) => void consumer.getMetadata({ allTopics: true, timeout: TIMEOUT_MS }, done));
  const found = metadata.topics.find(({ name }) => name === topic)?.partitions.map(({ id }) => id) ?? [];
  if (found.length === 0) throw new Error(`topic ${topic} does not exist`);
  return found;
}

/** One request as a promise; the client reports plain objects as errors. */
function call<T>(request: (done: (error: { message: string } | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    request((error, result) => (error ? reject(error instanceof Error ? error : new Error(error.message)) : resolve(result)));
  });
}
