import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CollectionRow } from '../../../../projections/collections/types.js';
import { Unconfirmed } from '../../../../src/collections/owner/membership.js';
import { RowWriter } from '../../../../src/collections/owner/writer.js';
import type { KeyWrite, WriteOutcome } from '../../../../src/collections/types.js';

const test = suite('collections: writer');

const NOW = 1_000_000;

function row(keyHash: string, eventdate: number, value = String(eventdate)): CollectionRow {
  return { keyHash, eventdate, n: 1, value };
}

/** A writer of a collection whose keys live for 100 s. */
function writerOf(write: (writes: readonly KeyWrite[]) => Promise<WriteOutcome[]>, { batchRows = 100 } = {}) {
  const seen = {
    batches: [] as (readonly KeyWrite[])[],
    removed: [] as string[],
    written: 0,
    notNewer: 0,
    expired: 0,
    failures: [] as unknown[],
  };
  let confirmed = true;
  const abort = new AbortController();
  const writer = new RowWriter({
    redisKeyBase: 'self#1',
    expireIn: 100,
    store: {
      write: async (writes, guard) => {
        guard();
        seen.batches.push(writes);
        return write(writes);
      },
      remove: (keys, guard) => {
        guard();
        seen.removed.push(...keys);
        return Promise.resolve(keys.length);
      },
    },
    guard: () => {
      if (!confirmed) throw new Unconfirmed('not confirmed');
    },
    timings: { batchRows, batchMs: 5 },
    now: () => NOW,
    onWritten: (written, notNewer) => {
      seen.written += written;
      seen.notNewer += notNewer;
    },
    onExpired: (count) => (seen.expired += count),
    onFailure: (error) => seen.failures.push(error),
    signal: abort.signal,
  });
  return { writer, seen, confirm: (now: boolean) => (confirmed = now) };
}

const allNew = (writes: readonly KeyWrite[]): Promise<WriteOutcome[]> => Promise.resolve(writes.map(() => 1));

test('writes the greatest row of each key, with the expiry of its event', async () => {
  const { writer, seen } = writerOf(allNew);
  writer.add(row('a', NOW));
  writer.add(row('a', NOW + 5));
  writer.add(row('b', NOW + 1));
  writer.add(row('a', NOW + 3));
  await writer.flush();
  assert.equal(seen.batches, [
    [
      { key: 'self#1:a', value: String(NOW + 5), pxat: NOW + 100_005, force: false },
      { key: 'self#1:b', value: String(NOW + 1), pxat: NOW + 100_001, force: false },
    ],
  ]);
  assert.equal([seen.written, seen.notNewer], [2, 2]);
});

test('never sends a row that has expired', async () => {
  const { writer, seen } = writerOf(allNew);
  assert.is(writer.add(row('a', NOW - 100_000)), false);
  assert.is(writer.add(row('a', NOW - 99_999)), true);
  await writer.flush();
  assert.is(seen.expired, 1);
  assert.is(seen.batches.flat().length, 1);
});

/** A store that answers each batch when it is told to; `seen.batches` are those that it was given. */
function gated(options?: { batchRows: number }) {
  const gates: (() => void)[] = [];
  const made = writerOf(
    (writes) =>
      new Promise((resolve) => {
        gates.push(() => void allNew(writes).then(resolve));
      }),
    options,
  );
  return {
    ...made,
    answer: (batch: number) => gates[batch]!(),
    keys: () => made.seen.batches.map((writes) => writes.map(({ key }) => key.slice(-1)).join('')),
  };
}

test('cuts a batch after a while, and goes on with what came meanwhile once fewer than two are under way', async () => {
  const { writer, keys, answer } = gated();
  for (const key of ['a', 'b', 'c']) {
    writer.add(row(key, NOW));
    await sleep(30);
  }
  writer.add(row('d', NOW));
  await sleep(30);
  assert.equal(keys(), ['a', 'b']);
  answer(1);
  await sleep(40);
  assert.equal(keys(), ['a', 'b', 'cd']);
  assert.not(writer.isIdle);
  answer(0);
  answer(2);
  await sleep(10);
  assert.ok(writer.isIdle);
});

test('has no room while a full batch waits for the two before it', async () => {
  const { writer, keys, answer } = gated({ batchRows: 2 });
  for (const key of ['a', 'b', 'c', 'd']) {
    assert.is(writer.room(), undefined);
    writer.add(row(key, NOW));
  }
  for (const key of ['e', 'f']) {
    assert.is(writer.room(), undefined);
    writer.add(row(key, NOW));
  }
  const room = writer.room();
  assert.ok(room instanceof Promise);
  assert.equal(keys(), ['ab', 'cd']);
  answer(0);
  await room;
  assert.is(writer.room(), undefined);
  assert.equal(keys(), ['ab', 'cd', 'ef']);
  const flushed = writer.flush();
  answer(1);
  answer(2);
  await flushed;
  assert.ok(writer.isIdle);
});

test('sends forced rows when nothing is under way, and nothing beside them', async () => {
  const { writer, keys, answer } = gated({ batchRows: 2 });
  writer.add(row('a', NOW));
  writer.add(row('b', NOW));
  writer.force('a', row('a', NOW - 5));
  writer.force('c', row('c', NOW));
  await sleep(20);
  assert.equal(keys(), ['ab']);
  answer(0);
  await sleep(20);
  assert.equal(keys(), ['ab', 'ac']);
  writer.add(row('a', NOW + 1));
  writer.add(row('d', NOW));
  await sleep(20);
  assert.equal(keys(), ['ab', 'ac']);
  answer(1);
  await sleep(20);
  assert.equal(keys(), ['ab', 'ac', 'ad']);
});

test('a flush ends when what waited has been answered, however much is added behind it', async () => {
  const { writer, keys, answer } = gated();
  writer.add(row('a', NOW));
  let flushed = false;
  const flush = writer.flush().then(() => (flushed = true));
  writer.add(row('b', NOW));
  await sleep(20);
  assert.equal(keys(), ['a', 'b']);
  assert.not(flushed);
  answer(0);
  await flush;
  assert.not(writer.isIdle);
});

test('sends again what the guard refused, once the membership is confirmed', async () => {
  const { writer, seen, confirm } = writerOf(allNew);
  confirm(false);
  writer.add(row('a', NOW));
  const flushed = writer.flush();
  await sleep(20);
  assert.is(seen.batches.length, 0);
  confirm(true);
  await flushed;
  assert.is(seen.batches.length, 1);
});

test('tells a failure once, and refuses to be flushed after it', async () => {
  const { writer, seen } = writerOf(() => Promise.reject(new Error('away')));
  writer.add(row('a', NOW));
  await writer.flush().then(
    () => assert.unreachable(),
    (error: unknown) => assert.is((error as Error).message, 'away'),
  );
  assert.is(seen.failures.length, 1);
});

test('forces and removes withdrawn rows, and lets a later row win over a removal', async () => {
  const { writer, seen } = writerOf(allNew);
  writer.force('a', row('a', NOW));
  writer.force('b', undefined);
  writer.force('c', undefined);
  writer.add(row('c', NOW + 1));
  await writer.flush();
  assert.equal(
    seen.batches.flat().map(({ key, force }) => [key, force]),
    [
      ['self#1:a', true],
      ['self#1:c', true],
    ],
  );
  assert.equal(seen.removed, ['self#1:b']);
});

test.run();
