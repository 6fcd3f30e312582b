/**
 * The delete and insert tables as a rebuild would load them now: the last record of each key counts, and a delete that was taken back is gone
 * (spec 00 "Tombstones").
 */
import { DeleteTable } from '../../projections/removal/delete-table.js';
import { covers, deleteTarget, type DeleteTarget } from '../../projections/removal/delete-target.js';
import { InsertTable, type InsertEntry } from '../../projections/removal/insert-table.js';
import type { Tables } from '../../projections/removal/tables.js';
import type { Contribution } from '../../projections/types.js';
import type { DeleteEvent, InsertEvent } from '../../schemas/events.js';
import { validateEvent } from '../../schemas/validate.js';
import { keyText, type RawRecord } from '../../streams/consumer.js';
import type { Decoder } from '../../streams/decode.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';
import { readTopic } from '../../streams/read-topic.js';
import { systemTopic } from '../../streams/topics.js';
import type { KafkaConfig } from '../config/index.js';

export interface KnownDelete {
  readonly key: string;
  readonly position: TopicPartitionOffset;
  readonly event: DeleteEvent;
}

export interface LogTables extends Tables {
  /** The delete that takes a contribution away, found by its tokens, for contributions whose event is not at hand. */
  deleteOf(contribution: Contribution): KnownDelete | undefined;
  /** Whether the inserts that a contribution was derived by are in force as they were. */
  derivationHolds(contribution: Pick<Contribution, 'insertKeys' | 'insertOffsets'>): boolean;
  insert(key: string): InsertEntry | undefined;
  /** A delete by its key. */
  delete(key: string): KnownDelete | undefined;
}

/** Tables that deletes may be added to; they can't be taken out again. */
export interface GrowingLogTables extends LogTables {
  add(known: KnownDelete): void;
}

/** Reads both topics to the ends that they have now; one that does not exist reads as empty. Rejects when the broker or the registry does not answer. */
export async function readLogTables({ brokers, client, topicPrefix }: KafkaConfig, decoder: Decoder): Promise<LogTables> {
  const read = async (name: string): Promise<RawRecord[]> => {
    const latest = new Map<string, RawRecord>();
    await readTopic(brokers, client, systemTopic(topicPrefix, name), (record) => {
      const { topic, partition, offset, value } = record;
      const key = keyText(record);
      latest.set(`${partition}/${key}`, { topic, partition, offset, key, value });
    });
    return [...latest.values()].filter(({ value }) => value !== null && value.length > 0);
  };
  const known: KnownDelete[] = [];
  for (const record of await read('delete')) {
    const event = await decoded<DeleteEvent>('delete', record, decoder);
    if (event !== undefined) known.push({ key: keyText(record), position: record, event });
  }
  const inserts = new InsertTable();
  for (const record of await read('insert')) {
    const event = await decoded<InsertEvent>('insert', record, decoder);
    if (event !== undefined) inserts.set({ key: keyText(record), offset: record.offset, event });
  }
  return logTables(known, inserts);
}

/** Undefined for what is no valid event: it is as if it were not there. */
async function decoded<E>(form: 'delete' | 'insert', { value }: RawRecord, decoder: Decoder): Promise<E | undefined> {
  let outcome = decoder.decode(form, value);
  if (outcome.kind === 'unresolved') {
    await decoder.resolve(outcome.schemaId);
    outcome = decoder.decode(form, value);
  }
  return outcome.kind === 'event' && validateEvent(form, outcome.event as never) === undefined ? (outcome.event as E) : undefined;
}

interface TargetOf {
  readonly target: DeleteTarget;
  readonly known: KnownDelete;
}

export function logTables(known: readonly KnownDelete[], inserts: InsertTable): GrowingLogTables {
  const deletes = new DeleteTable();
  const byKey = new Map<string, KnownDelete>();
  const byToken = new Map<string, TargetOf[]>();
  const add = (one: KnownDelete): void => {
    deletes.load(one.key, one.event);
    byKey.set(one.key, one);
    const target = deleteTarget(one.event);
    for (const token of target?.tokens ?? []) {
      const entry = { target: { ...target!, tokens: [token] }, known: one };
      const list = byToken.get(token);
      if (list === undefined) byToken.set(token, [entry]);
      else list.push(entry);
    }
  };
  for (const one of known) add(one);
  return {
    add,
    deletes,
    inserts,
    insert: (key) => inserts.get(key),
    delete: (key) => byKey.get(key),
    deleteOf(contribution) {
      if (byToken.size === 0) return undefined;
      for (const token of contribution.tokens) {
        const found = byToken.get(token)?.find(({ target }) => covers(target, contribution));
        if (found !== undefined) return found.known;
      }
      return undefined;
    },
    derivationHolds: ({ insertKeys, insertOffsets }) => insertKeys.every((key, at) => inserts.get(key)?.offset === insertOffsets[at]),
  };
}
