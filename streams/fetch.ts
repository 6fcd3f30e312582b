/** Reads single records by position: how the exact original event behind a contribution is found again. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { Message } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import type { KafkaClientSettings, RawRecord } from './consumer.js';
import type { TopicPartitionOffset } from './offsets.js';

export interface RecordFetcher {
  /**
   * The record at exactly this position, or undefined when the log no longer holds it (compacted, or behind the first offset).
   * Rejects when no answer came in time. Calls are served one after the other.
   */
  fetch(position: TopicPartitionOffset): Promise<RawRecord | undefined>;
  close(): Promise<void>;
}

const FETCH_TIMEOUT_MS = 30_000;
const POLL_MS = 5;

export function createRecordFetcher(brokers: string, client: KafkaClientSettings, clientId: string): RecordFetcher {
  let connected: Promise<void> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let ended = false;
  const consumer = new Kafka.KafkaConsumer(
    {
      ...client,
      'metadata.broker.list': brokers,
      'group.id': clientId,
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'queued.max.messages.kbytes': 4_096,
      'queued.min.messages': 1,
      'fetch.queue.backoff.ms': 1,
      'fetch.wait.max.ms': 10,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  consumer.setDefaultConsumeTimeout(0);
  consumer.on('partition.eof', () => (ended = true));

  function connect(): Promise<void> {
    return (connected ??= new Promise((resolve, reject) => {
      consumer.connect({ timeout: FETCH_TIMEOUT_MS }, (error) => (error ? reject(new Error(error.message)) : resolve()));
    }));
  }

  async function read(position: TopicPartitionOffset): Promise<RawRecord | undefined> {
    await connect();
    ended = false;
    consumer.assign([{ ...position }]);
    try {
      const deadline = Date.now() + FETCH_TIMEOUT_MS;
      while (Date.now() < deadline) {
        const records = await new Promise<Message[]>((resolve, reject) => {
          consumer.consume(1, (error, list) => (error ? reject(new Error(error.message)) : resolve(list)));
        });
        const [record] = records;
        if (record) return record.offset === position.offset ? record : undefined;
        if (ended) return undefined;
        await sleep(POLL_MS);
      }
      throw new Error(`no record of ${position.topic}/${position.partition} at ${position.offset} within ${FETCH_TIMEOUT_MS} ms`);
    } finally {
      consumer.unassign();
    }
  }

  return {
    fetch(position) {
      const result = turn.then(() => read(position));
      turn = result.catch(() => undefined);
      return result;
    },
    async close() {
      if (!connected) return;
      await turn;
      // The library crashes when a client that was never connected is disconnected.
      if (!consumer.isConnected()) return;
      await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
    },
  };
}
