/** Topics as the broker knows them: list, create, delete. Requests of librdkafka's admin interface as promises. */
import Kafka from '@confluentinc/kafka-javascript';
import type {
  IAdminClient,
  LibrdKafkaError,
  ListOffsetsResult,
  NewTopic,
  TopicDescription,
} from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { isLocalCode } from './client-error.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings } from './consumer.js';
import type { TopicPartition, TopicPartitionOffset } from './offsets.js';
import { renewable } from './renewable.js';
import type { TopicConfig } from './topic-policies.js';

export interface NewTopicSettings {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly config: TopicConfig;
}

export interface TopicAdmin {
  listTopics(): Promise<string[]>;
  /** Partition counts of those of the topics that exist. */
  partitionCounts(topics: readonly string[]): Promise<Map<string, number>>;
  /** Next offset of every partition of those of the topics that exist. Rejects when one of them can't be told. */
  ends(topics: readonly string[]): Promise<TopicPartitionOffset[]>;
  /**
   * Of each partition the offset of the first record whose timestamp is not before `instant` (ms since the epoch), or the end where there is none.
   * Rejects when one of them can't be told.
   */
  offsetsAt(partitions: readonly TopicPartition[], instant: number): Promise<TopicPartitionOffset[]>;
  /** False when the topic was there already; its settings are left alone. */
  createTopic(settings: NewTopicSettings): Promise<boolean>;
  /** False when there is no such topic. */
  deleteTopic(topic: string): Promise<boolean>;
  close(): void;
}

export interface TopicAdminOptions {
  readonly brokers: string;
  /** TLS, SASL and other librdkafka settings. */
  readonly client: KafkaClientSettings;
  readonly timeoutMs?: number;
  /** Errors that the client recovers from by itself (broker away, and so on). */
  readonly onError?: (error: Error) => void;
}

const TIMEOUT_MS = 15_000;
const TOPIC_ALREADY_EXISTS = 36;
const UNKNOWN_TOPIC = 3;
const TOPIC_AUTHORIZATION_FAILED = 29;

/** A refusal of the broker or of the client. */
export class KafkaRequestError extends Error {
  override readonly name = 'KafkaRequestError';

  constructor(
    message: string,
    readonly kafkaCode: number,
  ) {
    super(message);
  }
}

type Done<T> = (error: LibrdKafkaError | null | undefined, result: T) => void;

/** True, or false when the broker answers with `code`; other errors reject. */
async function unless(code: number, request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof KafkaRequestError && error.kafkaCode === code) return false;
    throw error;
  }
}

export function createTopicAdmin(options: TopicAdminOptions): TopicAdmin {
  const { brokers, client, timeoutMs = TIMEOUT_MS, onError } = options;
  const trouble = clientTrouble({ onError });
  const open = (): IAdminClient => Kafka.AdminClient.create({ ...client, 'metadata.broker.list': brokers }, { ...trouble.handlers });
  const admins = renewable(open, (admin) => admin.disconnect(), 2 * timeoutMs);

  /** One request as a promise. */
  function ask<T>(what: string, request: (admin: IAdminClient, done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const admin = admins.current;
      request(admin, (error, result) => {
        if (!error) {
          resolve(result);
          return;
        }
        if (isLocalCode(error.code)) admins.renew(admin);
        reject(new KafkaRequestError(`${what}: ${trouble.explain(error).message}`, error.code));
      });
    });
  }

  async function partitionCounts(topics: readonly string[]): Promise<Map<string, number>> {
    if (topics.length === 0) return new Map();
    const described = await ask<TopicDescription[]>('describe topics', (admin, done) =>
      admin.describeTopics([...topics], { timeout: timeoutMs }, done),
    );
    return new Map(described.filter(({ error }) => !error?.code).map(({ name, partitions }) => [name, partitions.length]));
  }

  async function listOffsets(wanted: Parameters<IAdminClient['listOffsets']>[0]): Promise<TopicPartitionOffset[]> {
    if (wanted.length === 0) return [];
    const found = await ask<ListOffsetsResult[]>('list offsets', (admin, done) => admin.listOffsets(wanted, { timeout: timeoutMs }, done));
    return found.map(({ topic, partition, offset, error }) => {
      if (error?.code) throw new KafkaRequestError(`offset of ${topic}/${partition}: ${error.message}`, error.code);
      return { topic, partition, offset };
    });
  }

  return {
    listTopics: () => ask<string[]>('list topics', (admin, done) => admin.listTopics({ timeout: timeoutMs }, done)),

    partitionCounts,

    async ends(topics) {
      const described = await ask<TopicDescription[]>('describe topics', (admin, done) =>
        admin.describeTopics([...topics], { timeout: timeoutMs }, done),
      );
      const unknown = described.find(({ error }) => error?.code && error.code !== UNKNOWN_TOPIC);
      if (unknown?.error) throw new KafkaRequestError(`topic ${unknown.name}: ${unknown.error.message}`, unknown.error.code);
      const wanted = described.flatMap(({ name, partitions }) =>
        partitions.map(({ partition }) => ({ topic: name, partition, offset: Kafka.OffsetSpec.LATEST })),
      );
      return listOffsets(wanted);
    },

    async offsetsAt(partitions, instant) {
      // The ends first: what comes between the two requests is not skipped.
      const ends = await listOffsets(partitions.map(({ topic, partition }) => ({ topic, partition, offset: Kafka.OffsetSpec.LATEST })));
      const endOf = new Map(ends.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
      const found = await listOffsets(
        partitions.map(({ topic, partition }) => ({ topic, partition, offset: new Kafka.OffsetSpec(Math.max(0, instant)) })),
      );
      return found.map((one) => (one.offset >= 0 ? one : { ...one, offset: endOf.get(`${one.topic}/${one.partition}`)! }));
    },

    async createTopic({ topic, partitions, replication, config }) {
      const created: NewTopic = { topic, num_partitions: partitions, replication_factor: replication, config: { ...config } };
      try {
        return await unless(
          TOPIC_ALREADY_EXISTS,
          ask<undefined>(`create topic ${topic}`, (admin, done) =>
            admin.createTopic(created, timeoutMs, (error) => done(error, undefined)),
          ),
        );
      } catch (error) {
        // Who may not create topics is told so of those that are there, too.
        const mayNot = error instanceof KafkaRequestError && error.kafkaCode === TOPIC_AUTHORIZATION_FAILED;
        if (mayNot && (await partitionCounts([topic])).has(topic)) return false;
        throw error;
      }
    },

    deleteTopic: (topic) =>
      unless(
        UNKNOWN_TOPIC,
        ask<undefined>(`delete topic ${topic}`, (admin, done) => admin.deleteTopic(topic, timeoutMs, (error) => done(error, undefined))),
      ),

    close: () => admins.close(),
  };
}
