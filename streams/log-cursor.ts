/**
 * Reads any partitions from any positions, without a group: nobody's offsets are touched, and what is read may change while it is read.
 * Memory is bounded by the client's queue; who does not poll is not fed.
 */
import Kafka from '@confluentinc/kafka-javascript';
import type { KafkaConsumer } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings, Poll } from './consumer.js';
import { createRenewal, disconnect, TELL_BROKERS } from './lost-brokers.js';
import type { TopicPartitionOffset } from './offsets.js';

export interface LogCursorOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  /** Upper bound of records fetched ahead, in kilobytes. */
  readonly queuedKilobytes: number;
  /** Errors that the client recovers from by itself (broker away, and so on). */
  readonly onError: (error: Error) => void;
  /** Another client has taken the place of one that had lost its brokers: it reads nothing until `assign`. */
  readonly onRenewed: () => void;
}

export interface LogCursor {
  /** Resolves once the broker has answered. */
  start(): Promise<void>;
  /** From now on reads these partitions from these offsets, and nothing else. */
  assign(positions: readonly TopicPartitionOffset[]): void;
  /** At most `max` records that are at hand; does not wait for more. Records polled before an `assign` may stand beside its own. */
  poll(max: number): Promise<Poll>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 30_000;

export function createLogCursor({ brokers, client, queuedKilobytes, onError, onRenewed }: LogCursorOptions): LogCursor {
  let ends: TopicPartitionOffset[] = [];
  const trouble = clientTrouble({ who: 'log cursor', onError });
  const renewal = createRenewal({
    ...{ who: 'a log cursor', open, connect, end: disconnect, onError },
    isCurrent: (one) => one === consumer,
    replace(found) {
      consumer = found;
      ends = [];
      onRenewed();
    },
  });
  let consumer = open();

  function open(): KafkaConsumer {
    const opened = new Kafka.KafkaConsumer(
      {
        ...client,
        ...TELL_BROKERS,
        'metadata.broker.list': brokers,
        'group.id': `metafold-cursor-${process.pid}`,
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        'enable.partition.eof': true,
        'queued.max.messages.kbytes': queuedKilobytes,
        'fetch.message.max.bytes': 1_048_576,
        'fetch.queue.backoff.ms': 5,
        'fetch.wait.max.ms': 50,
      },
      { 'auto.offset.reset': 'earliest' },
    );
    opened.setDefaultConsumeTimeout(0);
    trouble.watch(opened);
    opened.on('partition.eof', ({ topic, partition, offset }) => {
      if (opened === consumer) ends.push({ topic, partition, offset });
    });
    renewal.watch(opened);
    return opened;
  }

  function connect(opened: KafkaConsumer): Promise<void> {
    return new Promise((resolve, reject) => {
      opened.connect({ timeout: CONNECT_TIMEOUT_MS }, (error) => (error ? reject(trouble.explain(error)) : resolve()));
    });
  }

  return {
    start: () => connect(consumer),
    assign(positions) {
      ends = [];
      if (positions.length === 0) consumer.unassign();
      else consumer.assign(positions.map(({ topic, partition, offset }) => ({ topic, partition, offset })));
    },
    poll: (max) =>
      new Promise((resolve) => {
        const polled = consumer;
        polled.consume(max, (error, records) => {
          if (error) onError(trouble.explain(error));
          // An end may be told before the records in front of it are handed over.
          const reached = error || records.length > 0 || polled !== consumer ? [] : ends.splice(0);
          resolve({ records: error ? [] : records, ends: reached });
        });
      }),
    async close() {
      await renewal.close();
      await disconnect(consumer);
    },
  };
}
