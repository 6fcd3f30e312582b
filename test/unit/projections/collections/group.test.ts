import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCollection } from '../../../../projections/collections/collection.js';
import { GroupFault, GroupWindows, type Emission } from '../../../../projections/collections/group/index.js';
import { ExactSum } from '../../../../projections/collections/group/exact-sum.js';
import { compileQuery } from '../../../../projections/collections/linq/index.js';
import { rowsOf, tableNamed } from '../../../../projections/collections/tables/index.js';
import type { Collection, CollectionRow, FieldSpec } from '../../../../projections/collections/types.js';
import { compareRows } from '../../../../projections/collections/value.js';
import { binaryEvent } from '../binary/events.js';

const test = suite('collections: groups');

const LIMITS = { maxGroups: 1_000, maxGroupRows: 1_000 };
const N: FieldSpec = { name: 'n', type: 'int8' };
const SOURCE: FieldSpec = { name: 'source', type: 'str' };

function collectionOf(query: string, keyFields: readonly FieldSpec[], valueFields: readonly FieldSpec[] = [N]): Collection {
  return createCollection({ redisKeyBase: 'b', expireIn: 1_000, keyFields, valueFields, keyHash: 'md5' }, compileQuery(query, tableNamed));
}

interface Event {
  readonly key: string;
  /** Milliseconds. */
  readonly at: number;
  readonly source?: string;
  readonly size?: number | bigint;
  readonly offset?: number;
}

function add(windows: GroupWindows, { query }: Collection, { key, at, source = 's', size, offset = 0 }: Event): boolean {
  const event = binaryEvent({ event: { kafka_key: key, timestamp: BigInt(at) * 1000n }, entity: { size }, source: { name: source } });
  if (query.body.kind !== 'grouped') throw new Error('no group');
  let late = false;
  for (const row of rowsOf(query.table, { topic: 't', partition: 0, offset, event })) {
    const by = query.body.groupOf(row);
    if (by !== undefined) late = windows.add(row, by) || late;
  }
  return late;
}

const textsOf = (emissions: readonly Emission[]): string[] => emissions.map(({ row }) => row?.value ?? 'gone').sort();

test('emits a window when the watermark has reached its end, with the greatest eventdate and the number of events', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select count() as n', [SOURCE]);
  const windows = new GroupWindows(collection, LIMITS);
  for (const [key, at] of [['a', 10_000], ['b', 19_999], ['c', 20_000]] as const) add(windows, collection, { key, at }); // prettier-ignore
  assert.equal(windows.emissions(19_999), []);
  assert.equal(textsOf(windows.emissions(20_000)), ['[19999,2,2]']);
  assert.equal(windows.emissions(29_999), []);
  assert.equal(textsOf(windows.emissions(30_000)), ['[20000,1,1]']);
});

test('counts an identity once, and emits again what comes late', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select count() as n', [SOURCE]);
  const windows = new GroupWindows(collection, LIMITS);
  add(windows, collection, { key: 'a', at: 1 });
  assert.not(add(windows, collection, { key: 'a', at: 1, offset: 7 }));
  assert.equal(textsOf(windows.emissions(10_000)), ['[1,1,1]']);
  assert.not(add(windows, collection, { key: 'a', at: 1, offset: 8 }));
  assert.equal(windows.emissions(10_000), []);
  assert.ok(add(windows, collection, { key: 'b', at: 0 }));
  assert.equal(textsOf(windows.emissions(10_000)), ['[1,2,2]']);
});

test('withdraws a row that a filter refuses now, for what another window gives its key, or nothing', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select count() as n where n < 2', [SOURCE]);
  const windows = new GroupWindows(collection, LIMITS);
  add(windows, collection, { key: 'a', at: 1 });
  add(windows, collection, { key: 'b', at: 10_001 });
  windows.emissions(20_000);
  add(windows, collection, { key: 'c', at: 10_002 });
  const [back, ...others] = windows.emissions(20_000);
  assert.equal(others, []);
  assert.equal([back!.force, back!.row?.value], [true, '[1,1,1]']);
  add(windows, collection, { key: 'd', at: 2 });
  assert.equal(
    windows.emissions(20_000).map(({ force, row }) => [force, row]),
    [[true, undefined]],
  );
});

test('moves a row whose aggregate is part of its key', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select count() as n', [SOURCE, N]);
  const windows = new GroupWindows(collection, LIMITS);
  add(windows, collection, { key: 'a', at: 1 });
  const [first] = windows.emissions(10_000);
  add(windows, collection, { key: 'b', at: 2 });
  const moved = windows.emissions(10_000);
  assert.equal(textsOf(moved), ['[2,2,2]', 'gone']);
  assert.is(moved.find(({ force }) => force)!.keyHash, first!.keyHash);
});

test('sets a row back that became smaller', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select min(eventdate) as eventdate, count() as n', [SOURCE]);
  const windows = new GroupWindows(collection, LIMITS);
  add(windows, collection, { key: 'a', at: 5 });
  windows.emissions(10_000);
  add(windows, collection, { key: 'b', at: 3 });
  assert.equal(windows.emissions(10_000).map(({ force, row }) => [force, row?.value]), [[true, '[3,2,2]']]); // prettier-ignore
});

test('knows from where the log gives its windows again, and forgets what has expired', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select count() as n', [SOURCE]);
  const windows = new GroupWindows(collection, LIMITS);
  add(windows, collection, { key: 'a', at: 1, offset: 4 });
  add(windows, collection, { key: 'b', at: 2, offset: 3 });
  add(windows, collection, { key: 'c', at: 10_001, offset: 9 });
  assert.equal(windows.lowestOffsets(), [{ topic: 't', partition: 0, offset: 3 }]);
  windows.prune(10_000 + 999_999);
  assert.is(windows.groups, 2);
  windows.prune(10_000 + 1_000_000);
  assert.equal([windows.groups, windows.rows], [1, 1]);
  assert.equal(windows.lowestOffsets(), [{ topic: 't', partition: 0, offset: 9 }]);
  add(windows, collection, { key: 'd', at: 3, offset: 10 });
  assert.is(windows.groups, 1);
});

test('holds no more than it may', () => {
  const collection = collectionOf('from azul.binary group every 10s by source select count() as n', [SOURCE]);
  const fault = (text: string) => (error: unknown) => error instanceof GroupFault && error.message === text;
  const few = new GroupWindows(collection, { maxGroups: 1, maxGroupRows: 10 });
  add(few, collection, { key: 'a', at: 1 });
  assert.throws(() => add(few, collection, { key: 'b', at: 1, source: 'other' }), fault('too many groups'));
  const short = new GroupWindows(collection, { maxGroups: 10, maxGroupRows: 1 });
  add(short, collection, { key: 'a', at: 1 });
  assert.throws(() => add(short, collection, { key: 'b', at: 1 }), fault('too many rows'));
});

test('computes aggregates, and refuses a sum beyond int8', () => {
  const query = 'from azul.binary group every 10s by source select count(size) as n, sum(size) as s, avg(size) as a, min(size) as lo, max(size) as hi, first(size) as f, last(size) as l, nnfirst(size) as nf'; // prettier-ignore
  const values = ['n', 's', 'lo', 'hi', 'f', 'l', 'nf'].map((name): FieldSpec => ({ name, type: 'int8' }));
  const collection = collectionOf(query, [SOURCE], [...values, { name: 'a', type: 'float8' }]);
  const windows = new GroupWindows(collection, LIMITS);
  add(windows, collection, { key: 'b', at: 1, size: 5 });
  add(windows, collection, { key: 'a', at: 1 });
  add(windows, collection, { key: 'c', at: 3, size: 2 });
  add(windows, collection, { key: 'd', at: 3, size: 4 });
  assert.equal(textsOf(windows.emissions(10_000)), ['[3,4,3,11,2,5,null,4,5,3.6666666666666665]']);
  const large = { at: 1, size: 9_000_000_000_000_000_000n };
  for (const key of ['x', 'y']) add(windows, collection, { ...large, key });
  assert.throws(
    () => windows.emissions(10_000),
    (error: unknown) => error instanceof GroupFault && error.message === 'int8 overflow',
  );
});

/** What a store holds after emissions. */
function apply(store: Map<string, CollectionRow>, emissions: readonly Emission[]): void {
  for (const { keyHash, row, force } of emissions) {
    const stored = store.get(keyHash);
    if (row === undefined) store.delete(keyHash);
    else if (force || stored === undefined || compareRows(row, stored) > 0) store.set(keyHash, row);
  }
}

const QUERIES: readonly [string, readonly FieldSpec[]][] = [
  ['select count() as n', [SOURCE]],
  ['select count() as n where n < 3', [SOURCE]],
  ['select count() as n where n /= 2', [N]],
  ['select count() as n, max(size) as m', [N, { name: 'm', type: 'int8' }]],
  ['select min(eventdate) as eventdate, count() as n', [SOURCE]],
];

test('gives the same keys whatever the order, the repetitions and the instants of emission', () => {
  const event = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    at: fc.integer({ min: 0, max: 39 }).map((tens) => tens * 1_000),
    source: fc.constantFrom('s', 't'),
  });
  const draw = fc.record({
    events: fc.uniqueArray(event, { selector: ({ key, at }) => `${key}/${at}`, maxLength: 12 }),
    order: fc.infiniteStream(fc.nat()),
    watermarks: fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 12 }),
    query: fc.constantFrom(...QUERIES),
  });
  fc.assert(
    fc.property(draw, ({ events, order, watermarks, query: [clause, keyFields] }) => {
      const collection = collectionOf(`from azul.binary group every 10s by source ${clause}`, keyFields);
      const once = new GroupWindows(collection, LIMITS);
      for (const one of events) add(once, collection, { ...one, size: one.at });
      const expected = new Map<string, CollectionRow>();
      apply(expected, once.emissions(Infinity));
      const shuffled = [...events, ...events].map((one) => ({ one, place: Number(order.next().value) })).sort((a, b) => a.place - b.place);
      const many = new GroupWindows(collection, LIMITS);
      const store = new Map<string, CollectionRow>();
      for (const [index, { one }] of shuffled.entries()) {
        add(many, collection, { ...one, size: one.at });
        const watermark = watermarks[index];
        if (watermark !== undefined) apply(store, many.emissions(watermark));
      }
      apply(store, many.emissions(Infinity));
      assert.equal([...store].sort(), [...expected].sort());
    }),
    { numRuns: 500 },
  );
});

test('sums floats exactly, rounded once', () => {
  const sum = (...values: readonly number[]): number => {
    const exact = new ExactSum();
    for (const value of values) exact.add(value);
    return exact.value();
  };
  assert.is(sum(0.1, 0.2, 0.3), 0.6);
  assert.is(sum(...new Array<number>(10).fill(0.1)), 1);
  assert.is(sum(1e308, 1e308, -1e308), 1e308);
  assert.is(sum(1e308, 1e308), Infinity);
  assert.is(sum(-Number.MAX_VALUE, -Number.MAX_VALUE), -Infinity);
  assert.is(sum(1, 1e100, 1, -1e100), 2);
  assert.is(sum(5e-324, 5e-324), 1e-323);
  assert.is(sum(Number.MAX_SAFE_INTEGER, 1, 0.5), 2 ** 53);
  assert.is(sum(2 ** 53, 1, 2 ** -1000), 2 ** 53 + 2);
  assert.ok(Object.is(sum(-0), 0));
  assert.ok(Number.isNaN(sum(Infinity, -Infinity)));
  assert.ok(Number.isNaN(sum(NaN, 1)));
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.is(sum(value), value === 0 ? 0 : value);
    }),
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ noNaN: true, noDefaultInfinity: true }), (a, b) => {
      assert.is(sum(a, b), a + b === 0 ? 0 : a + b);
    }),
  );
});

test.run();
