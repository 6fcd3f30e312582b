import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OffsetMap } from '../../../../streams/offsets.js';
import { CatchUp } from '../../../../src/collections/owner/catch-up.js';
import type { Reading } from '../../../../src/collections/owner/pump.js';
import { Turns } from '../../../../src/collections/owner/turns.js';

const test = suite('collections: tasks that are behind');

const { signal } = new AbortController();
const LAG = 100_000;

function readingAt(offset: number, topic = 't'): Reading {
  const next = new OffsetMap();
  next.advance(topic, 0, offset);
  return { next } as unknown as Reading;
}

/** A reading that stands where its first reader does. */
class FakePump {
  readonly readers = new Set<Reading>();
  hasFailed = false;
  isClosed = false;
  isAway = false;

  attach(reading: Reading): Promise<void> {
    this.readers.add(reading);
    return this.isAway ? Promise.reject(new Error('the broker is away')) : Promise.resolve();
  }

  include(): void {
    throw new Error('not asked for');
  }

  detach(reading: Reading): Promise<void> {
    this.readers.delete(reading);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  distanceTo(next: OffsetMap): number | undefined {
    const [first] = this.readers;
    const mine = first?.next.entries()[0];
    const other = mine && next.get(mine.topic, mine.partition);
    return other === undefined ? undefined : Math.abs(other - mine!.offset);
  }
}

function fixture(count: number, isAway = false): { catchUp: CatchUp; pumps: FakePump[]; turns: Turns } {
  const pumps: FakePump[] = [];
  const turns = new Turns(count);
  const openPump = (): FakePump => {
    const pump = new FakePump();
    pump.isAway = isAway;
    pumps.push(pump);
    return pump;
  };
  return { catchUp: new CatchUp({ turns, openPump, nearRecords: 2_000 }), pumps, turns };
}

test('those that are near each other read together, and who leaves last closes the reading', async () => {
  const { catchUp, pumps, turns } = fixture(1);
  const [first, second] = [await catchUp.join(readingAt(0), LAG, signal), await catchUp.join(readingAt(50_000), LAG, signal)];
  assert.is(pumps.length, 1);
  assert.is(second.pump, first.pump);
  await first.leave();
  assert.not(pumps[0]!.isClosed);
  await second.leave();
  assert.ok(pumps[0]!.isClosed);
  (await turns.take(signal))();
});

test('those that are far from each other, or read other topics, do not', async () => {
  const { catchUp, pumps } = fixture(3);
  await catchUp.join(readingAt(0), LAG, signal);
  await catchUp.join(readingAt(50_001), LAG, signal);
  await catchUp.join(readingAt(0, 'another'), LAG, signal);
  assert.is(pumps.length, 3);
});

test('joins the nearest, and a small distance is never too far', async () => {
  const { catchUp } = fixture(2);
  const places = [await catchUp.join(readingAt(0), LAG, signal), await catchUp.join(readingAt(90_000), LAG, signal)];
  const near = await catchUp.join(readingAt(88_000), 3_000, signal);
  assert.is(near.pump, places[1]!.pump);
});

test('joins while it stands in line what began meanwhile', async () => {
  const { catchUp, pumps, turns } = fixture(1);
  const far = await catchUp.join(readingAt(500_000), LAG, signal);
  const joined = [0, 5].map((offset) => catchUp.join(readingAt(offset), LAG, signal));
  assert.is(pumps.length, 1);
  await far.leave();
  const [one, other] = await Promise.all(joined);
  assert.is(one!.pump, pumps[1]);
  assert.is(other!.pump, pumps[1]);
  await one!.leave();
  assert.not(pumps[1]!.isClosed);
  await other!.leave();
  assert.is(pumps.length, 2);
  (await turns.take(signal))();
});

test('nobody joins a reading that has failed', async () => {
  const { catchUp, pumps } = fixture(2);
  await catchUp.join(readingAt(0), LAG, signal);
  pumps[0]!.hasFailed = true;
  await catchUp.join(readingAt(0), LAG, signal);
  assert.is(pumps.length, 2);
});

test('gives its turn back when the broker does not answer, and leaves the line when it is told to end', async () => {
  const { catchUp, pumps, turns } = fixture(1, true);
  const refused = await catchUp.join(readingAt(0), LAG, signal).catch((error: unknown) => (error as Error).message);
  assert.is(refused, 'the broker is away');
  assert.ok(pumps[0]!.isClosed);
  const giveTurn = await turns.take(signal);
  const ended = new AbortController();
  const waiting = catchUp.join(readingAt(0), LAG, ended.signal).catch((error: unknown) => (error as Error).message);
  ended.abort(new Error('ended'));
  assert.is(await waiting, 'ended');
  giveTurn();
});

test.run();
