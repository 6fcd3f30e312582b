import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CaughtUp } from '../../../src/generations/caught-up.js';
import type { PartitionLag } from '../../../streams/group-lag.js';

const test = suite('caught up');

function at(high: number, committed: number | undefined, partition = 0, low = 0): PartitionLag {
  return { topic: 't', partition, low, high, committed, lag: Math.max(0, high - Math.max(low, committed ?? low)) };
}

test('holds at once for an empty log, and for one that is behind retention', () => {
  assert.ok(new CaughtUp(10).observe(0, []));
  assert.ok(new CaughtUp(10).observe(0, [at(0, undefined)]));
  assert.ok(new CaughtUp(10).observe(0, [at(5, undefined, 0, 5)]));
});

test('holds once all that was there a moment ago is committed, though more has come', () => {
  const caughtUp = new CaughtUp(10);
  assert.not.ok(caughtUp.observe(0, [at(100, 10)]));
  assert.not.ok(caughtUp.observe(5, [at(150, 99)]));
  assert.ok(caughtUp.observe(10, [at(200, 100)]));
});

test('does not hold for an end that is too old', () => {
  const caughtUp = new CaughtUp(10);
  caughtUp.observe(0, [at(100, 10)]);
  assert.not.ok(caughtUp.observe(11, [at(200, 100)]));
});

test('waits for every partition, and for the slower of two groups that read one', () => {
  const caughtUp = new CaughtUp(10);
  assert.not.ok(caughtUp.observe(0, [at(5, 5), at(5, 4, 1)]));
  assert.not.ok(caughtUp.observe(1, [at(5, 5), at(5, 5, 1), at(5, undefined, 1)]));
  assert.ok(caughtUp.observe(2, [at(5, 5), at(5, 5, 1), at(5, 5, 1)]));
});

test.run();
