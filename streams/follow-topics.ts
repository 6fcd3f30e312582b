/** Reads small topics from their beginning and goes on with what comes: for topics that are state, such as control and table topics. No group. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { KafkaConsumer, Message, Metadata, WatermarkOffsets } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings } from './consumer.js';
import { createRenewal, disconnect, TELL_BROKERS } from './lost-brokers.js';
import { OffsetMap, type TopicPartition, type TopicPartitionOffset } from './offsets.js';

export interface FollowOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly topics: readonly string[];
  /**
   * What of a topic that does not exist. `refuse`: an error, if it does not come within `timeoutMs`, since a broker may hear of a topic only after
   * the controller has told its creator that it is there. `wait`: empty until it does.
   */
  readonly missing: 'refuse' | 'wait';
  /** Called for each record, in the order of its partition. */
  readonly onRecord: (record: Message) => void;
  /** Errors that the client recovers from by itself (broker away, and so on). */
  readonly onError: (error: Error) => void;
  /** How long the broker may leave a request without an answer; 30 s unless said otherwise. */
  readonly timeoutMs?: number;
}

export interface TopicFollower {
  /** Resolves when everything that the topics hold at the time of the call was handed over. Rejects when the broker does not answer in time. */
  catchUp(): Promise<void>;
  /** Resolves when everything in front of these offsets was handed over: for ends that somebody else has asked for. Rejects as `catchUp` does. */
  reach(ends: readonly TopicPartitionOffset[]): Promise<void>;
  /** Next offset of each partition after what was handed over. */
  reached(): TopicPartitionOffset[];
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
const BATCH = 1_000;
const POLL_MS = 50;
const FROM_BEGINNING = -2;

/** Resolves once it reads. Rejects when the broker does not answer, or when a topic stays missing that must not be. */
export async function followTopics({
  brokers,
  client,
  topics,
  missing,
  onRecord,
  onError,
  timeoutMs = TIMEOUT_MS,
}: FollowOptions): Promise<TopicFollower> {
  const reached = new OffsetMap();
  let ends: TopicPartitionOffset[] = [];
  let partitions: readonly TopicPartition[] = [];
  let closing = false;
  const who = `topics ${topics.join(', ')}`;
  const trouble = clientTrouble({ who, onError });
  const renewal = createRenewal({
    ...{ who, open, connect, end: disconnect, onError },
    isCurrent: (one) => one === consumer,
    replace(found) {
      consumer = found;
      assign();
    },
  });
  let consumer = open();
  await connect(consumer);
  await discoverFirst().catch(async (error: unknown) => {
    await renewal.close();
    await disconnect(consumer);
    throw error;
  });
  const reading = read();

  function open(): KafkaConsumer {
    const opened = new Kafka.KafkaConsumer(
      {
        ...client,
        ...TELL_BROKERS,
        'metadata.broker.list': brokers,
        'group.id': `metafold-follow-${process.pid}`,
        'enable.auto.commit': false,
        'enable.partition.eof': true,
        'queued.max.messages.kbytes': 4_096,
        'fetch.queue.backoff.ms': 5,
        'fetch.wait.max.ms': 100,
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
      opened.connect({ timeout: timeoutMs }, (error) => (error ? reject(trouble.explain(error)) : resolve()));
    });
  }

  async function discoverFirst(): Promise<void> {
    const began = performance.now();
    for (;;) {
      await discover();
      const absent = missing === 'wait' ? undefined : topics.find((topic) => !partitions.some((one) => one.topic === topic));
      if (absent === undefined) return;
      if (performance.now() - began > timeoutMs) throw new Error(`topic ${absent} does not exist`);
      await sleep(POLL_MS);
    }
  }

  /** Topics come into being and grow by partitions. */
  async function discover(): Promise<void> {
    const found = await partitionsOf(consumer, topics, timeoutMs);
    if (found.length === partitions.length) return;
    partitions = found;
    assign();
  }

  function assign(): void {
    ends = [];
    consumer.assign(partitions.map((one) => ({ ...one, offset: reached.get(one.topic, one.partition) ?? FROM_BEGINNING })));
  }

  async function read(): Promise<void> {
    while (!closing) {
      const records = await call<Message[]>((done) => consumer.consume(BATCH, done)).catch((error: unknown): Message[] => {
        onError(error as Error);
        return [];
      });
      for (const record of records) {
        // What was fetched before partitions were added may come again.
        if (record.offset < (reached.get(record.topic, record.partition) ?? 0)) continue;
        onRecord(record);
        reached.advance(record.topic, record.partition, record.offset + 1);
      }
      // An end may be told before the records in front of it are handed over.
      if (records.length === 0) for (const { topic, partition, offset } of ends.splice(0)) reached.advance(topic, partition, offset);
      if (records.length === 0) await sleep(POLL_MS);
    }
  }

  async function endOf({ topic, partition }: TopicPartition): Promise<number> {
    const answer = await call<WatermarkOffsets>((done) => void consumer.queryWatermarkOffsets(topic, partition, timeoutMs, done));
    return answer.highOffset;
  }

  /** A long topic may take its time, as long as something comes. */
  async function caughtUp({ topic, partition }: TopicPartition, end: number): Promise<void> {
    let [before, since] = [-1, performance.now()];
    for (;;) {
      const next = reached.get(topic, partition) ?? 0;
      if (next >= end) return;
      if (next > before) [before, since] = [next, performance.now()];
      else if (performance.now() - since > timeoutMs)
        throw new Error(`topic ${topic}: nothing came for ${timeoutMs} ms, end ${end} not reached`);
      await sleep(POLL_MS / 5);
    }
  }

  return {
    async catchUp() {
      if (missing === 'wait') await discover();
      for (const one of partitions) await caughtUp(one, await endOf(one));
    },
    async reach(ends) {
      const isKnown = (end: TopicPartition): boolean =>
        partitions.some(({ topic, partition }) => topic === end.topic && partition === end.partition);
      if (!ends.every(isKnown)) await discover();
      for (const end of ends) await caughtUp(end, end.offset);
    },
    reached: () => reached.entries(),
    async close() {
      closing = true;
      await reading;
      await renewal.close();
      await disconnect(consumer);
    },
  };
}

/** Partitions of those of the topics that exist. */
async function partitionsOf(consumer: KafkaConsumer, topics: readonly string[], timeout: number): Promise<TopicPartition[]> {
  // All topics, not these: asking for a topic by name may create it where the broker allows that.
  const metadata = await call<Metadata>((done) => void consumer.getMetadata({ allTopics: true, timeout }, done));
  const wanted = metadata.topics.filter(({ name }) => topics.includes(name));
  return wanted.flatMap(({ name, partitions }) => partitions.map(({ id }) => ({ topic: name, partition: id })));
}

/** One request as a promise; the client reports plain objects as errors. */
function call<T>(request: (done: (error: { message: string } | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    request((error, result) => (error ? reject(error instanceof Error ? error : new Error(error.message)) : resolve(result)));
  });
}
