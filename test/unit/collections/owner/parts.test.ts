import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Collection } from '../../../../projections/collections/types.js';
import { fnv1a32, lockPartition } from '../../../../src/collections/owner/lock.js';
import { ProgressKeeper } from '../../../../src/collections/owner/progress.js';
import { replayStart } from '../../../../src/collections/log/replay-start.js';
import { Turns } from '../../../../src/collections/owner/turns.js';
import { Watermark } from '../../../../src/collections/owner/watermark.js';

const test = suite('collections: parts of the owner');

test('hashes ids as FNV-1a does', () => {
  assert.is(fnv1a32(''), 0x811c9dc5);
  assert.is(fnv1a32('a'), 0xe40c292c);
  assert.is(fnv1a32('foobar'), 0xbf9cf968);
  assert.is(lockPartition('foobar'), 0x8);
});

test('the watermark is that of the slowest partition, less what may come late', () => {
  const watermark = new Watermark(60, 10);
  watermark.add({ topic: 't', partition: 0 });
  watermark.add({ topic: 't', partition: 1 });
  watermark.seen('t', 0, 1_000);
  assert.is(watermark.value(5_000), -Infinity);
  watermark.seen('t', 1, 900);
  watermark.seen('t', 1, 800);
  assert.is(watermark.value(5_000), 840);
});

test('a partition that is silent at its end counts as up to date, until it speaks', () => {
  const watermark = new Watermark(60, 10);
  watermark.add({ topic: 't', partition: 0 });
  watermark.seen('t', 0, 1_000);
  watermark.atEnd('t', 0, 5_000);
  assert.is(watermark.value(5_009), 940);
  assert.not(watermark.isSilent(5_009));
  assert.is(watermark.value(5_010), 4_950);
  assert.ok(watermark.isSilent(5_010));
  watermark.seen('t', 0, 1_001);
  assert.is(watermark.value(5_020), 941);
});

test('replays from what is alive, a window whole', () => {
  const plain = { query: { body: { kind: 'plain' } } } as unknown as Collection;
  const windows = { query: { body: { kind: 'grouped', windowMs: 1_000 } } } as unknown as Collection;
  const one = { query: { body: { kind: 'grouped', windowMs: undefined } } } as unknown as Collection;
  assert.is(replayStart({ from: 0, expireIn: 10 }, plain, 300, 25_500), 15_200);
  assert.is(replayStart({ from: 20_000, expireIn: 10 }, plain, 300, 25_500), 19_700);
  assert.is(replayStart({ from: 0, expireIn: 10 }, windows, 300, 25_500), 14_700);
  assert.is(replayStart({ from: 7, expireIn: 10 }, one, 0, 25_500), 7);
});

test('gives so many turns, in line', async () => {
  const turns = new Turns(1);
  const { signal } = new AbortController();
  const first = await turns.take(signal);
  const order: string[] = [];
  const second = turns.take(signal).then((give) => (order.push('second'), give));
  const impatient = new AbortController();
  const third = turns.take(impatient.signal).catch(() => order.push('third left'));
  impatient.abort(new Error('enough'));
  await third;
  first();
  first();
  (await second)();
  (await turns.take(signal))();
  assert.equal(order, ['third left', 'second']);
});

test('keeps the newest 20 errors, and one that repeats once', () => {
  const progress = new ProgressKeeper('me', undefined, () => 0);
  for (let i = 0; i < 25; i++) progress.addError(`error ${i}`);
  progress.addError('error 24');
  const { error } = progress.take()!;
  assert.is(error.length, 20);
  assert.is(error[0], '1970-01-01T00:00:00.000Z error 5');
  assert.is(progress.take(), undefined);
  progress.notWritten();
  assert.ok(progress.take());
});

test.run();
