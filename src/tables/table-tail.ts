/**
 * The delete and insert tables of a worker: read whole before anything is folded, then followed (spec 00 "Deletes", "Inserts").
 *
 * What comes is taken into the tables only when `apply` is called, so that its caller knows which records were folded before. Entries from the
 * applied position on (what a group has committed of these topics) count as arriving live, also at the start.
 */
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DeleteTable } from '../../projections/removal/delete-table.js';
import type { DeleteTarget } from '../../projections/removal/delete-target.js';
import { InsertTable, type InsertEntry } from '../../projections/removal/insert-table.js';
import type { Tables } from '../../projections/removal/tables.js';
import type { DeleteEvent, InsertEvent } from '../../schemas/events.js';
import { validateEvent } from '../../schemas/validate.js';
import { keyText, type KafkaClientSettings, type RawRecord } from '../../streams/consumer.js';
import type { DecodeOutcome, Decoder } from '../../streams/decode.js';
import { followTopics, type TopicFollower } from '../../streams/follow-topics.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';
import { systemTopic } from '../../streams/topics.js';
import { lookUpSchema } from '../schema-lookup.js';
import { latestRecords } from './latest-records.js';

/** An insert that was set (`entry`), or removed by a tombstone or a record that is no insert. */
export interface InsertChange {
  readonly key: string;
  /** Of the record that sets or removes it: what earlier ones of its key derived counts no longer. */
  readonly offset: number;
  readonly entry: InsertEntry | undefined;
}

export interface RefusedEntry {
  readonly record: RawRecord;
  readonly refusalClass: 'Malformed' | 'ValidationError';
  readonly reason: string;
}

/** What documents written so far do not know yet. */
export interface TableChanges {
  readonly deletes: readonly DeleteTarget[];
  /** In the order of their records. */
  readonly inserts: readonly InsertChange[];
  readonly refused: readonly RefusedEntry[];
}

/** Up to where entries are known to be applied: next offsets by `topic/partition`; `all`: everything is. */
export type Applied = ReadonlyMap<string, number> | 'all';

export interface TableTail {
  /** As the folds see them. */
  readonly tables: Tables;
  /** Loads the tables. Answers with what is not applied yet. Rejects when the broker does not answer. */
  start(applied: Applied): Promise<TableChanges>;
  /** Whether there is something for `apply`. */
  readonly hasNews: boolean;
  /** Resolves when everything that the topics hold at the time of the call waits for `apply`. Rejects when the broker does not answer. */
  catchUp(): Promise<void>;
  /** Takes what has come into the tables. Asynchronous only while a schema is looked up. */
  apply(): Promise<TableChanges>;
  /** Next offsets after what the tables hold. */
  readonly position: readonly TopicPartitionOffset[];
  /** Whether an insert of this binary (hash in lower case) is known to have been removed or replaced: what it derived may be left from a worker that died. */
  wasChanged(parentSha256: string): boolean;
  /** How many inserts have come so far. */
  readonly arrived: number;
  /** Whether the insert at this offset stands, and is none of the first `arrived` that came. */
  stands(key: string, offset: number, arrived?: number): boolean;
  close(): Promise<void>;
}

export interface TableTailOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly topicPrefix: string;
  readonly decoder: Decoder;
  readonly onTombstone: (topic: string) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** So many entries are loaded before others have a turn. What comes later is taken without one: a fold must not see half of it. */
const LOADED_AT_ONCE = 1_000;

/** The topics that tables are made from. */
export function tableTopics(topicPrefix: string): { readonly deletes: string; readonly inserts: string } {
  return { deletes: systemTopic(topicPrefix, 'delete'), inserts: systemTopic(topicPrefix, 'insert') };
}

interface MutableChanges {
  readonly deletes: DeleteTarget[];
  readonly inserts: InsertChange[];
  readonly refused: RefusedEntry[];
}

export function createTableTail({ brokers, client, topicPrefix, decoder, onTombstone, log, signal }: TableTailOptions): TableTail {
  const topics = tableTopics(topicPrefix);
  const deletes = new DeleteTable();
  const inserts = new InsertTable();
  const changedParents = new Set<string>();
  const arrivals = new Map<string, number>();
  let arrived = 0;
  let follower: TopicFollower | undefined;
  let waiting: RawRecord[] = [];
  let position: readonly TopicPartitionOffset[] = [];

  /**
   * Takes a record into its table; without `changes` one that is applied already. Answers with a promise only while a schema is looked up: a
   * hundred thousand records would each wait for a turn.
   */
  function takeRecord(record: RawRecord, changes: MutableChanges | undefined): Promise<void> | undefined {
    const form = record.topic === topics.deletes ? 'delete' : 'insert';
    const outcome = decoder.decode(form, record.value);
    if (outcome.kind === 'unresolved')
      return lookUpSchema(decoder, outcome.schemaId, { log, signal }).then(() => takeRecord(record, changes));
    if (outcome.kind === 'tombstone') onTombstone(record.topic);
    const refused = outcome.kind === 'tombstone' ? undefined : refusalOf(form, record, outcome);
    if (refused !== undefined) changes?.refused.push(refused);
    const event = outcome.kind === 'event' && refused === undefined ? outcome.event : undefined;
    if (form === 'insert') takeInsert(record, event as InsertEvent | undefined, changes);
    // A delete that is taken back counts on until the next rebuild or repair (spec 00 "Tombstones").
    else if (event !== undefined) takeDelete(record, event as DeleteEvent, changes);
    return undefined;
  }

  function takeDelete(record: RawRecord, event: DeleteEvent, changes: MutableChanges | undefined): void {
    const key = keyText(record);
    if (changes === undefined) {
      deletes.load(key, event);
      return;
    }
    const target = deletes.add(key, event);
    if (target !== undefined) changes.deletes.push(target);
  }

  /** Without an event the key has no insert any more. */
  function takeInsert(record: RawRecord, event: InsertEvent | undefined, changes: MutableChanges | undefined): void {
    const { offset } = record;
    const key = keyText(record);
    if (event !== undefined) {
      const entry: InsertEntry = { key, offset, event };
      noteChanged(inserts.set(entry).replaced);
      const standing = inserts.get(key)!;
      if (standing === entry) arrivals.set(key, ++arrived);
      changes?.inserts.push({ key, offset: standing.offset, entry: standing });
      return;
    }
    noteChanged(inserts.delete(key));
    arrivals.delete(key);
    changes?.inserts.push({ key, offset, entry: undefined });
  }

  function noteChanged(entry: Pick<InsertEntry, 'event'> | undefined): void {
    if (entry) changedParents.add(entry.event.entity.parent_sha256.toLowerCase());
  }

  async function take(records: readonly RawRecord[]): Promise<TableChanges> {
    const changes = noChanges();
    for (const record of records) {
      const pending = takeRecord(record, changes);
      if (pending !== undefined) await pending;
    }
    return changes;
  }

  /** Empties the list, so that no record is held longer than needed. Other projections go on meanwhile. */
  async function load(records: RawRecord[], changes: MutableChanges | undefined): Promise<void> {
    records.reverse();
    for (let record = records.pop(); record !== undefined; record = records.pop()) {
      const pending = takeRecord(record, changes);
      if (pending !== undefined) await pending;
      if (records.length % LOADED_AT_ONCE === 0) await setImmediate();
    }
  }

  /** An insert that another record has replaced may have derived children. */
  async function noteReplaced(record: RawRecord): Promise<void> {
    const outcome = decoder.decode('insert', record.value);
    if (outcome.kind === 'unresolved') {
      await lookUpSchema(decoder, outcome.schemaId, { log, signal });
      await noteReplaced(record);
    } else if (outcome.kind === 'event') noteChanged(outcome);
  }

  /** What waits, and the position behind it. */
  function takeWaiting(): RawRecord[] {
    const records = waiting;
    waiting = [];
    position = follower!.reached();
    return records;
  }

  return {
    tables: { deletes, inserts },
    async start(applied) {
      // One that could not read to the end would go on beside the next.
      await follower?.close();
      waiting = [];
      follower = await followTopics({
        brokers,
        client,
        topics: [topics.deletes, topics.inserts],
        missing: 'wait',
        onRecord: (record) => void waiting.push(ownRecord(record)),
        onError: (error) => log.warn({ err: error }, 'Kafka client'),
      });
      await follower.catchUp();
      const { latest, replaced } = latestRecords(takeWaiting());
      for (const record of replaced) if (record.topic === topics.inserts) await noteReplaced(record);
      const known: RawRecord[] = [];
      const news: RawRecord[] = [];
      for (const record of latest.splice(0)) {
        const isApplied = applied === 'all' || record.offset < (applied.get(`${record.topic}/${record.partition}`) ?? 0);
        (isApplied ? known : news).push(record);
      }
      // Those first: what they cover is no news.
      await load(known, undefined);
      const changes = noChanges();
      await load(news, changes);
      return changes;
    },
    get hasNews() {
      return waiting.length > 0;
    },
    catchUp: () => follower!.catchUp(),
    apply: () => take(takeWaiting()),
    get position() {
      return position;
    },
    get arrived() {
      return arrived;
    },
    stands: (key, offset, after = 0) => inserts.get(key)?.offset === offset && arrivals.get(key)! > after,
    wasChanged: (parentSha256) => changedParents.size > 0 && changedParents.has(parentSha256),
    async close() {
      await follower?.close();
    },
  };
}

/** A copy in little memory: of a topic that is read whole all records are held at once, and as the client gives them they take three times of it. */
function ownRecord(record: RawRecord): RawRecord {
  const { topic, partition, offset, value, timestamp } = record;
  return { topic, partition, offset, key: keyText(record), value: value && Buffer.from(value), timestamp };
}

function noChanges(): MutableChanges {
  return { deletes: [], inserts: [], refused: [] };
}

/** Why a record counts for nothing; undefined when it counts. */
function refusalOf(
  form: 'delete' | 'insert',
  record: RawRecord,
  outcome: Extract<DecodeOutcome<DeleteEvent | InsertEvent>, { kind: 'event' | 'malformed' }>,
): RefusedEntry | undefined {
  if (outcome.kind === 'malformed') return { record, refusalClass: 'Malformed', reason: outcome.reason };
  const reason = validateEvent(form, outcome.event);
  return reason === undefined ? undefined : { record, refusalClass: 'ValidationError', reason };
}
