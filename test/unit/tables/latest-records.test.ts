import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { latestRecords } from '../../../src/tables/latest-records.js';
import type { RawRecord } from '../../../streams/consumer.js';

const test = suite('latest records');

function record(key: string | null, offset: number, changes: Partial<RawRecord> = {}): RawRecord {
  return { topic: 't', partition: 0, offset, key, value: Buffer.from(String(offset)), ...changes };
}

const offsets = (records: readonly RawRecord[]): number[] => records.map(({ offset }) => offset);

test('keeps the last record of each key, in the order of what stands, and names what was replaced', () => {
  const { latest, replaced } = latestRecords([record('a', 0), record('b', 1), record('a', 2), record('c', 3), record('a', 4)]);
  assert.equal(offsets(latest), [1, 3, 4]);
  assert.equal(offsets(replaced), [0, 2]);
});

test('keeps tombstones: they replace, and what they removed may have left something', () => {
  const { latest, replaced } = latestRecords([record('a', 0), record('a', 1, { value: null })]);
  assert.equal(offsets(latest), [1]);
  assert.is(latest[0]!.value, null);
  assert.equal(offsets(replaced), [0]);
});

test('tells keys apart by topic and partition, and takes text and bytes for the same key', () => {
  const { latest } = latestRecords([record('a', 0), record('a', 1, { partition: 1 }), record('a', 2, { topic: 'u' })]);
  assert.equal(offsets(latest), [0, 1, 2]);
  assert.equal(offsets(latestRecords([record('a', 0), record(null, 1, { key: Buffer.from('a') })]).latest), [1]);
});

test('takes records without a key for records of one key', () => {
  assert.equal(offsets(latestRecords([record(null, 0), record(null, 1)]).latest), [1]);
});

test.run();
