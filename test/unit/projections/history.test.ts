import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_TABLES } from '../../../projections/removal/tables.js';
import type { StreamRecord } from '../../../projections/types.js';
import { differences, foldRecord, positioned, shuffled, Store, type LogRecord } from './log.js';
import { readExpected, readHistory, type ExpectedDocument } from './support.js';

const test = suite('the plain history');

function storeOf(records: readonly LogRecord[]): Store {
  const store = new Store();
  for (const record of records) {
    for (const result of foldRecord(record, NO_TABLES)) {
      assert.equal(result.refusals, []);
      assert.equal(result.skips, []);
      for (const write of result.writes) store.take(write);
    }
  }
  return store;
}

function assertDocuments(actual: readonly ExpectedDocument[]): void {
  assert.equal(differences(actual, expected), []);
  assert.is(actual.length, expected.length);
}

const records = positioned(readHistory('history-plain'));
const expected = readExpected('history-plain');

test('gives exactly the expected documents', () => assertDocuments(storeOf(records).documents()));

for (const seed of [1, 20, 300]) {
  test(`gives them in a shuffled order too (${seed})`, () => assertDocuments(storeOf(shuffled(records, seed)).documents()));
}

test('gives them when everything comes twice', () => {
  assertDocuments(storeOf([...records, ...shuffled(records, 4000)]).documents());
});

test('folds every record to the same twice', () => {
  for (const record of records) assert.equal(foldRecord(record, NO_TABLES), foldRecord(record, NO_TABLES));
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
