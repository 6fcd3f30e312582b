import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isSupersededDocument,
  judgeDocument,
  type DocumentVerdict,
  type LogContribution,
  type StoredContribution,
  type StoredFacts,
} from '../../../src/compare/verdict.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('verdict');

/** Contribution `key` of rank `rank`; its body's digest is its key. */
const log = (key: string, rank: number, overrides: Partial<LogContribution> & { offset?: number } = {}): LogContribution => ({
  claim: contribution({ recordKey: key, timestamp: BigInt(rank), offset: overrides.offset ?? rank }),
  digest: `${key}${overrides.offset ?? ''}`,
  required: overrides.required ?? true,
});

const held = (key: string, rank: number, { offset = rank, trusted = false } = {}): StoredContribution => ({
  claim: contribution({ recordKey: key, timestamp: BigInt(rank), offset }),
  trusted,
});

interface More {
  readonly truncated?: boolean;
  readonly owed?: boolean;
  readonly tokensAgree?: boolean;
}

const shows = (digest: string, contributions: readonly StoredContribution[], more: More = {}): StoredFacts => ({
  digest,
  fold: { kind: 'contributions', contributions, truncated: false, owed: false, tokensAgree: true, ...more },
});

const plain = (kind: 'none' | 'unreadable'): StoredFacts => ({ digest: 'plain', fold: { kind } });

const judge = (fromLog: readonly LogContribution[], stored?: StoredFacts, plainAllowed = false): DocumentVerdict =>
  judgeDocument(fromLog, stored, { maxContributions: 3, plainAllowed });

/** Kind, and what of it. */
function found(fromLog: readonly LogContribution[], stored?: StoredFacts, plainAllowed = false): string {
  const { kind, bodyDiffers, foldPaths } = judge(fromLog, stored, plainAllowed);
  return [kind, ...(bodyDiffers ? ['body'] : []), ...foldPaths].join(' ');
}

test('is equal when winner and contributions are those of the log', () => {
  assert.is(found([log('a', 2), log('b', 1)], shows('a', [held('a', 2), held('b', 1)])), 'equal');
  assert.is(found([log('b', 1), log('a', 2)], shows('a', [held('b', 1), held('a', 2)])), 'equal');
  assert.is(found([], undefined), 'equal');
});

test('missing and extra', () => {
  assert.is(found([log('a', 2)]), 'missing');
  assert.is(found([], shows('a', [held('a', 2)])), 'extra');
  assert.is(found([], plain('none')), 'extra');
  assert.is(found([], plain('unreadable')), 'extra');
});

test('different: the body, a contribution that lacks, one too many, an earlier version, what fold says besides', () => {
  assert.is(found([log('a', 2)], shows('x', [held('a', 2)])), 'different body');
  assert.is(found([log('a', 2), log('b', 1)], shows('a', [held('a', 2)])), 'different fold.contributions');
  assert.is(found([log('a', 2)], shows('a', [held('a', 2), held('b', 1)])), 'different fold.contributions');
  assert.is(found([log('a', 2, { offset: 9 })], shows('a9', [held('a', 2, { offset: 4 })])), 'different fold.contributions');
  assert.is(found([log('a', 2), log('b', 1)], shows('b', [held('b', 1)])), 'different body fold.contributions');
  assert.is(found([log('a', 2)], shows('a', [held('a', 2)], { tokensAgree: false })), 'different fold.tokens');
  assert.is(found([log('a', 2)], shows('a', [held('a', 2)], { owed: true })), 'different fold.owed');
  assert.is(found([log('a', 2)], plain('none')), 'different body fold.contributions');
  assert.is(found([log('a', 2)], plain('unreadable')), 'different body fold');
});

test('what is not required may be there or not', () => {
  const maybe = log('a', 2, { required: false });
  assert.is(found([maybe]), 'equal');
  assert.is(found([maybe], shows('a', [held('a', 2)])), 'equal');
  assert.is(found([maybe, log('b', 1)], shows('b', [held('b', 1)])), 'equal');
  assert.is(found([maybe, log('b', 1)], shows('a', [held('a', 2), held('b', 1)])), 'equal');
  assert.is(found([maybe, log('b', 1)], shows('b', [held('a', 2), held('b', 1)])), 'different body');
  assert.is(found([maybe, log('b', 1)], shows('a', [held('a', 2)])), 'different fold.contributions');
});

test('of a record that was overtaken since the start, either version may be there', () => {
  const versions = [log('a', 2, { offset: 4, required: false }), log('a', 2, { offset: 9, required: false })];
  assert.is(found(versions, shows('a4', [held('a', 2, { offset: 4 })])), 'equal');
  assert.is(found(versions, shows('a9', [held('a', 2, { offset: 9 })])), 'equal');
  assert.is(found(versions, shows('a4', [held('a', 2, { offset: 9 })])), 'different body');
});

test('without a record in the log a contribution is taken on trust, and so is the body that it shows', () => {
  const old = held('old', 9, { offset: 0, trusted: true });
  assert.is(found([], shows('whatever', [old])), 'equal');
  assert.is(found([log('a', 2)], shows('whatever', [old, held('a', 2)])), 'equal');
  assert.equal(judge([log('a', 2)], shows('whatever', [old, held('a', 2)])).trusted, [old.claim]);
  assert.is(found([log('a', 20)], shows('a', [held('a', 20), old])), 'equal');
  assert.is(found([log('a', 20)], shows('whatever', [old])), 'different body fold.contributions');
  assert.is(found([log('old', 9, { offset: 5 })], shows('old5', [old])), 'different fold.contributions');
  assert.is(found([], plain('none'), true), 'equal');
});

test('a list that was cut is right while it holds the winner', () => {
  const four = [log('a', 4), log('b', 3), log('c', 2), log('d', 1)];
  assert.is(found(four, shows('a', [held('a', 4), held('b', 3), held('c', 2)], { truncated: true })), 'equal');
  assert.is(found(four, shows('a', [held('a', 4)], { truncated: true })), 'equal');
  assert.is(found(four, shows('b', [held('b', 3), held('c', 2)], { truncated: true })), 'different body fold.contributions');
  assert.is(found(four, shows('a', [held('a', 4), held('b', 3), held('c', 2)])), 'different fold.truncated');
});

test('superseded: nothing is wrong but contributions whose keys make other documents now', () => {
  const superseded = (fromLog: readonly LogContribution[], stored: StoredFacts, keys: readonly string[]): boolean =>
    isSupersededDocument(judge(fromLog, stored), stored, ({ recordKey }) => keys.includes(recordKey));
  assert.ok(superseded([], shows('a', [held('a', 2)]), ['a']));
  assert.not.ok(superseded([], shows('a', [held('a', 2)]), []));
  assert.ok(superseded([log('b', 1)], shows('a', [held('a', 2), held('b', 1)]), ['a']));
  assert.ok(superseded([log('b', 3)], shows('b', [held('b', 3), held('a', 2)]), ['a']));
  assert.not.ok(superseded([log('b', 3)], shows('x', [held('b', 3), held('a', 2)]), ['a']));
  assert.not.ok(superseded([log('b', 1)], shows('a', [held('a', 2)]), ['a']));
  assert.not.ok(superseded([log('a', 2)], shows('x', [held('a', 2)]), ['a']));
});

test.run();
