/**
 * The delete and insert tables for answers from the log: followed, and brought up to the end of their topics whenever they are asked for. Unlike a
 * worker's they are as a rebuild would load them: a delete that was taken back counts no longer.
 */
import { InsertTable } from '../../../projections/removal/insert-table.js';
import type { DeleteEvent, InsertEvent } from '../../../schemas/events.js';
import { validateEvent } from '../../../schemas/validate.js';
import { createTopicAdmin, type TopicAdmin } from '../../../streams/admin.js';
import { keyText, type RawRecord } from '../../../streams/consumer.js';
import { followTopics, type TopicFollower } from '../../../streams/follow-topics.js';
import type { KafkaConfig } from '../../config/index.js';
import { logTables, type KnownDelete, type LogTables } from '../../tables/log-tables.js';
import { tableTopics } from '../../tables/table-tail.js';

export interface CurrentTables {
  /**
   * The tables with every delete and insert that the brokers had acknowledged when this was called; later ones may be in them. What is in flight is
   * shared: however many ask, the ends of the topics are asked for once at a time. Rejects when the broker does not answer.
   */
  read(): Promise<LogTables>;
  close(): Promise<void>;
}

export interface CurrentTablesOptions {
  readonly kafka: KafkaConfig;
  /** The event of a record; undefined for what is none. */
  readonly decode: (form: 'delete' | 'insert', value: Buffer | null) => Promise<DeleteEvent | InsertEvent | undefined>;
  readonly timeoutMs: number;
  readonly onError: (error: Error) => void;
}

/** Records that may wait until somebody asks; then they are taken in at once. */
const MOST_WAITING = 1_000;

/** Connects when it is asked for the first time. */
export function createCurrentTables({ kafka, decode, timeoutMs, onError }: CurrentTablesOptions): CurrentTables {
  const { brokers, client, topicPrefix } = kafka;
  const topics = tableTopics(topicPrefix);
  /** By partition and key of the record. */
  const known = new Map<string, KnownDelete>();
  const inserts = new InsertTable();
  let tables = logTables([], inserts);
  /** A delete was replaced or taken back, which the tables can't do. */
  let outdated = false;
  const waiting: RawRecord[] = [];
  let admin: TopicAdmin | undefined;
  let follower: Promise<TopicFollower> | undefined;
  let running: Promise<LogTables> | undefined;
  let next: Promise<LogTables> | undefined;

  function followed(): Promise<TopicFollower> {
    return (follower ??= followTopics({
      brokers,
      client,
      topics: [topics.deletes, topics.inserts],
      missing: 'wait',
      onRecord: arrived,
      onError,
      timeoutMs,
    }).catch((error: unknown) => {
      follower = undefined;
      throw error;
    }));
  }

  function arrived({ topic, partition, offset, key, value }: RawRecord): void {
    waiting.push({ topic, partition, offset, key: key ?? null, value });
    if (waiting.length === MOST_WAITING) read().catch(onError);
  }

  /** Undefined for a tombstone and for what is no valid event: it is as if it were not there. */
  async function eventOf<E extends DeleteEvent | InsertEvent>(form: 'delete' | 'insert', { value }: RawRecord): Promise<E | undefined> {
    const event = await decode(form, value);
    return event !== undefined && validateEvent(form, event as never) === undefined ? (event as E) : undefined;
  }

  async function takeDelete(record: RawRecord): Promise<void> {
    const { topic, partition, offset } = record;
    const event = await eventOf<DeleteEvent>('delete', record);
    const key = keyText(record);
    const name = `${partition}/${key}`;
    outdated = known.delete(name) || outdated;
    if (event === undefined) return;
    const one = { key, position: { topic, partition, offset }, event };
    known.set(name, one);
    if (!outdated) tables.add(one);
  }

  async function takeInsert(record: RawRecord): Promise<void> {
    const event = await eventOf<InsertEvent>('insert', record);
    const key = keyText(record);
    if (event === undefined) inserts.delete(key);
    else inserts.set({ key, offset: record.offset, event });
  }

  /** Takes in what has come. What could not be decoded for want of the registry stays for the next time, with all behind it. */
  async function takeWaiting(): Promise<void> {
    let taken = 0;
    try {
      for (; taken < waiting.length; taken++) {
        const record = waiting[taken]!;
        await (record.topic === topics.deletes ? takeDelete(record) : takeInsert(record));
      }
    } finally {
      waiting.splice(0, taken);
    }
    if (!outdated) return;
    tables = logTables([...known.values()], inserts);
    outdated = false;
  }

  /** The ends are asked for apart from the records: on one connection the question would wait for records to come. */
  async function catchUp(): Promise<LogTables> {
    admin ??= createTopicAdmin({ brokers, client, timeoutMs, onError });
    const [ends, found] = await Promise.all([admin.ends([topics.deletes, topics.inserts]), followed()]);
    await found.reach(ends);
    await takeWaiting();
    return tables;
  }

  /** One that runs has asked for the ends of the topics before: who comes later needs the next. */
  function read(): Promise<LogTables> {
    if (running === undefined) return (running = catchUp().finally(() => (running = undefined)));
    return (next ??= running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        next = undefined;
        return read();
      }));
  }

  return {
    read,
    async close() {
      admin?.close();
      await (await follower?.catch(() => undefined))?.close();
    },
  };
}
