import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Epoch } from '../../../src/worker/epoch.js';

const test = suite('epoch');

const outcomeOf = (work: Promise<void>): Promise<string> => work.then(() => 'settled', (error: unknown) => String(error)); // prettier-ignore

test('is empty until something is read, or only a position is known', () => {
  assert.ok(new Epoch(1).isEmpty);
  const read = new Epoch(1);
  read.records = 1;
  assert.not(read.isEmpty);
  const reached = new Epoch(2);
  reached.offsets[1]!.advance('t', 0, 5);
  assert.not(reached.isEmpty);
});

test('settles only after all work, also what was tracked while it waited', async () => {
  const epoch = new Epoch(1);
  const order: string[] = [];
  epoch.track(Promise.resolve().then(() => void order.push('first')).then(() => epoch.track(Promise.resolve().then(() => void order.push('second'))))); // prettier-ignore
  await epoch.settled();
  assert.equal(order, ['first', 'second']);
});

test('rejects with the first failure, after the rest is done', async () => {
  const epoch = new Epoch(1);
  let finished = false;
  epoch.track(Promise.reject(new Error('one')));
  epoch.track(Promise.resolve().then(() => Promise.reject(new Error('two'))));
  epoch.track(new Promise<void>((resolve) => setTimeout(() => resolve(void (finished = true)), 5)));
  assert.is(await outcomeOf(epoch.settled()), 'Error: one');
  assert.ok(finished);
  assert.is(await outcomeOf(epoch.settled()), 'Error: one');
});

test('forgets the positions of partitions that are gone, of one consumer only', () => {
  const epoch = new Epoch(2);
  for (const offsets of epoch.offsets) offsets.advance('t', 0, 5);
  epoch.offsets[0]!.advance('t', 1, 7);
  epoch.drop(0, [{ topic: 't', partition: 0 }]);
  assert.equal(epoch.offsets.map((offsets) => offsets.entries()), [[{ topic: 't', partition: 1, offset: 7 }], [{ topic: 't', partition: 0, offset: 5 }]]); // prettier-ignore
});

test.run();
