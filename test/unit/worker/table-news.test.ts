import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_TABLES } from '../../../projections/removal/tables.js';
import { linkTarget } from '../../../projections/removal/delete-target.js';
import type { InsertEntry } from '../../../projections/removal/insert-table.js';
import { createPatience } from '../../../src/removal/patience.js';
import { sumResults } from '../../../src/removal/tally.js';
import type { Applied, TableChanges, TableTail } from '../../../src/tables/table-tail.js';
import { TableNews } from '../../../src/worker/table-news.js';
import { insertEvent } from '../projections/removal/events.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('table news');

const log = pino({ level: 'silent' });
const NOTHING: TableChanges = { deletes: [], inserts: [], refused: [] };
const aDelete = (link: string): TableChanges => ({ ...NOTHING, deletes: [linkTarget(link)] });
const entry = (key: string, offset: number): InsertEntry => ({ key, offset, event: insertEvent() });

/** A tail that is fed by the test; each feed moves its position by one. */
function createTail(atStart: TableChanges = NOTHING) {
  const waiting: TableChanges[] = [];
  let reached = 0;
  const applied: Applied[] = [];
  /** Inserts that stand, as `key@offset`, in the order of arrival. */
  const arrived: string[] = [];
  const tail: TableTail = {
    tables: NO_TABLES,
    start: (known) => Promise.resolve(atStart).finally(() => void applied.push(known)),
    get hasNews() {
      return waiting.length > 0;
    },
    catchUp: () => Promise.resolve(),
    apply: () => {
      reached += waiting.length;
      const taken = waiting.splice(0);
      const all = <K extends keyof TableChanges>(name: K): TableChanges[K] => taken.flatMap((one) => [...one[name]]) as unknown as TableChanges[K]; // prettier-ignore
      return Promise.resolve({ deletes: all('deletes'), inserts: all('inserts'), refused: all('refused') });
    },
    get position() {
      return [{ topic: 'd', partition: 0, offset: reached }];
    },
    wasChanged: () => false,
    get arrived() {
      return arrived.length;
    },
    stands: (key, offset, after = 0) => arrived.slice(after).includes(`${key}@${String(offset)}`),
    close: () => Promise.resolve(),
  };
  return { tail, feed: (changes: TableChanges) => void waiting.push(changes), applied, arrived };
}

function createFixture(atStart?: TableChanges) {
  const { tail, feed, applied, arrived } = createTail(atStart);
  const seen: string[] = [];
  /** What a retraction waits for. */
  const gates: (() => void)[] = [];
  const fixture = { gated: false };
  const news = new TableNews({
    tail,
    applied: () => Promise.resolve(new Map([['d/0', 3]])),
    removal: {
      async retract(retractions) {
        seen.push(`retract ${String(retractions.length)}`);
        if (fixture.gated) await new Promise<void>((resolve) => gates.push(resolve));
        return sumResults([]);
      },
    },
    refold: (inserts) => Promise.resolve(void seen.push(`refold ${inserts.map(({ key }) => key).join()}`)),
    refuse: (entries) => Promise.resolve(void seen.push(`refuse ${String(entries.length)}`)),
    refresh: () => Promise.resolve(),
    patience: createPatience(log, new AbortController().signal),
    onEntries: () => undefined,
    log,
  });
  return Object.assign(fixture, { news, feed, seen, applied, gates, arrived });
}

const none = (): [] => [];

test('applies at the start what is not applied yet, before anything is folded', async () => {
  const { news, seen, applied } = createFixture(aDelete('L1'));
  await news.start();
  assert.equal(applied, [new Map([['d/0', 3]])]);
  assert.equal(seen, ['retract 1']);
  assert.is(news.mark, 1);
  assert.not.ok(news.isQuiet, 'it is not committed yet');
  news.committed(await news.take(none));
  assert.ok(news.isQuiet);
});

test('removes, then adds, then parks, once all that was folded before is durable', async () => {
  const { news, feed, seen } = createFixture();
  const refused = { record: { topic: 'd', partition: 0, offset: 1, value: null }, refusalClass: 'Malformed', reason: 'r' } as const;
  feed({ ...aDelete('L1'), inserts: [{ key: 'i', offset: 4, entry: entry('i', 4) }, { key: 'gone', offset: 5, entry: undefined }], refused: [refused] }); // prettier-ignore
  let durable: () => void = () => undefined;
  const taking = news.take(() => [new Promise<void>((resolve) => (durable = resolve))]);
  await sleep(5);
  assert.equal(seen, []);
  durable();
  const { offsets, mark } = await taking;
  assert.equal(seen, ['retract 3', 'refold i', 'refuse 1']);
  assert.equal(offsets, [{ topic: 'd', partition: 0, offset: 1 }]);
  assert.is(mark, 1);
});

test('what changes nothing asks for nothing, but moves the position', async () => {
  const { news, feed, seen } = createFixture();
  feed(NOTHING);
  let asked = false;
  const { offsets } = await news.take(() => {
    asked = true;
    return [];
  });
  assert.not.ok(asked);
  assert.equal(seen, []);
  assert.is(offsets[0]!.offset, 1);
  assert.is(news.mark, 0);
});

test('one after the other, in the order of arrival; who finds nothing waits for what was taken before', async () => {
  const fixture = createFixture();
  const { news, feed, seen, gates } = fixture;
  fixture.gated = true;
  feed(aDelete('L1'));
  const first = news.take(none);
  await sleep(5);
  feed({ ...aDelete('L2'), inserts: [{ key: 'i', offset: 1, entry: entry('i', 1) }] });
  const second = news.take(none);
  let third: number | undefined;
  void news.take(none).then(({ mark }) => (third = mark));
  await sleep(5);
  assert.equal(seen, ['retract 1']);
  gates.shift()!();
  assert.is((await first).offsets[0]!.offset, 1, 'of what it took, not of what came meanwhile');
  await sleep(5);
  assert.equal(seen, ['retract 1', 'retract 2']);
  assert.is(third, undefined);
  gates.shift()!();
  await second;
  await sleep(5);
  assert.is(third, 2);
});

test('a failure is told to whoever took the news, and holds up nobody else', async () => {
  const { news, feed, seen } = createFixture();
  feed(aDelete('L1'));
  const failing = news.take(() => [Promise.reject(new Error('not durable'))]);
  feed(aDelete('L2'));
  const next = news.take(none);
  await failing.then(() => assert.unreachable(), (error: unknown) => assert.is((error as Error).message, 'not durable')); // prettier-ignore
  await next;
  assert.equal(seen, ['retract 1']);
});

test('an insert takes what earlier versions of it derived, and so does its tombstone: what a later one derives stays', async () => {
  const taken: boolean[][] = [];
  const derived = [3, 5].map((offset) => contribution({ insertKeys: ['i'], insertOffsets: [offset] }));
  for (const change of [
    { key: 'i', offset: 4, entry: entry('i', 4) },
    { key: 'i', offset: 4, entry: undefined },
  ]) {
    const { tail, feed } = createTail();
    const news = new TableNews({
      tail,
      applied: () => Promise.resolve('all'),
      removal: { retract: (list) => Promise.resolve(sumResults([])).finally(() => void taken.push(derived.map((one) => list.some(({ matches }) => matches(one))))) }, // prettier-ignore
      refold: () => Promise.resolve(),
      refuse: () => Promise.resolve(),
      refresh: () => Promise.resolve(),
      patience: createPatience(log, new AbortController().signal),
      onEntries: () => undefined,
      log,
    });
    feed({ ...NOTHING, inserts: [change] });
    await news.take(none);
  }
  assert.equal(taken, [[true, false], [true, false]]); // prettier-ignore
});

test('tells which claims only inserts can have derived that came later', () => {
  const { news, arrived } = createFixture();
  const claim = (...inserts: readonly [string, number][]) =>
    contribution({ insertKeys: inserts.map(([key]) => key), insertOffsets: inserts.map(([, offset]) => offset) });
  arrived.push('old@1');
  const later = news.derivedLater();
  assert.not.ok(later(claim(['new', 2])), 'nothing has come yet');
  arrived.push('new@2');
  assert.ok(later(claim(['new', 2])));
  assert.ok(later(claim(['old', 1], ['new', 2])));
  assert.not.ok(later(claim(['old', 1])), 'it was there when the record was folded');
  assert.not.ok(later(claim(['new', 1])), 'an earlier version stands no longer');
  assert.not.ok(later(claim(['gone', 1], ['new', 2])), 'nor does a removed one');
  assert.not.ok(later(claim()), 'a record itself');
  assert.not.ok(news.derivedLater()(claim(['new', 2])));
});

test.run();
