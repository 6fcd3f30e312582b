import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Tally, type Difference } from '../../../src/collections/verify/tally.js';

const test = suite('collections: verify');

const difference = (number: number, kind: Difference['kind']): Difference => {
  return { key: String(number).padStart(8, '0'), kind, stored: null, expiry: -2, expected: '1' };
};

test('counts everything and keeps the first by key, however many there are', () => {
  const tally = new Tally(3);
  const many = 300_000;
  tally.add(Array.from({ length: many }, (_, at) => difference(many - at, 'missing')));
  tally.add([difference(0, 'extra'), difference(many + 1, 'different')]);
  assert.equal(tally.counts, { missing: many, extra: 1, different: 1 });
  assert.equal(
    tally.differences.map(({ key, kind }) => [key, kind]),
    [
      ['00000000', 'extra'],
      ['00000001', 'missing'],
      ['00000002', 'missing'],
    ],
  );
});

test.run();
