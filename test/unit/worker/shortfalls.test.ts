import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Contribution } from '../../../projections/types.js';
import { Shortfalls } from '../../../src/worker/shortfalls.js';
import type { RawRecord } from '../../../streams/consumer.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('shortfalls');

const record = (offset: number, key: string | null = 'a', partition = 0): RawRecord => ({
  topic: 't',
  partition,
  offset,
  key,
  value: null,
});
const made = (offset: number, changes: Partial<Contribution> = {}): Contribution =>
  contribution({ topic: 't', partition: 0, recordKey: 'a', eventKey: 'a', offset, ...changes });

/** Which of the contributions go by what was added. */
function going(shortfalls: Shortfalls, contributions: readonly Contribution[]): boolean[] {
  const { retractions } = shortfalls.take();
  return contributions.map((one) => retractions.some(({ matches }) => matches(one)));
}

test('a record that makes nothing takes what earlier ones of its key made, and an earlier delivery of itself', () => {
  const shortfalls = new Shortfalls();
  shortfalls.add(record(5), []);
  const others = [made(6), made(4, { recordKey: 'b' }), made(4, { partition: 1 }), made(4, { topic: 'u' })];
  assert.equal(going(shortfalls, [made(4), made(5), ...others]), [true, true, false, false, false, false]);
});

test('what the record does make stays, told apart by event key and inserts with their versions', () => {
  const shortfalls = new Shortfalls();
  const child = { eventKey: 'child', insertKeys: ['i'], insertOffsets: [7] };
  shortfalls.add(record(5), [made(5), made(5, child)]);
  const gone = [made(5, { ...child, insertOffsets: [6] }), made(5, { eventKey: 'other' }), made(4)];
  assert.equal(going(shortfalls, [made(5), made(5, child), ...gone]), [false, false, true, true, true]);
});

test('what inserts make of the record later stays, of the record itself only', () => {
  const shortfalls = new Shortfalls();
  const later = { eventKey: 'child', insertKeys: ['i'], insertOffsets: [7] };
  shortfalls.add(record(5), [made(5)], ({ insertKeys }) => insertKeys.includes('i'));
  assert.equal(going(shortfalls, [made(5, later), made(4, later), made(5, { ...later, insertKeys: ['j'] })]), [false, true, true]);
});

test('of several records of a key the last counts, in whatever order they are told', () => {
  const shortfalls = new Shortfalls();
  shortfalls.add(record(5), []);
  shortfalls.add(record(3), [made(3)]);
  assert.is(shortfalls.size, 1);
  assert.equal(going(shortfalls, [made(3), made(5)]), [true, true]);
  shortfalls.add(record(5), []);
  shortfalls.add(record(6), [made(6)]);
  assert.equal(going(shortfalls, [made(5), made(6)]), [true, false]);
});

test('a record of which OpenSearch refused something replaces earlier ones, but nothing of itself', () => {
  const shortfalls = new Shortfalls();
  shortfalls.addRefused(record(5));
  assert.equal(going(shortfalls, [made(4), made(5)]), [true, false]);
  shortfalls.add(record(5), []);
  shortfalls.addRefused(record(5));
  assert.equal(going(shortfalls, [made(5)]), [true], 'what was known of the record itself stands');
});

test('names the records, by an empty key where they have none, and is empty once taken', () => {
  const shortfalls = new Shortfalls();
  shortfalls.add(record(5), []);
  shortfalls.add(record(1, null, 2), []);
  const { records } = shortfalls.take();
  assert.equal(records.map(({ topic, partition, recordKey, offset }) => [topic, partition, recordKey, offset]), [['t', 0, 'a', 5], ['t', 2, '', 1]]); // prettier-ignore
  assert.is(shortfalls.size, 0);
  assert.equal(shortfalls.take().retractions, []);
});

test.run();
