/** How far a consumer group is behind, over all topics of its subscription and all of its members. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { IAdminClient, KafkaConsumer, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { isLocalCode } from './client-error.js';
import { clientTrouble, type ClientTrouble } from './client-trouble.js';
import type { KafkaClientSettings } from './consumer.js';
import { lagOf, type TopicPartition } from './offsets.js';
import { renewable } from './renewable.js';

export interface PartitionLag extends TopicPartition {
  /** Next offset the group will read; undefined when nothing is committed yet. */
  readonly committed: number | undefined;
  readonly low: number;
  readonly high: number;
  readonly lag: number;
}

export interface GroupLagReader {
  /** Lag of every partition of the topics that match one of the patterns (librdkafka syntax). Rejects when the broker can't be asked. */
  lag(groupId: string, patterns: readonly string[]): Promise<PartitionLag[]>;
  close(): void;
}

const TIMEOUT_MS = 10_000;
const RETRY_MS = 100;
/** The group's coordinator is loading its offsets, not there, or another one: normal for some seconds after a broker's start. */
const COORDINATOR_MOVES: ReadonlySet<unknown> = new Set([14, 15, 16]);

/**
 * Asks a group for its offsets as one of its consumers would, without joining it. The admin interface has a request for this too
 * (ListConsumerGroupOffsets), but the library crashes when the broker answers that it is not the group's coordinator (any more), and
 * when the connection drops meanwhile (librdkafka issue 5040, pull request 5397).
 */
function createOffsetReader(brokers: string, client: KafkaClientSettings, groupId: string, trouble: ClientTrouble) {
  const consumer: KafkaConsumer = new Kafka.KafkaConsumer(
    { ...client, 'metadata.broker.list': brokers, 'group.id': groupId, 'enable.auto.commit': false },
    {},
  );
  trouble.watch(consumer);
  let connected: Promise<void> | undefined;

  function connect(): Promise<void> {
    connected ??= call<unknown>((done) => consumer.connect({ timeout: TIMEOUT_MS }, done)).then(
      () => undefined,
      (error: unknown) => {
        connected = undefined;
        throw error;
      },
    );
    return connected;
  }

  return {
    async committed(partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
      await connect();
      const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }));
      const deadline = performance.now() + TIMEOUT_MS;
      for (;;) {
        try {
          const found = await call<readonly { topic: string; partition: number; offset: number }[]>((done) =>
            consumer.committed(wanted, TIMEOUT_MS, done),
          );
          return new Map(found.filter(({ offset }) => offset >= 0).map((p) => [`${p.topic}/${p.partition}`, p.offset]));
        } catch (error) {
          if (!COORDINATOR_MOVES.has((error as { code?: unknown }).code) || performance.now() > deadline) throw error;
          await sleep(RETRY_MS);
        }
      }
    },
    close() {
      // The library crashes when a client that was never connected is disconnected.
      if (consumer.isConnected()) consumer.disconnect();
    },
  };
}

export function createGroupLagReader(brokers: string, client: KafkaClientSettings): GroupLagReader {
  const trouble = clientTrouble();
  const clients = renewable(() => createClients(brokers, client, trouble), endClients, 3 * TIMEOUT_MS);

  async function matchingPartitions(admin: IAdminClient, patterns: readonly string[]): Promise<TopicPartition[]> {
    const expressions = patterns.map((pattern) => new RegExp(pattern));
    const topics = await call<string[]>((done) => admin.listTopics({ timeout: TIMEOUT_MS }, done));
    const matching = topics.filter((topic) => expressions.some((expression) => expression.test(topic)));
    if (matching.length === 0) return [];
    const described = await call<{ name: string; partitions: readonly { partition: number }[] }[]>((done) =>
      admin.describeTopics(matching, { timeout: TIMEOUT_MS }, done),
    );
    return described.flatMap(({ name, partitions }) => partitions.map(({ partition }) => ({ topic: name, partition })));
  }

  async function offsets(
    admin: IAdminClient,
    partitions: readonly TopicPartition[],
    spec: typeof Kafka.OffsetSpec.LATEST,
  ): Promise<Map<string, number>> {
    const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, offset: spec }));
    const listed = await call<readonly { topic: string; partition: number; offset: number }[]>((done) =>
      admin.listOffsets(wanted, { timeout: TIMEOUT_MS }, done),
    );
    return new Map(listed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
  }

  async function lagBy({ admin, readerOf }: Clients, groupId: string, patterns: readonly string[]): Promise<PartitionLag[]> {
    const partitions = await matchingPartitions(admin, patterns);
    if (partitions.length === 0) return [];
    const [lows, highs, done] = await Promise.all([
      offsets(admin, partitions, Kafka.OffsetSpec.EARLIEST),
      offsets(admin, partitions, Kafka.OffsetSpec.LATEST),
      readerOf(groupId).committed(partitions),
    ]);
    return partitions.map(({ topic, partition }) => {
      const key = `${topic}/${partition}`;
      const low = lows.get(key) ?? 0;
      const high = highs.get(key) ?? 0;
      return { topic, partition, low, high, committed: done.get(key), lag: lagOf(low, high, done.get(key)) };
    });
  }

  return {
    async lag(groupId, patterns) {
      const used = clients.current;
      try {
        return await lagBy(used, groupId, patterns);
      } catch (error) {
        if (isLocalCode((error as { code?: unknown }).code)) clients.renew(used);
        throw trouble.explain(error);
      }
    },
    close: () => clients.close(),
  };
}

interface Clients {
  readonly admin: IAdminClient;
  readonly readers: ReadonlyMap<string, OffsetReader>;
  readonly readerOf: (groupId: string) => OffsetReader;
}

type OffsetReader = ReturnType<typeof createOffsetReader>;

function createClients(brokers: string, client: KafkaClientSettings, trouble: ClientTrouble): Clients {
  const readers = new Map<string, OffsetReader>();
  return {
    admin: Kafka.AdminClient.create({ ...client, 'metadata.broker.list': brokers }, { ...trouble.handlers }),
    readers,
    readerOf(groupId) {
      let reader = readers.get(groupId);
      if (reader === undefined) readers.set(groupId, (reader = createOffsetReader(brokers, client, groupId, trouble)));
      return reader;
    },
  };
}

function endClients({ admin, readers }: Clients): void {
  admin.disconnect();
  for (const reader of readers.values()) reader.close();
}

/** One request as a promise; the client reports plain objects as errors. */
function call<T>(request: (done: (error: LibrdKafkaError | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    request((error, result) =>
      error ? reject(error instanceof Error ? error : Object.assign(new Error(error.message), { code: error.code })) : resolve(result),
    );
  });
}
