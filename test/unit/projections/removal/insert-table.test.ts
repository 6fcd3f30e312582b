import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InsertTable, type InsertEntry } from '../../../../projections/removal/insert-table.js';
import { insertEvent } from './events.js';

const test = suite('insert table');

const entry = (key: string, offset: number, parent: string): InsertEntry => ({ key, offset, event: insertEvent({ parent }) });

function keysOf(table: InsertTable, parent: string): string[] {
  return table.of(parent).map(({ key, offset }) => `${key}@${offset}`).sort(); // prettier-ignore
}

test('finds the inserts of a binary by its exact hash', () => {
  const table = new InsertTable();
  assert.equal(table.of('aa'), []);
  assert.equal(table.set(entry('i1', 0, 'aa')), { replaced: undefined });
  table.set(entry('i2', 1, 'aa'));
  table.set(entry('i3', 2, 'bb'));
  assert.equal(keysOf(table, 'aa'), ['i1@0', 'i2@1']);
  assert.equal(keysOf(table, 'bb'), ['i3@2']);
  assert.equal(table.of('AA'), []);
  assert.is(table.entries, 3);
});

test('replaces an insert by a later one of its key, even under another parent', () => {
  const table = new InsertTable();
  const first = entry('i1', 0, 'aa');
  table.set(first);
  assert.is(table.set(entry('i1', 4, 'bb')).replaced, first);
  assert.equal(table.of('aa'), []);
  assert.equal(keysOf(table, 'bb'), ['i1@4']);
  assert.is(table.entries, 1);
  assert.is(table.get('i1')?.offset, 4);
});

test('keeps the later insert when the earlier one comes again', () => {
  const table = new InsertTable();
  table.set(entry('i1', 4, 'bb'));
  for (const again of [entry('i1', 4, 'cc'), entry('i1', 3, 'cc')]) assert.is(table.set(again).replaced, undefined);
  assert.equal(keysOf(table, 'bb'), ['i1@4']);
  assert.equal(table.of('cc'), []);
});

test('forgets an insert by its key', () => {
  const table = new InsertTable();
  table.set(entry('i1', 0, 'aa'));
  table.set(entry('i2', 1, 'aa'));
  assert.is(table.delete('i1')?.offset, 0);
  assert.is(table.delete('i1'), undefined);
  assert.equal(keysOf(table, 'aa'), ['i2@1']);
  assert.is(table.entries, 1);
});

test.run();
