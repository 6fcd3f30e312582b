/** Makes dead letters durable. Letters that come while a batch is under way form the next one; a batch that fails is sent again, without end. */
import type { Logger } from 'pino';
import { deadLetterTopic, toRecord, type DeadLetter } from '../../streams/dead-letter.js';
import type { KafkaClientSettings } from '../../streams/consumer.js';
import { createProducer, type OutgoingRecord, type RecordProducer } from '../../streams/producer.js';
import { createTopicAdmin } from '../../streams/admin.js';
import { topicPolicy } from '../../streams/topic-policies.js';
import { Backoff } from '../sinks/backoff.js';

export interface Parking {
  /** Resolves when the letters are durable; rejects only when the parking is closed meanwhile. */
  park(letters: readonly DeadLetter[]): Promise<void>;
  /** Takes letters away: tombstones by key. */
  remove(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface ParkingOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly topicPrefix: string;
  readonly log: Logger;
}

/** Creates the topic if it is missing. */
export async function openParking({ brokers, client, topicPrefix, log }: ParkingOptions): Promise<Parking> {
  const topic = deadLetterTopic(topicPrefix);
  await ensureTopic(topic, brokers, client);
  const closed = new AbortController();
  let producer: RecordProducer | undefined;
  let gathering: { records: OutgoingRecord[]; done: Promise<void> } | undefined;
  let running: Promise<void> = Promise.resolve();

  async function connected(): Promise<RecordProducer> {
    const opened = createProducer({ brokers, client, lingerMs: 5, onError: (error) => log.warn({ err: error }, 'dead-letter producer') });
    await opened.start();
    return opened;
  }

  async function sendAll(records: readonly OutgoingRecord[]): Promise<void> {
    const backoff = new Backoff();
    for (;;) {
      closed.signal.throwIfAborted();
      try {
        await attempt((producer ??= await connected()), records);
        return;
      } catch (error) {
        log.error({ err: error, letters: records.length }, 'dead letters are not durable yet, sending again');
        // A client that has failed may be beyond help (see lost-brokers.ts): the next attempt gets a new one.
        await producer?.close();
        producer = undefined;
        await backoff.wait(closed.signal);
      }
    }
  }

  function enqueue(records: readonly OutgoingRecord[]): Promise<void> {
    if (gathering) {
      gathering.records.push(...records);
      return gathering.done;
    }
    const batch = { records: [...records], done: Promise.resolve() };
    gathering = batch;
    batch.done = running
      .catch(() => undefined)
      .then(() => {
        gathering = undefined;
        return sendAll(batch.records);
      });
    running = batch.done;
    return batch.done;
  }

  return {
    park: (letters) => enqueue(letters.map((letter) => ({ topic, ...toRecord(letter) }))),
    remove: async (keys) => {
      if (keys.length > 0) await enqueue(keys.map((key) => ({ topic, key, value: null })));
    },
    async close() {
      closed.abort();
      await running.catch(() => undefined);
      await producer?.close();
    },
  };
}

async function attempt(producer: RecordProducer, records: readonly OutgoingRecord[]): Promise<void> {
  for (const record of records) await producer.send(record);
  await producer.flush();
}

async function ensureTopic(topic: string, brokers: string, client: KafkaClientSettings): Promise<void> {
  const admin = createTopicAdmin({ brokers, client });
  try {
    // -1: the broker's own default number of replicas.
    await admin.createTopic({ topic, partitions: 1, replication: -1, config: topicPolicy(topic)! });
  } finally {
    admin.close();
  }
}
