/** The task topic: read whole, followed, and written to. Whoever writes reads its own record back before it answers (spec 07 §8 "Persistence"). */
import { randomUUID } from 'node:crypto';
import type { MessageHeader } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { createTopicAdmin } from '../../../streams/admin.js';
import { followTopics, type TopicFollower } from '../../../streams/follow-topics.js';
import { createProducer, type OutgoingRecord, type RecordProducer } from '../../../streams/producer.js';
import { topicPolicy } from '../../../streams/topic-policies.js';
import { systemTopic } from '../../../streams/topics.js';
import type { KafkaConfig } from '../../config/index.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../log.js';
import type { ChangeOutcome, Task, TaskRecord, TaskStore } from '../types.js';
import { recordKey } from './record.js';
import { TaskState } from './state.js';

/** Kafka does not answer, or did not store a record in time: it may be stored all the same. */
export class TopicOutage extends Error {
  override readonly name = 'TopicOutage';
}

export interface TaskStoreOptions {
  readonly kafka: KafkaConfig;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** How long Kafka has for an answer: those who ask the API wait for it. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** Header of a version: names the write, so that its writer knows whether that one stands whatever others have built on it since. */
const WRITE_HEADER = 'write';

/** Versions that were written and are to be read back, by the name of their write: whether they stand. */
type AwaitedVersions = Map<string, boolean>;

function writeOf(headers: readonly MessageHeader[] | undefined): string | undefined {
  return headers?.find((header) => WRITE_HEADER in header)?.[WRITE_HEADER]?.toString();
}

/** Makes the topic if it is missing and reads it to its end. Rejects with TopicOutage when Kafka is away. */
export async function openTaskStore(options: TaskStoreOptions): Promise<TaskStore> {
  const { kafka, log, timeoutMs = TIMEOUT_MS } = options;
  const topic = systemTopic(kafka.topicPrefix, 'collection-task');
  const state = new TaskState();
  const listeners = new Set<(id: string) => void>();
  const awaited: AwaitedVersions = new Map();
  try {
    await ensureTopic(topic, kafka);
    const follower = await followTopics({
      brokers: kafka.brokers,
      client: kafka.client,
      topics: [topic],
      missing: 'refuse',
      timeoutMs,
      onRecord({ key, value, offset, headers }) {
        let changed: readonly string[] = [];
        try {
          changed = state.apply({ key: String(key), value: value === null || value.length === 0 ? null : value.toString(), offset });
        } catch (error) {
          log.error({ problem: messageOf(error), topic, offset }, 'record of the task topic is passed over');
        }
        const write = writeOf(headers);
        if (write !== undefined && awaited.has(write)) awaited.set(write, changed.length > 0);
        for (const id of changed) for (const listener of listeners) listener(id);
      },
      onError: (error) => log.warn({ problem: messageOf(error), topic }, 'Kafka client'),
    });
    await follower.catchUp();
    return new TopicTaskStore(topic, kafka, timeoutMs, state, follower, listeners, awaited);
  } catch (error) {
    throw outage(error);
  }
}

function outage(error: unknown): TopicOutage {
  return error instanceof TopicOutage ? error : new TopicOutage(`task topic: ${messageOf(error)}`, { cause: error });
}

async function ensureTopic(topic: string, { brokers, client }: KafkaConfig): Promise<void> {
  const admin = createTopicAdmin({ brokers, client });
  try {
    // One partition: the order of records decides who has a name. -1: the broker's own default number of replicas.
    await admin.createTopic({ topic, partitions: 1, replication: -1, config: topicPolicy(topic)! });
  } finally {
    admin.close();
  }
}

interface TaskTopicRecord extends Pick<OutgoingRecord, 'key' | 'headers'> {
  readonly key: string;
  readonly value: string | null;
}

class TopicTaskStore implements TaskStore {
  private producer: RecordProducer | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly topic: string,
    private readonly kafka: KafkaConfig,
    private readonly timeoutMs: number,
    private readonly state: TaskState,
    private readonly follower: TopicFollower,
    private readonly listeners: Set<(id: string) => void>,
    private readonly awaited: AwaitedVersions,
  ) {}

  tasks(): readonly Task[] {
    return this.state.tasks();
  }

  get(id: string): Task | undefined {
    return this.state.get(id);
  }

  named(domain: string, friendlyName: string): Task | undefined {
    return this.state.named(domain, friendlyName);
  }

  losers(): readonly string[] {
    return this.state.losers();
  }

  async create(record: TaskRecord): ReturnType<TaskStore['create']> {
    await this.catchUp();
    const known = this.named(record.domain, record.friendlyName);
    if (known !== undefined) return { kind: 'taken', by: known };
    await this.write([{ key: recordKey('task', record.id), value: JSON.stringify(record) }]);
    const task = this.get(record.id);
    if (task !== undefined) return { kind: 'created', task };
    await this.forget(record.id);
    const by = this.named(record.domain, record.friendlyName);
    if (by === undefined) throw new TopicOutage(`task topic: the record of task ${record.id} did not come back`);
    return { kind: 'taken', by };
  }

  async change(id: string, change: (record: TaskRecord) => TaskRecord | undefined): Promise<ChangeOutcome> {
    let lost = false;
    for (;;) {
      const task = this.get(id);
      if (task === undefined) return { kind: 'unknown' };
      const next = change(task.record);
      // A version that another's was in front of stands last in the log all the same: what counts is written behind it, or compaction would keep the wrong one.
      if (next === undefined && !lost) return { kind: 'refused', task };
      const stood = await this.writeVersion({ ...(next ?? task.record), rev: task.record.rev + 1, first: task.first });
      const now = this.get(id);
      if (now === undefined) return { kind: 'unknown' };
      if (stood) return { kind: next === undefined ? 'refused' : 'changed', task: now };
      lost = true;
    }
  }

  /** Whether the version stands: of several of one number the first does, and later ones may have been built on it by now. */
  private async writeVersion(version: TaskRecord): Promise<boolean> {
    const write = randomUUID();
    this.awaited.set(write, false);
    try {
      await this.write([{ key: recordKey('task', version.id), value: JSON.stringify(version), headers: [{ [WRITE_HEADER]: write }] }]);
      return this.awaited.get(write)!;
    } finally {
      this.awaited.delete(write);
    }
  }

  async writeProgress(id: string, progress: Parameters<TaskStore['writeProgress']>[1]): Promise<void> {
    await this.send([{ key: recordKey('progress', id), value: JSON.stringify(progress) }]);
  }

  async requestRebuild(id: string): Promise<string> {
    const request = randomUUID();
    await this.write([{ key: recordKey('rebuild', id), value: JSON.stringify({ request, at: Date.now() }) }]);
    return request;
  }

  rebuildRequest(id: string): string | undefined {
    return this.state.rebuildRequest(id);
  }

  async finishRebuild(id: string, request: string): Promise<void> {
    await this.catchUp();
    if (this.rebuildRequest(id) === request) await this.write([{ key: recordKey('rebuild', id), value: null }]);
  }

  async forget(id: string): Promise<void> {
    await this.write((['progress', 'rebuild', 'task'] as const).map((kind) => ({ key: recordKey(kind, id), value: null })));
  }

  async catchUp(): Promise<void> {
    try {
      await this.follower.catchUp();
    } catch (error) {
      throw outage(error);
    }
  }

  onChange(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.turn;
    await this.producer?.close();
    await this.follower.close();
  }

  /** Resolves when the records are durable and part of the state, and so is whatever others wrote before them. */
  private async write(records: readonly TaskTopicRecord[]): Promise<void> {
    await this.send(records);
    await this.catchUp();
  }

  /** One after the other, so that a failure is told to whom it concerns. */
  private send(records: readonly TaskTopicRecord[]): Promise<void> {
    const sent = this.turn.then(async () => {
      try {
        this.producer ??= await this.connect();
        for (const { value, ...record } of records) {
          await this.producer.send({ ...record, topic: this.topic, value: value === null ? null : Buffer.from(value) });
        }
        await this.producer.flush();
      } catch (error) {
        // A client that has failed may be beyond help: the next record gets a new one.
        const { producer } = this;
        this.producer = undefined;
        await producer?.close();
        throw outage(error);
      }
    });
    this.turn = sent.catch(() => undefined);
    return sent;
  }

  private async connect(): Promise<RecordProducer> {
    const { brokers, client } = this.kafka;
    const options = { lingerMs: 0, deliveryTimeoutMs: this.timeoutMs, connectTimeoutMs: this.timeoutMs };
    const producer = createProducer({ brokers, client, ...options });
    await producer.start();
    return producer;
  }
}
