import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Contribution, DocumentBody, DocumentWrite } from '../../../projections/types.js';
import { bodyJson } from '../../../src/sinks/operations.js';
import { OperationBuffer } from '../../../src/worker/operation-buffer.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('operation buffer');

const write = (claim: Partial<Contribution>, body: DocumentBody = { n: 1 }, id = 'd', index = 'i'): DocumentWrite => ({
  index,
  id,
  routing: undefined,
  body,
  contribution: contribution(claim),
});

test('holds one operation for each document, in the order of their first contributions', () => {
  const buffer = new OperationBuffer<number>();
  buffer.add(write({ recordKey: 'a' }, { n: 1 }, 'x'), 1, 0);
  buffer.add(write({ recordKey: 'b' }, { n: 2 }, 'y'), 2, 0);
  buffer.add(write({ recordKey: 'c', timestamp: 2000n }, { n: 3 }, 'x'), 3, 0);
  const { operations } = buffer.take();
  assert.equal(operations.map((one) => [one.id, one.contenders.length, bodyJson(one)]), [['x', 2, '{"n":3}'], ['y', 1, '{"n":2}']]); // prettier-ignore
});

test('keeps documents of one id in two indices apart', () => {
  const buffer = new OperationBuffer<number>();
  buffer.add(write({}), 1, 0);
  buffer.add(write({}, { n: 1 }, 'd', 'other'), 2, 0);
  assert.is(buffer.take().operations.length, 2);
});

test('is empty after it was taken, and counts its bytes exactly as what is added and merged', () => {
  const buffer = new OperationBuffer<number>();
  assert.is(buffer.bytes, 0);
  assert.is(buffer.add(write({ recordKey: 'a' }), 1, 0), true);
  const one = buffer.bytes;
  assert.ok(one > 0);
  assert.is(buffer.add(write({ recordKey: 'a' }), 1, 0), false, 'a re-delivery');
  assert.is(buffer.bytes, one);
  buffer.add(write({ recordKey: 'b', timestamp: 5000n }, { long: 'x'.repeat(1000) }), 2, 0);
  assert.ok(buffer.bytes > one + 900);
  buffer.take();
  assert.is(buffer.bytes, 0);
  assert.equal(buffer.take().operations, []);
});

test('uses the memory of texts again, but not before they are released', () => {
  const buffer = new OperationBuffer<number>();
  buffer.add(write({}, { n: 'first' }), 1, 0);
  const first = buffer.take();
  buffer.add(write({}, { n: 'second' }), 2, 0);
  const second = buffer.take();
  assert.is(bodyJson(first.operations[0]!), '{"n":"first"}');
  first.release();
  buffer.add(write({}, { n: 'third' }), 3, 0);
  const third = buffer.take();
  assert.is(third.operations[0]!.best.text.bytes, first.operations[0]!.best.text.bytes);
  assert.is(bodyJson(second.operations[0]!), '{"n":"second"}');
  assert.is(bodyJson(third.operations[0]!), '{"n":"third"}');
});

test('takes texts of any size', () => {
  const buffer = new OperationBuffer<number>();
  const sizes = [10, 600_000, 10, 170_000, 170_000];
  for (const [n, size] of sizes.entries()) buffer.add(write({}, { long: 'é'.repeat(size) }, `d${String(n)}`), n, 0);
  const { operations } = buffer.take();
  assert.equal(operations.map((one) => (JSON.parse(bodyJson(one)) as { long: string }).long.length), sizes); // prettier-ignore
  assert.is(new Set(operations.map(({ best }) => best.text.bytes)).size > 2, true);
});

test.run();
