/** The control topic: read whole, followed, and written to. Whoever writes reads its own record back before going on. */
import type { Logger } from 'pino';
import { createTopicAdmin } from '../../streams/admin.js';
import { followTopics } from '../../streams/follow-topics.js';
import { createProducer } from '../../streams/producer.js';
import { topicPolicy } from '../../streams/topic-policies.js';
import { systemTopic } from '../../streams/topics.js';
import type { KafkaConfig } from '../config/index.js';
import { messageOf, MetafoldError } from '../errors.js';
import { ControlState, type ControlRecord } from './control-record.js';

export interface ControlTopic {
  /** As far as it was read; it changes while the topic is followed. */
  readonly state: ControlState;
  /** Reads to the end that the topic has now. */
  catchUp(): Promise<void>;
  /** Resolves when the records are durable and part of `state`, and so is whatever others wrote before them. */
  write(records: readonly ControlRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface ControlOptions {
  readonly kafka: KafkaConfig;
  /** Base partition. */
  readonly partition: string;
  readonly log: Logger;
}

/** Makes the topic if it is missing and reads it to its end. Throws MF_KAFKA. */
export async function openControl({ kafka, partition, log }: ControlOptions): Promise<ControlTopic> {
  const { brokers, client, topicPrefix } = kafka;
  const topic = systemTopic(topicPrefix, 'projection-control');
  const state = new ControlState(partition);
  try {
    await ensureTopic(topic, kafka);
    const follower = await followTopics({
      brokers,
      client,
      topics: [topic],
      missing: 'refuse',
      onRecord({ key, value, offset }) {
        try {
          state.apply({ key: String(key), value: value === null || value.length === 0 ? null : value.toString() });
        } catch (error) {
          log.error({ err: error, topic, offset }, 'control record is passed over');
        }
      },
      onError: (error) => log.warn({ err: error, topic }, 'Kafka client'),
    });
    await follower.catchUp();
    return {
      state,
      catchUp: () => follower.catchUp().catch(kafkaFailure),
      async write(records) {
        await writeAll(
          records.map((record) => ({ topic, ...record })),
          kafka,
        ).catch(kafkaFailure);
        await follower.catchUp().catch(kafkaFailure);
      },
      close: () => follower.close(),
    };
  } catch (error) {
    return kafkaFailure(error);
  }
}

function kafkaFailure(error: unknown): never {
  throw error instanceof MetafoldError ? error : new MetafoldError('MF_KAFKA', `control topic: ${messageOf(error)}`, {}, { cause: error });
}

async function ensureTopic(topic: string, { brokers, client }: KafkaConfig): Promise<void> {
  const admin = createTopicAdmin({ brokers, client });
  try {
    // One partition: records of different keys have an order. -1: the broker's own default number of replicas.
    await admin.createTopic({ topic, partitions: 1, replication: -1, config: topicPolicy(topic)! });
  } finally {
    admin.close();
  }
}

/** A few records in a lifetime: a producer of its own each time. */
async function writeAll(records: readonly (ControlRecord & { readonly topic: string })[], { brokers, client }: KafkaConfig): Promise<void> {
  const producer = createProducer({ brokers, client, lingerMs: 0 });
  try {
    await producer.start();
    for (const { topic, key, value } of records) await producer.send({ topic, key, value: value === null ? null : Buffer.from(value) });
    await producer.flush();
  } finally {
    await producer.close();
  }
}
