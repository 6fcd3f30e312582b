import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationBuffer } from '../../../src/worker/operation-buffer.js';
import { contender } from '../sinks/fixtures.js';

const test = suite('operation buffer');

test('holds one operation for each document, in the order of their first contributions', () => {
  const buffer = new OperationBuffer<number>();
  buffer.add(contender(1, { recordKey: 'a' }, { n: 1 }, 'x'));
  buffer.add(contender(2, { recordKey: 'b' }, { n: 2 }, 'y'));
  buffer.add(contender(3, { recordKey: 'c', timestamp: 2000n }, { n: 3 }, 'x'));
  const taken = buffer.take();
  assert.equal(taken.map(({ id, contenders, bodyJson }) => [id, contenders.length, bodyJson]), [['x', 2, '{"n":3}'], ['y', 1, '{"n":2}']]); // prettier-ignore
});

test('keeps documents of one id in two indices apart', () => {
  const buffer = new OperationBuffer<number>();
  buffer.add(contender(1));
  buffer.add({ ...contender(2), index: 'other' });
  assert.is(buffer.take().length, 2);
});

test('is empty after it was taken, and counts its bytes exactly as what is added and merged', () => {
  const buffer = new OperationBuffer<number>();
  assert.is(buffer.bytes, 0);
  buffer.add(contender(1, { recordKey: 'a' }));
  const one = buffer.bytes;
  assert.ok(one > 0);
  buffer.add(contender(1, { recordKey: 'a' }));
  assert.is(buffer.bytes, one, 'a re-delivery');
  buffer.add(contender(2, { recordKey: 'b', timestamp: 5000n }, { long: 'x'.repeat(1000) }));
  assert.ok(buffer.bytes > one + 900);
  buffer.take();
  assert.is(buffer.bytes, 0);
  assert.equal(buffer.take(), []);
});

test.run();
