/** How far a consumer group is behind, over all topics of its subscription and all of its members. */
import Kafka from '@confluentinc/kafka-javascript';
import type { IAdminClient, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import type { KafkaClientSettings } from './consumer.js';
import { lagOf, type TopicPartition } from './offsets.js';

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
/** Kafka's error for a group that has never committed. */
const ERR_GROUP_ID_NOT_FOUND = 69;

export function createGroupLagReader(brokers: string, client: KafkaClientSettings): GroupLagReader {
  const admin: IAdminClient = Kafka.AdminClient.create({ ...client, 'metadata.broker.list': brokers });

  async function matchingPartitions(patterns: readonly string[]): Promise<TopicPartition[]> {
    const expressions = patterns.map((pattern) => new RegExp(pattern));
    const topics = await call<string[]>((done) => admin.listTopics({ timeout: TIMEOUT_MS }, done));
    const matching = topics.filter((topic) => expressions.some((expression) => expression.test(topic)));
    if (matching.length === 0) return [];
    const described = await call<{ name: string; partitions: readonly { partition: number }[] }[]>((done) =>
      admin.describeTopics(matching, { timeout: TIMEOUT_MS }, done),
    );
    return described.flatMap(({ name, partitions }) => partitions.map(({ partition }) => ({ topic: name, partition })));
  }

  async function offsets(partitions: readonly TopicPartition[], spec: typeof Kafka.OffsetSpec.LATEST): Promise<Map<string, number>> {
    const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, offset: spec }));
    const listed = await call<readonly { topic: string; partition: number; offset: number }[]>((done) =>
      admin.listOffsets(wanted, { timeout: TIMEOUT_MS }, done),
    );
    return new Map(listed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
  }

  async function committed(groupId: string): Promise<Map<string, number>> {
    const [group] = await call<readonly GroupOffsets[]>((done) =>
      admin.listConsumerGroupOffsets([{ groupId }], { timeout: TIMEOUT_MS }, done),
    );
    if (group?.error && group.error.code !== ERR_GROUP_ID_NOT_FOUND) throw new Error(`offsets of group ${groupId}: ${group.error.message}`);
    return new Map((group?.partitions ?? []).filter(({ offset }) => offset >= 0).map((p) => [`${p.topic}/${p.partition}`, p.offset]));
  }

  return {
    async lag(groupId, patterns) {
      const partitions = await matchingPartitions(patterns);
      if (partitions.length === 0) return [];
      const [lows, highs, done] = await Promise.all([
        offsets(partitions, Kafka.OffsetSpec.EARLIEST),
        offsets(partitions, Kafka.OffsetSpec.LATEST),
        committed(groupId),
      ]);
      return partitions.map(({ topic, partition }) => {
        const key = `${topic}/${partition}`;
        const low = lows.get(key) ?? 0;
        const high = highs.get(key) ?? 0;
        return { topic, partition, low, high, committed: done.get(key), lag: lagOf(low, high, done.get(key)) };
      });
    },
    close: () => admin.disconnect(),
  };
}

interface GroupOffsets {
  readonly error?: LibrdKafkaError;
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
}

/** One admin request as a promise; the client reports plain objects as errors. */
function call<T>(request: (done: (error: LibrdKafkaError | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    request((error, result) => (error ? reject(error instanceof Error ? error : new Error(error.message)) : resolve(result)));
  });
}
