import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { createSpool, randomNumbers, shuffleKeepingGroups } from '../../../src/publish/spool.js';

const test = suite('shuffling');

test('gives every position once, those of one group in ascending order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 }), fc.string(), (groups, seed) => {
      const order = [...shuffleKeepingGroups(groups, randomNumbers(seed))];
      assert.equal(
        [...order].sort((a, b) => a - b),
        groups.map((_, index) => index),
      );
      for (const group of new Set(groups)) {
        const positions = order.filter((position) => groups[position] === group);
        assert.equal(
          positions,
          [...positions].sort((a, b) => a - b),
        );
      }
    }),
  );
});

test('depends on the seed and on nothing else', () => {
  const groups = Array.from({ length: 200 }, (_, index) => index);
  const order = (seed: string) => [...shuffleKeepingGroups(groups, randomNumbers(seed))].join();
  assert.is(order('7'), order('7'));
  assert.is.not(order('7'), order('8'));
  assert.is.not(order('7'), groups.join());
});

test('spreads records evenly', () => {
  // Where the first of ten ends up, over many seeds: each place about as often as any other.
  const seen = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 5_000; seed++) {
    const order = shuffleKeepingGroups([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], randomNumbers(String(seed)));
    seen[order.indexOf(0)]!++;
  }
  for (const count of seen) assert.ok(count > 400 && count < 600, seen.join());
});

test('gives back what was put in, tombstones and empty values too', () => {
  const spool = createSpool();
  const records = Array.from({ length: 500 }, (_, index) => ({
    topic: `t${index % 3}`,
    key: `schlüssel-${index % 50}`,
    value: index % 7 === 0 ? null : Buffer.alloc(index * 20, index % 251),
  }));
  for (const record of records) spool.add(record);
  const read = [...spool.shuffled('1')];
  spool.close();
  const text = ({ topic, key, value }: { topic: string; key: string | Buffer; value: Buffer | null }) =>
    `${topic} ${key.toString()} ${value === null ? 'null' : value.toString('hex')}`;
  assert.equal(read.map(text).sort(), records.map(text).sort());
  assert.not.equal(read.map(text), records.map(text));
  for (const group of new Set(records.map(({ topic, key }) => `${topic} ${key}`))) {
    const ofGroup = (list: readonly { topic: string; key: string | Buffer; value: Buffer | null }[]) =>
      list.filter(({ topic, key }) => `${topic} ${key.toString()}` === group).map(text);
    assert.equal(ofGroup(read), ofGroup(records));
  }
});

test.run();
