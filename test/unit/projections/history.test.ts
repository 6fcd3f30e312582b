import { isDeepStrictEqual } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parentDocument } from '../../../projections/binary/parent.js';
import { mergeContributions, singleContribution, type ContributionSet } from '../../../projections/contribution.js';
import { foldJson, parseFold } from '../../../projections/fold-json.js';
import { projections, type Form, type TopicKind } from '../../../projections/index.js';
import { documentJson } from '../../../projections/json.js';
import { NO_TABLES, type Tables } from '../../../projections/removal/tables.js';
import type { DocumentWrite, FoldResult, StreamRecord } from '../../../projections/types.js';
import type { Model } from '../../../schemas/events.js';
import { deepFrozen, eventOf, NOW, readExpected, readHistory, SETTINGS, type ExpectedDocument, type HistoryLine } from './support.js';

const test = suite('the plain history');

const MODELS: Readonly<Record<TopicKind, Model>> = {
  binary: 'binary',
  expedite: 'binary',
  status: 'status',
  plugin: 'plugin',
  download: 'download',
};

function topicKind(topic: string): TopicKind {
  const parts = topic.split('.');
  return (parts[2] === 'system' ? parts[3] : 'binary') as TopicKind;
}

interface Positioned {
  readonly kind: TopicKind;
  readonly record: StreamRecord<unknown>;
}

/** Records with offsets counted per topic, deeply frozen: a fold that changed its input would throw. */
function positioned(history: readonly HistoryLine[]): Positioned[] {
  const next = new Map<string, number>();
  return history.map(({ topic, key, event }) => {
    const offset = next.get(topic) ?? 0;
    next.set(topic, offset + 1);
    const kind = topicKind(topic);
    const record = { topic, partition: 0, offset, key, event: eventOf(MODELS[kind], event) };
    return { kind, record: deepFrozen(record) };
  });
}

/** Everything that the projections make of a record, but for status results, which stored statuses have none of. */
function foldRecord({ kind, record }: Positioned): FoldResult[] {
  const results: FoldResult[] = [];
  for (const projection of projections) {
    for (const reading of projection.reads) {
      const fold = reading.fold as (r: StreamRecord<unknown>, s: typeof SETTINGS, now: bigint, tables: Tables) => FoldResult;
      if (reading.topics.includes(kind) && reading.form !== ('status-results' satisfies Form))
        results.push(fold(record, SETTINGS, NOW, NO_TABLES));
    }
  }
  return results;
}

interface Held {
  readonly set: ContributionSet;
  readonly write: DocumentWrite;
}

/** A store that keeps the winner's body of each document, as the sink makes the cluster do. */
class Store {
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
      documents.set(JSON.stringify([parent.index, parent.id]), {
        index,
        id: parent.id,
        routing,
        source: JSON.parse(documentJson(parent.body)),
      });
    }
    return [...documents.values()];
  }
}

function storeOf(records: readonly Positioned[]): Store {
  const store = new Store();
  for (const record of records) {
    for (const result of foldRecord(record)) {
      assert.equal(result.refusals, []);
      assert.equal(result.skips, []);
      for (const write of result.writes) store.take(write);
    }
  }
  return store;
}

/** What is missing, extra or different, by index and id. */
function differences(actual: readonly ExpectedDocument[], expected: readonly ExpectedDocument[]): string[] {
  const byName = (list: readonly ExpectedDocument[]): Map<string, ExpectedDocument> => new Map(list.map((d) => [`${d.index} ${d.id}`, d]));
  const [got, wanted] = [byName(actual), byName(expected)];
  const missing = [...wanted.keys()].filter((name) => !got.has(name)).map((name) => `missing ${name}`);
  const extra = [...got.keys()].filter((name) => !wanted.has(name)).map((name) => `extra ${name}`);
  const different = [...wanted.keys()].filter((name) => got.has(name) && !isDeepStrictEqual(got.get(name), wanted.get(name)));
  return [...missing, ...extra, ...different.map((name) => `different ${name}`)];
}

function assertDocuments(actual: readonly ExpectedDocument[]): void {
  assert.equal(differences(actual, expected), []);
  assert.is(actual.length, expected.length);
}

/** A fixed pseudo-random order (xorshift), so that a failure comes again. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
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

const records = positioned(readHistory());
const expected = readExpected();

test('gives exactly the expected documents', () => assertDocuments(storeOf(records).documents()));

for (const seed of [1, 20, 300]) {
  test(`gives them in a shuffled order too (${seed})`, () => assertDocuments(storeOf(shuffled(records, seed)).documents()));
}

test('gives them when everything comes twice', () => {
  assertDocuments(storeOf([...records, ...shuffled(records, 4000)]).documents());
});

test('folds every record to the same twice', () => {
  for (const record of records) assert.equal(foldRecord(record), foldRecord(record));
});

test('has several contributions to many documents, so that the order rule matters', () => {
  assert.ok(storeOf(records).contested() >= 10);
});

test('would notice a missing record, a missing parent, an extra document and a changed value', () => {
  const documents = storeOf(records).documents();
  const sourced = records.find(({ record }) => record.topic.endsWith('.sourced'));
  assert.match(differences(storeOf(records.filter((record) => record !== sourced)).documents(), expected)[0]!, /^missing /);
  const parent = documents.findIndex(({ id, routing }) => id === routing);
  assert.equal(differences(documents.toSpliced(parent, 1), expected), [`missing ${documents[parent]!.index} ${documents[parent]!.id}`]);
  assert.match(differences(documents, expected.slice(1))[0]!, /^extra /);
  const changed = structuredClone(expected) as { source: { security: string } }[];
  changed[9]!.source.security += ' ';
  assert.match(differences(documents, changed as unknown as ExpectedDocument[])[0]!, /^different /);
});

test('would notice a later offset that does not replace the earlier one', () => {
  // A re-published record with an older event time: the later offset stands, so the document changes.
  const last = records.findLast(({ kind }) => kind === 'plugin')!;
  const { event } = last.record as StreamRecord<{ timestamp: bigint }>;
  const again = { kind: last.kind, record: { ...last.record, offset: last.record.offset + 1000, event: { ...event, timestamp: 0n } } };
  const faults = differences(storeOf([...records, again]).documents(), expected);
  assert.is(faults.length, 1);
  assert.match(faults[0]!, /^different .*plugin/);
});

test.run();
