/**
 * Reads records by position: how the exact original events behind contributions are found again.
 *
 * Positions that stand near each other in a partition are read as one run, and one run of each of several partitions at a time: seeking costs
 * a round trip, reading on costs nearly nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { KafkaConsumer, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { asError } from './client-error.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings, RawRecord } from './consumer.js';
import { disconnect } from './lost-brokers.js';
import type { TopicPartition, TopicPartitionOffset } from './offsets.js';
import { createRun, foundInRun, greatestOffsets, partitionKey, planRuns, runEnded, type Bounds, type Run } from './fetch-runs.js';

/** Why the log has no record at a position: compaction took it, or it lies outside what the partition still holds. */
export type GoneReason = 'compacted' | 'retention';

export type Fetched = { readonly kind: 'record'; readonly record: RawRecord } | { readonly kind: 'gone'; readonly reason: GoneReason };

export interface RecordFetcher {
  /**
   * The record at exactly this position, or undefined when the log no longer holds it (compacted, or behind the first offset).
   * Rejects when no answer came in time. Calls are served one after the other.
   */
  fetch(position: TopicPartitionOffset): Promise<RawRecord | undefined>;
  /**
   * What the log holds at these positions, by `positionKey`, as far as about `maxBytes` of record values reach but at least one: the caller asks again
   * for positions without an answer. Rejects when no answer came in time. Calls are served one after the other.
   */
  fetchMany(positions: readonly TopicPartitionOffset[], maxBytes: number): Promise<ReadonlyMap<string, Fetched>>;
  close(): Promise<void>;
}

const FETCH_TIMEOUT_MS = 30_000;
const POLL_MS = 2;
const BATCH = 100;
/** Runs read side by side. */
const PARTITIONS_AT_ONCE = 16;
/** How often, and in which intervals, an answer is asked for that says that a partition never held what it did. */
const DOUBTS = 4;
const DOUBT_MS = 500;
const ERR_UNKNOWN_TOPIC: ReadonlySet<number> = new Set([3, -188, -190]);

/** Names a position within one call. */
export function positionKey({ topic, partition, offset }: TopicPartitionOffset): string {
  return `${topic}/${partition}/${offset}`;
}

/** `timeoutMs`: how long the broker may leave a request without an answer. */
export function createRecordFetcher(
  brokers: string,
  client: KafkaClientSettings,
  clientId: string,
  timeoutMs = FETCH_TIMEOUT_MS,
): RecordFetcher {
  const trouble = clientTrouble();
  let connected: Promise<void> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let ends: TopicPartition[] = [];
  let consumer = open();

  function open(): KafkaConsumer {
    const opened = new Kafka.KafkaConsumer(
      {
        ...client,
        'metadata.broker.list': brokers,
        'group.id': clientId,
        'enable.auto.commit': false,
        'enable.partition.eof': true,
        'queued.max.messages.kbytes': 4_096,
        'queued.min.messages': 1,
        // A seek reads so much, and at least one batch: with the default of a megabyte, a single record costs 25 ms.
        'fetch.message.max.bytes': 65_536,
        'fetch.queue.backoff.ms': 1,
        'fetch.wait.max.ms': 10,
      },
      { 'auto.offset.reset': 'earliest' },
    );
    opened.setDefaultConsumeTimeout(0);
    trouble.watch(opened);
    opened.on('partition.eof', ({ topic, partition }) => ends.push({ topic, partition }));
    return opened;
  }

  /** After a failure the next call gets another client: one that has lost its brokers finds none again (see lost-brokers.ts). */
  function renew(): void {
    void disconnect(consumer);
    consumer = open();
    connected = undefined;
  }

  function connect(): Promise<void> {
    return (connected ??= new Promise<void>((resolve, reject) => {
      consumer.connect({ timeout: timeoutMs }, (error) => (error ? reject(trouble.explain(error)) : resolve()));
    }).catch((error: unknown) => {
      connected = undefined;
      throw error;
    }));
  }

  /** Records at hand and the partitions whose end was reached behind them. */
  function poll(): Promise<{ records: readonly RawRecord[]; ended: readonly TopicPartition[] }> {
    return new Promise((resolve, reject) => {
      consumer.consume(BATCH, (error, records) => {
        if (error) {
          reject(asError(error));
          return;
        }
        const ended = ends;
        ends = [];
        resolve({ records, ended });
      });
    });
  }

  /** First and next offset of a partition; undefined when there is no such partition. */
  function boundsOf({ topic, partition }: TopicPartition): Promise<Bounds | undefined> {
    return new Promise((resolve, reject) => {
      consumer.queryWatermarkOffsets(topic, partition, timeoutMs, (error: LibrdKafkaError | null, answer) => {
        if (!error) resolve({ low: answer.lowOffset, high: answer.highOffset });
        else if (ERR_UNKNOWN_TOPIC.has(error.code)) resolve(undefined);
        else reject(asError(error));
      });
    });
  }

  /**
   * Bounds of a partition in which there was a record at `offset`. A broker that has just become its leader may know nothing of it yet, or less than the log
   * holds: such an answer has to last before it counts.
   */
  async function settledBounds(partition: TopicPartition, offset: number): Promise<Bounds | undefined> {
    for (let asked = 1; ; asked++) {
      const bounds = await boundsOf(partition);
      if ((bounds !== undefined && bounds.high > offset) || asked === DOUBTS) return bounds;
      await sleep(DOUBT_MS);
    }
  }

  /** Reads runs of different partitions until each has its end or `full` says that it is enough. */
  async function readRuns(runs: readonly Run[], take: (record: RawRecord) => void, full: () => boolean): Promise<void> {
    const open = new Map(runs.map((run) => [partitionKey(run), run]));
    ends = [];
    consumer.assign(runs.map(({ topic, partition, offsets }) => ({ topic, partition, offset: offsets[0]! })));
    try {
      let deadline = performance.now() + timeoutMs;
      while (open.size > 0 && !full()) {
        const { records, ended } = await poll();
        for (const record of records) {
          const run = open.get(partitionKey(record));
          if (run === undefined) continue;
          if (foundInRun(run, record.offset)) take(record);
          if (run.left === 0) open.delete(partitionKey(record));
        }
        for (const end of ended) {
          const run = open.get(partitionKey(end));
          if (run) runEnded(run);
          open.delete(partitionKey(end));
        }
        if (records.length > 0 || ended.length > 0) deadline = performance.now() + timeoutMs;
        else if (performance.now() > deadline) throw new Error(`no record of ${[...open.keys()].join(', ')} within ${timeoutMs} ms`);
        else await sleep(POLL_MS);
      }
    } finally {
      consumer.unassign();
    }
  }

  async function read(positions: readonly TopicPartitionOffset[], maxBytes: number): Promise<Map<string, Fetched>> {
    await connect();
    const answer = new Map<string, Fetched>();
    const known = new Map<string, Bounds | undefined>();
    const greatest = greatestOffsets(positions);
    let bytes = 0;
    for (const group of planRuns(positions, PARTITIONS_AT_ONCE)) {
      // One after the other: while the broker is away, each would hold a thread of the pool.
      for (const run of group) {
        const key = partitionKey(run);
        if (!known.has(key)) known.set(key, await settledBounds(run, greatest.get(key)!));
      }
      const runs = group.map((run) => createRun(run, known.get(partitionKey(run))));
      const readable = runs.filter((run) => run.left > 0);
      const take = (record: RawRecord): void => {
        bytes += record.value?.length ?? 0;
        answer.set(positionKey(record), { kind: 'record', record });
      };
      if (readable.length > 0) await readRuns(readable, take, () => bytes >= maxBytes);
      for (const run of runs) {
        for (const { offset, reason } of run.gone) answer.set(positionKey({ ...run, offset }), { kind: 'gone', reason });
      }
      if (bytes >= maxBytes) break;
    }
    return answer;
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(renew);
    return result;
  }

  return {
    async fetch(position) {
      const answer = await inTurn(() => read([position], Infinity));
      const found = answer.get(positionKey(position));
      return found?.kind === 'record' ? found.record : undefined;
    },
    fetchMany: (positions, maxBytes) => inTurn(() => read(positions, maxBytes)),
    async close() {
      await turn;
      await disconnect(consumer);
    },
  };
}
