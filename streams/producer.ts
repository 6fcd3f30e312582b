/**
 * Writes records so that one key stays on one partition, in order, each exactly once while the producer lives (idempotence,
 * acknowledged by all replicas), compressed with LZ4, spread by FNV-1a of the key as the platform's own producers do (spec 01 §1).
 *
 * `send` only puts a record into the client's bounded queue. What is durable is known after `flush`; only failures are reported
 * one by one, so a record costs no call back into JavaScript.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { DeliveryReport, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings } from './consumer.js';

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | Buffer;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: readonly Readonly<Record<string, string>>[];
}

export interface ProducerOptions {
  readonly brokers: string;
  /** TLS, SASL and other librdkafka settings. */
  readonly client: KafkaClientSettings;
  /** How long one record may take to be acknowledged before it counts as failed. */
  readonly deliveryTimeoutMs?: number;
  /** Bound of the client's queue. */
  readonly queueKilobytes?: number;
  /** How long the client gathers records for one request. */
  readonly lingerMs?: number;
  /** How long a start waits for a broker. */
  readonly connectTimeoutMs?: number;
  /** Errors that the client recovers from by itself (broker away, and so on). */
  readonly onError?: (error: Error) => void;
}

export interface RecordProducer {
  /** Connects; resolves once a broker has answered. */
  start(): Promise<void>;
  /**
   * Queues a record. Answers undefined when there was room; else a promise to wait for before the next call. Throws for a record
   * that the client can't take (too large), and after a fatal error.
   */
  send(record: OutgoingRecord): Promise<void> | undefined;
  /** Resolves when all that was sent is durable; rejects with DeliveryError when some is not. */
  flush(): Promise<void>;
  /** Gives up what is not durable yet; flush first. */
  close(): Promise<void>;
}

/** Records that were not acknowledged; the first of them is named. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';

  constructor(
    message: string,
    /** By topic. */
    readonly failed: ReadonlyMap<string, number>,
  ) {
    super(message);
  }
}

const ERR_QUEUE_FULL = -184;
const CONNECT_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const FLUSH_SLICE_MS = 200;
const QUEUE_WAIT_MS = 5;
/** As the platform's brokers are set up; records reach 3 MiB. */
const MAX_MESSAGE_BYTES = 4_194_304;

function settingsOf(options: ProducerOptions): Record<string, string | number | boolean> {
  return {
    ...options.client,
    'metadata.broker.list': options.brokers,
    'enable.idempotence': true,
    'compression.codec': 'lz4',
    'message.max.bytes': MAX_MESSAGE_BYTES,
    'batch.size': 1_048_576,
    'linger.ms': options.lingerMs ?? 20,
    'queue.buffering.max.messages': 100_000,
    'queue.buffering.max.kbytes': options.queueKilobytes ?? 65_536,
    'allow.auto.create.topics': false,
    'topic.metadata.propagation.max.ms': 30_000,
    'delivery.report.only.error': true,
    dr_cb: true,
  };
}

export function createProducer(options: ProducerOptions): RecordProducer {
  const failed = new Map<string, number>();
  let firstFailure: string | undefined;
  let fatal: Error | undefined;
  const producer = new Kafka.Producer(settingsOf(options), {
    'request.required.acks': -1,
    'message.timeout.ms': options.deliveryTimeoutMs ?? 120_000,
    partitioner: 'fnv1a',
  });

  const trouble = clientTrouble({ onError: options.onError });
  trouble.watch(producer);
  producer.on('event.error', (error) => {
    if (error.isFatal) fatal = new Error(error.message);
  });
  producer.on('delivery-report', (error: LibrdKafkaError | null, report: DeliveryReport) => {
    if (!error) return;
    firstFailure ??= `topic ${report.topic}: ${trouble.explain(error).message}`;
    failed.set(report.topic, (failed.get(report.topic) ?? 0) + 1);
  });

  /** False when the queue is full. */
  function queue({ topic, key, value, headers }: OutgoingRecord): boolean {
    if (fatal) throw fatal;
    try {
      producer.produce(topic, null, value, key, null, undefined, headers ? headers.map((header) => ({ ...header })) : undefined);
      return true;
    } catch (error) {
      if ((error as LibrdKafkaError).code === ERR_QUEUE_FULL) return false;
      throw error instanceof Error ? error : new Error((error as LibrdKafkaError).message);
    }
  }

  async function queueWhenThereIsRoom(record: OutgoingRecord): Promise<void> {
    do {
      producer.poll();
      await sleep(QUEUE_WAIT_MS);
    } while (!queue(record));
  }

  /** Every record ends acknowledged or failed within its time limit, so this ends too. */
  async function waitForQueue(): Promise<void> {
    for (;;) {
      const empty = await new Promise<boolean>((resolve) => producer.flush(FLUSH_SLICE_MS, (error) => resolve(!error)));
      producer.poll();
      if (!empty) continue;
      // The client hands reports over to the event loop before its flush ends; they arrive within the loop's next turn.
      await nextTurn();
      await nextTurn();
      return;
    }
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        producer.connect({ timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS }, (error: LibrdKafkaError | null) => {
          if (error) {
            reject(trouble.explain(error));
            return;
          }
          producer.setPollInterval(POLL_MS);
          resolve();
        });
      }),

    send: (record) => (queue(record) ? undefined : queueWhenThereIsRoom(record)),

    async flush() {
      await waitForQueue();
      if (firstFailure === undefined) return;
      const error = new DeliveryError(
        `${[...failed.values()].reduce((a, b) => a + b, 0)} records were not acknowledged: ${firstFailure}`,
        new Map(failed),
      );
      failed.clear();
      firstFailure = undefined;
      throw error;
    },

    async close() {
      if (!producer.isConnected()) return;
      producer.setPollInterval(0);
      await new Promise<void>((resolve) => producer.disconnect(100, () => resolve()));
    },
  };
}
