import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tables } from '../../../projections/removal/tables.js';
import type { SkipReason } from '../../../projections/types.js';
import { compacted, differences, foldRecord, positioned, shuffled, Store, tablesOf, type LogRecord } from './log.js';
import { readExpected, readHistory } from './support.js';

const test = suite('the full history');

const published = positioned(readHistory('history-full'));
const records = compacted(published);
const tables = tablesOf(records);
const expected = readExpected('history-full');

function storeOf(list: readonly LogRecord[], under: Tables = tables): { readonly store: Store; readonly skips: Map<SkipReason, number> } {
  const store = new Store();
  const skips = new Map<SkipReason, number>();
  for (const record of list) {
    for (const result of foldRecord(record, under)) {
      assert.equal(result.refusals, []);
      for (const { reason } of result.skips) skips.set(reason, (skips.get(reason) ?? 0) + 1);
      for (const write of result.writes) store.take(write);
    }
  }
  return { store, skips };
}

const faults = (list: readonly LogRecord[], under?: Tables): string[] => differences(storeOf(list, under).store.documents(), expected);

test('gives exactly the expected documents, parents included', () => {
  assert.equal(faults(records), []);
  assert.is(storeOf(records).store.documents().length, expected.length);
});

for (const seed of [7, 70, 700]) {
  test(`gives them in a shuffled order too (${seed})`, () => {
    const order = shuffled(records, seed);
    assert.equal(faults(order, tablesOf(shuffled(records, seed + 1))), []);
    assert.equal(faults([...order, ...records]), []);
  });
}

test('holds what makes it worth folding: deletes, inserts, chains, tombstones, contested documents', () => {
  const { store, skips } = storeOf(records);
  assert.ok(skips.get('deleted')! >= 90, 'deleted events');
  assert.ok(store.contested() >= 10);
  assert.ok(tables.deletes.entries >= 20 && tables.inserts.entries >= 10);
  assert.ok(published.filter(({ record }) => record.event === null).length >= 5);
  const depths = records.flatMap((record) => foldRecord(record, tables)).flatMap(({ writes }) => writes.map(({ contribution }) => contribution.insertKeys.length)); // prettier-ignore
  assert.ok(depths.filter((depth) => depth === 1).length >= 5 && depths.some((depth) => depth > 1), 'derived children and chains');
});

test('would notice a delete, an insert or a tombstone that is not honoured', () => {
  const none = tablesOf([]);
  assert.match(faults(records, { ...tables, deletes: none.deletes })[0]!, /^extra /);
  assert.match(faults(records, { ...tables, inserts: none.inserts })[0]!, /^missing /);
  const withoutTombstones = compacted(published.filter(({ record }) => record.event !== null));
  assert.ok(faults(withoutTombstones, tables).length > 0, 'tombstones of events');
  assert.ok(faults(records, tablesOf(withoutTombstones)).length > 0, 'tombstones of inserts');
});

test.run();
