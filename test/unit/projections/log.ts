/** A history as a log, folded in memory: records with positions, the tables of its deletes and inserts, and a store that merges as the cluster does. */
import * as assert from 'uvu/assert';
import { isDeepStrictEqual } from 'node:util';
import { mergeContributions, singleContribution, type ContributionSet } from '../../../projections/contribution.js';
import { parentDocument } from '../../../projections/binary/parent.js';
import { foldJson, parseFold } from '../../../projections/fold-json.js';
import { projections, type TopicKind } from '../../../projections/index.js';
import { documentJson } from '../../../projections/json.js';
import { DeleteTable } from '../../../projections/removal/delete-table.js';
import { InsertTable } from '../../../projections/removal/insert-table.js';
import type { ProjectionSettings } from '../../../projections/settings.js';
import type { Tables } from '../../../projections/removal/tables.js';
import type { DocumentWrite, FoldResult, StreamRecord } from '../../../projections/types.js';
import type { DeleteEvent, InsertEvent, Model, StatusEvent } from '../../../schemas/events.js';
import { validateEvent } from '../../../schemas/validate.js';
import { deepFrozen, eventOf, NOW, SETTINGS, type ExpectedDocument, type HistoryLine } from './support.js';

export type Kind = TopicKind | 'delete' | 'insert';

const MODELS: Readonly<Record<Kind, Model>> = {
  binary: 'binary',
  expedite: 'binary',
  status: 'status',
  plugin: 'plugin',
  download: 'download',
  delete: 'delete',
  insert: 'insert',
};

export interface LogRecord {
  readonly kind: Kind;
  /** The event is null in a tombstone. */
  readonly record: StreamRecord<unknown>;
}

function topicKind(topic: string): Kind {
  const parts = topic.split('.');
  return (parts[2] === 'system' ? parts[3] : 'binary') as Kind;
}

/** Records with offsets counted per topic, deeply frozen: a fold that changed its input would throw. */
export function positioned(history: readonly HistoryLine[]): LogRecord[] {
  const next = new Map<string, number>();
  return history.map(({ topic, key, event }) => {
    const offset = next.get(topic) ?? 0;
    next.set(topic, offset + 1);
    const kind = topicKind(topic);
    const record = { topic, partition: 0, offset, key, event: event === null ? null : eventOf(MODELS[kind], event) };
    return { kind, record: deepFrozen(record) };
  });
}

/** What compaction leaves: the last record of each key, unless it is a tombstone. */
export function compacted(records: readonly LogRecord[]): LogRecord[] {
  const last = new Map<string, LogRecord>();
  for (const one of records) last.set(JSON.stringify([one.record.topic, one.record.partition, one.record.key]), one);
  return [...last.values()].filter(({ record }) => record.event !== null);
}

/** The tables of a log's delete and insert records. */
export function tablesOf(records: readonly LogRecord[]): Tables & { readonly deletes: DeleteTable; readonly inserts: InsertTable } {
  const tables = { deletes: new DeleteTable(), inserts: new InsertTable() };
  for (const { kind, record } of records) {
    const { key, offset, event } = record;
    if (kind === 'delete') tables.deletes.add(key, event as DeleteEvent);
    if (kind !== 'insert') continue;
    assert.is(validateEvent('insert', event as InsertEvent), undefined);
    tables.inserts.set({ key, offset, event: event as InsertEvent });
  }
  return tables;
}

/** A status as the binary projection reads it. */
function statusResults(record: StreamRecord<unknown>): StreamRecord<unknown> {
  const { kafka_key, timestamp, entity } = record.event as StatusEvent;
  return { ...record, event: { kafka_key, timestamp, status: entity.status, results: entity.results } };
}

/** Everything that the projections make of a record. */
export function foldRecord({ kind, record }: LogRecord, tables: Tables, settings: ProjectionSettings = SETTINGS): FoldResult[] {
  const results: FoldResult[] = [];
  for (const { reads } of projections) {
    for (const { form, topics, fold } of reads) {
      if (!(topics as readonly string[]).includes(kind)) continue;
      const run = fold as (r: StreamRecord<unknown>, s: ProjectionSettings, now: bigint, t: Tables) => FoldResult;
      results.push(run(form === 'status-results' ? statusResults(record) : record, settings, NOW, tables));
    }
  }
  return results;
}

interface Held {
  readonly set: ContributionSet;
  readonly write: DocumentWrite;
}

/** A store that keeps the winner's body of each document, as the sink makes the cluster do. */
export class Store {
  private readonly held = new Map<string, Held>();

  take(write: DocumentWrite): void {
    const name = JSON.stringify([write.index, write.id]);
    const known = this.held.get(name);
    const single = singleContribution(write.contribution);
    const set = known === undefined ? single : mergeContributions(200, known.set, single);
    const wins = set.contributions[0] === write.contribution || known === undefined;
    this.held.set(name, { set, write: wins ? write : known.write });
  }

  /** Number of documents with more than one contribution. */
  contested(): number {
    return [...this.held.values()].filter(({ set }) => set.contributions.length > 1).length;
  }

  documents(): ExpectedDocument[] {
    const documents = new Map<string, ExpectedDocument>();
    for (const [name, { write, set }] of this.held) {
      assert.equal(parseFold(foldJson(set.contributions, set.truncated)), set);
      const { index, id, routing } = write;
      documents.set(name, { index, id, routing: routing ?? null, source: JSON.parse(documentJson(write.body)) });
      if (routing === undefined) continue;
      const parent = parentDocument(SETTINGS.partition, routing);
      assert.is(parent.index, index);
      const source: unknown = JSON.parse(documentJson(parent.body));
      documents.set(JSON.stringify([parent.index, parent.id]), { index, id: parent.id, routing, source });
    }
    return [...documents.values()];
  }
}

/** What is missing, extra or different, by index and id. */
export function differences(actual: readonly ExpectedDocument[], expected: readonly ExpectedDocument[]): string[] {
  const byName = (list: readonly ExpectedDocument[]): Map<string, ExpectedDocument> => new Map(list.map((d) => [`${d.index} ${d.id}`, d]));
  const [got, wanted] = [byName(actual), byName(expected)];
  const missing = [...wanted.keys()].filter((name) => !got.has(name)).map((name) => `missing ${name}`);
  const extra = [...got.keys()].filter((name) => !wanted.has(name)).map((name) => `extra ${name}`);
  const different = [...wanted.keys()].filter((name) => got.has(name) && !isDeepStrictEqual(got.get(name), wanted.get(name)));
  return [...missing, ...extra, ...different.map((name) => `different ${name}`)];
}

/** A fixed pseudo-random order (xorshift), so that a failure comes again. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed;
  const random = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
