import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  compareContributions,
  identityKey,
  mergeContributions,
  newerOfIdentity,
  sameIdentity,
  type ContributionSet,
} from '../../../projections/contribution.js';
import type { Contribution } from '../../../projections/types.js';

const test = suite('contributions');

const BASE: Contribution = {
  topic: 't',
  partition: 0,
  recordKey: 'k',
  eventKey: 'k',
  insertKeys: [],
  offset: 0,
  insertOffsets: [],
  timestamp: 5n,
  recordTimestamp: 5n,
  source: 's',
  sourceTimestamp: 1n,
  tokens: [],
};

function contribution(changes: Partial<Contribution>): Contribution {
  return { ...BASE, ...changes };
}

/** Few values for every field, so that identities, ties and versions meet often. A version decides all that is not identity. */
const arbitrary: fc.Arbitrary<Contribution> = fc
  .record({
    topic: fc.constantFrom('t1', 't2'),
    partition: fc.integer({ min: 0, max: 1 }),
    recordKey: fc.constantFrom('a', '\u{1f600}', '\uff5e'),
    eventKey: fc.constantFrom('a', 'b'),
    insertKeys: fc.subarray(['i1', 'i2']),
    offset: fc.integer({ min: 0, max: 3 }),
    insertOffset: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ insertOffset, ...rest }) => {
    const insertOffsets = rest.insertKeys.map(() => insertOffset);
    const mixed = (rest.offset * 7 + (insertOffsets[0] ?? 0) * 3 + rest.partition) % 4;
    return contribution({ ...rest, insertOffsets, timestamp: BigInt(mixed), recordTimestamp: BigInt(mixed % 2) });
  });

const setOf = (contributions: readonly Contribution[]): ContributionSet => ({ contributions, truncated: false });
const sets = fc.array(arbitrary, { maxLength: 8 }).map(setOf);
const ENOUGH = 1000;

/** The rule of spec 00 written down a second time: code points as lists of numbers, everything by brute force. */
function modelWinner(contributions: readonly Contribution[]): Contribution | undefined {
  const points = (text: string): number[] => Array.from(text, (c) => c.codePointAt(0)!);
  const lists = (a: readonly number[], b: readonly number[]): number => {
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const order = (a[i] ?? -1) - (b[i] ?? -1);
      if (order !== 0) return order;
    }
    return 0;
  };
  const flat = (c: Contribution): number[][] => [
    [Number(c.timestamp)],
    points(c.eventKey),
    [Number(c.recordTimestamp)],
    points(c.recordKey),
    c.insertKeys.flatMap((key) => [...points(key), -1]),
    points(c.topic),
    [c.partition],
  ];
  const isNewer = (a: Contribution, b: Contribution): boolean =>
    identityKey(a) === identityKey(b) && lists([a.offset, ...a.insertOffsets], [b.offset, ...b.insertOffsets]) > 0;
  const standing = contributions.filter((c) => !contributions.some((other) => isNewer(other, c)));
  return standing.find((c) =>
    standing.every((other) => {
      const [mine, theirs] = [flat(c), flat(other)];
      for (let i = 0; i < mine.length; i++) {
        const order = lists(mine[i]!, theirs[i]!);
        if (order !== 0) return order > 0;
      }
      return true;
    }),
  );
}

test('orders by event time before anything else', () => {
  assert.ok(compareContributions(contribution({ timestamp: 6n, eventKey: 'a' }), contribution({ timestamp: 5n, eventKey: 'z' })) > 0);
});

test('compares times beyond the exact range of a double', () => {
  const t = 253402300799999998n;
  assert.ok(compareContributions(contribution({ timestamp: t + 1n }), contribution({ timestamp: t })) > 0);
});

const TIE_BREAKS: readonly [string, Partial<Contribution>, Partial<Contribution>][] = [
  ['event key', { eventKey: 'b', recordTimestamp: 0n }, { eventKey: 'a', recordTimestamp: 9n }],
  ["time of the record's own event", { recordTimestamp: 2n, recordKey: 'a' }, { recordTimestamp: 1n, recordKey: 'z' }],
  ['record key', { recordKey: 'b', insertKeys: [] }, { recordKey: 'a', insertKeys: ['z'] }],
  ['insert keys by element', { insertKeys: ['b'] }, { insertKeys: ['a', 'z'] }],
  ['number of insert keys', { insertKeys: ['a', 'a'], topic: 'a' }, { insertKeys: ['a'], topic: 'z' }],
  ['topic', { topic: 'b', partition: 0 }, { topic: 'a', partition: 9 }],
  ['partition', { partition: 10 }, { partition: 9 }],
  ['code points, not UTF-16 units', { eventKey: '\u{1f600}' }, { eventKey: '\uff5e' }],
];

for (const [what, greater, lesser] of TIE_BREAKS) {
  test(`breaks ties by ${what}`, () => {
    assert.ok(compareContributions(contribution(greater), contribution(lesser)) > 0);
    assert.ok(compareContributions(contribution(lesser), contribution(greater)) < 0);
  });
}

test('never looks at the offset between identities', () => {
  assert.is(compareContributions(contribution({ offset: 1 }), contribution({ offset: 2 })), 0);
});

test('lets the later offset stand within one identity, whatever the times', () => {
  const early = contribution({ offset: 1, timestamp: 9n });
  const late = contribution({ offset: 2, timestamp: 1n });
  assert.is(newerOfIdentity(early, late), late);
  assert.is(newerOfIdentity(late, early), late);
  assert.equal(mergeContributions(ENOUGH, setOf([late]), setOf([early])).contributions, [late]);
});

test('lets the later insert stand where the record is the same', () => {
  const early = contribution({ insertKeys: ['i', 'j'], insertOffsets: [3, 4] });
  const late = contribution({ insertKeys: ['i', 'j'], insertOffsets: [3, 5] });
  assert.is(newerOfIdentity(late, early), late);
});

test('tells identities apart by every part of them', () => {
  const changes: Partial<Contribution>[] = [{ topic: 'x' }, { partition: 1 }, { recordKey: 'x' }, { eventKey: 'x' }, { insertKeys: ['x'] }];
  for (const change of changes) {
    assert.not(sameIdentity(contribution(change), contribution({})));
    assert.is.not(identityKey(contribution(change)), identityKey(contribution({})));
  }
  assert.ok(sameIdentity(contribution({ offset: 7, timestamp: 1n }), contribution({})));
});

test('keeps the greatest when there are too many, and says so', () => {
  const all = [1n, 2n, 3n, 4n].map((timestamp) => contribution({ timestamp, eventKey: `k${timestamp}`, recordKey: `k${timestamp}` }));
  const merged = mergeContributions(2, setOf(all.slice(0, 2)), setOf(all.slice(2)));
  assert.equal(merged, { contributions: [all[3], all[2]], truncated: true });
  assert.ok(mergeContributions(5, merged).truncated);
  assert.not(mergeContributions(4, setOf(all)).truncated);
});

test('the winner is that of an independent reading of the rule', () => {
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 10 }), (all) => {
      const merged = mergeContributions(ENOUGH, ...all.map((c) => setOf([c])));
      assert.equal(merged.contributions[0], modelWinner(all));
    }),
    { numRuns: 500 },
  );
});

test('merging is commutative, associative and idempotent', () => {
  fc.assert(
    fc.property(sets, sets, sets, (a, b, c) => {
      const merge = (...list: ContributionSet[]): ContributionSet => mergeContributions(ENOUGH, ...list);
      assert.equal(merge(a, b), merge(b, a));
      assert.equal(merge(merge(a, b), c), merge(a, merge(b, c)));
      assert.equal(merge(a, b, c), merge(merge(a, b), c));
      assert.equal(merge(merge(a, b), merge(a, b)), merge(a, b));
      assert.equal(merge(merge(a, b), a), merge(a, b));
    }),
    { numRuns: 500 },
  );
});

test('merging stays commutative, associative and idempotent past the bound', () => {
  // One version of each identity: what is dropped leaves no trace by which a later version could be ranked.
  const one = (set: ContributionSet): ContributionSet =>
    setOf(
      set.contributions.map((c) => ({ ...c, offset: 0, insertOffsets: c.insertKeys.map(() => 0), timestamp: 0n, recordTimestamp: 0n })),
    );
  fc.assert(
    fc.property(sets, sets, sets, fc.integer({ min: 1, max: 6 }), (x, y, z, max) => {
      const [a, b, c] = [one(x), one(y), one(z)];
      const merge = (...list: ContributionSet[]): ContributionSet => mergeContributions(max, ...list);
      assert.equal(merge(a, b), merge(b, a));
      assert.equal(merge(merge(a, b), c), merge(a, merge(b, c)));
      assert.equal(merge(merge(a, b), b), merge(a, b));
    }),
    { numRuns: 500 },
  );
});

test('the order is total: antisymmetric, transitive, and zero for one identity only', () => {
  fc.assert(
    fc.property(arbitrary, arbitrary, arbitrary, (a, b, c) => {
      assert.is(Math.sign(compareContributions(a, b)), -Math.sign(compareContributions(b, a)) || 0);
      if (compareContributions(a, b) <= 0 && compareContributions(b, c) <= 0) assert.ok(compareContributions(a, c) <= 0);
      if (compareContributions(a, b) === 0) assert.ok(sameIdentity(a, b));
    }),
    { numRuns: 1000 },
  );
});

test.run();
