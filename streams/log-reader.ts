/** Reads parts of the log in bounded memory, many partitions side by side. No group: nobody's offsets are touched. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings, RawRecord } from './consumer.js';
import type { TopicPartition, TopicPartitionOffset } from './offsets.js';

/** From an offset to one that is not read any more. */
export interface LogRange extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

export interface LogReaderOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const BATCH = 500;
const POLL_MS = 5;

/**
 * The records of the ranges, batch by batch, those of one partition in their order; the next batch is read when it is asked for. What of a range is gone
 * (retention, compaction) is passed over. Rejects when the broker does not answer for a minute, or when the signal fires.
 */
export async function* readLog(
  ranges: readonly LogRange[],
  { brokers, client, signal }: LogReaderOptions,
): AsyncGenerator<readonly RawRecord[]> {
  const open = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [partitionKey(range), range]));
  if (open.size === 0) return;
  const ends: TopicPartitionOffset[] = [];
  const consumer = new Kafka.KafkaConsumer(
    {
      ...client,
      'metadata.broker.list': brokers,
      'group.id': `metafold-log-${process.pid}`,
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'queued.max.messages.kbytes': 16_384,
      'fetch.message.max.bytes': 1_048_576,
      'fetch.queue.backoff.ms': 5,
      'fetch.wait.max.ms': 50,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  consumer.setDefaultConsumeTimeout(0);
  const trouble = clientTrouble();
  trouble.watch(consumer);
  consumer.on('partition.eof', ({ topic, partition, offset }) => ends.push({ topic, partition, offset }));
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? reject(trouble.explain(error)) : resolve()));
  });
  const poll = (): Promise<readonly RawRecord[]> =>
    new Promise((resolve, reject) => {
      consumer.consume(BATCH, (error, records) => (error ? reject(new Error(error.message)) : resolve(records)));
    });

  /** A partition is at its end: what comes of it is nobody's. */
  function close(partition: TopicPartition): void {
    if (open.delete(partitionKey(partition))) consumer.pause([{ topic: partition.topic, partition: partition.partition }]);
  }

  try {
    consumer.assign([...open.values()].map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    for (let lastAnswer = Date.now(); open.size > 0;) {
      signal.throwIfAborted();
      const records = await poll();
      const wanted = records.filter((record) => {
        const range = open.get(partitionKey(record));
        if (range === undefined) return false;
        if (record.offset >= range.to - 1) close(range);
        return record.offset >= range.from && record.offset < range.to;
      });
      // An end may be told before the records in front of it are handed over.
      const reached = records.length === 0 ? ends.splice(0) : [];
      for (const end of reached) if (end.offset >= (open.get(partitionKey(end))?.to ?? Infinity)) close(end);
      if (wanted.length > 0) yield wanted;
      if (records.length > 0 || reached.length > 0) lastAnswer = Date.now();
      else if (Date.now() - lastAnswer > TIMEOUT_MS) throw new Error(`no record of ${[...open.keys()].join(', ')} within ${TIMEOUT_MS} ms`);
      else await sleep(POLL_MS);
    }
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
