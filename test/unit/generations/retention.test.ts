import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Contribution } from '../../../projections/types.js';
import { goneBefore, remainderOf, unexpired, type Keeps } from '../../../src/generations/retention.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('retention');

const at = (offset: number, changes: Partial<Contribution> = {}): Contribution =>
  contribution({ topic: 't', partition: 0, offset, ...changes });
const isGone = goneBefore([{ topic: 't', partition: 0, low: 10 }]);
const all = (): boolean => true;

test('has taken what lies before the first offset, and all of a topic or partition that is no more', () => {
  assert.ok(isGone(at(9)));
  assert.not.ok(isGone(at(10)));
  assert.ok(isGone(at(10, { partition: 1 })));
  assert.ok(isGone(at(10, { topic: 'other' })));
});

test('leaves a winner with its body, and of losers nothing', () => {
  const [first, second, third] = [at(1), at(2), at(12)];
  const remainder = (contributions: readonly Contribution[], owed = false, keeps: Keeps = all) =>
    remainderOf({ contributions, truncated: false }, owed, isGone, keeps);
  assert.equal(remainder([first, second, third]), { winner: first, lost: 1 });
  assert.equal(remainder([third, first, second]), { winner: undefined, lost: 2 });
  assert.equal(remainder([third]), { winner: undefined, lost: 0 });
  assert.equal(remainder([first], true), { winner: undefined, lost: 1 }, 'the body shown is not the winner’s');
  assert.equal(remainder([first, second], false, (one) => one !== first), { winner: undefined, lost: 1 }); // prettier-ignore
  assert.equal(remainder([first], false, () => false), { winner: undefined, lost: 0 }); // prettier-ignore
});

test('keeps nothing that its source has expired', () => {
  const source = { priorityReferences: [], expireAfterMs: 1_000 };
  const keeps = unexpired(new Map([['s', source]]), 5_000_000n);
  assert.not.ok(keeps(at(1, { source: 's', sourceTimestamp: 4_000_000n })));
  assert.ok(keeps(at(1, { source: 's', sourceTimestamp: 4_000_001n })));
  assert.ok(keeps(at(1, { source: 'other', sourceTimestamp: 0n })));
  assert.ok(keeps(at(1, { source: undefined, sourceTimestamp: undefined })));
});

test.run();
