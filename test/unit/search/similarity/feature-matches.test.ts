import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureMatches, numFeatureValues, type AuthorMatches } from '../../../../src/search/similarity/feature-matches.js';
import type { FeatureMatchHit, FeatureSourceHit, FeatureValue } from '../../../../src/search/similarity/features.js';

const test = suite('scores of shared features');

/** Features from texts like `port=80`. */
function features(pairs: readonly string[]): FeatureValue[] {
  return pairs.map((pair) => {
    const [name, value] = pair.split('=') as [string, string];
    return { name, value };
  });
}

function source(...pairs: string[]): FeatureSourceHit {
  return { _index: 'i', _source: { author: { name: 'unused' }, features: features(pairs) } };
}

function hit(sha256: string, ...pairs: string[]): FeatureMatchHit {
  return { _source: { sha256, features: features(pairs) } };
}

/** Pairs `v=from` … `v=to`. */
function values(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `v=${from + index}`);
}

function found(author: string, sources: FeatureSourceHit[], hits: FeatureMatchHit[]): AuthorMatches {
  return { author, sources, hits };
}

test('counts the different pairs of each document', () => {
  assert.is(numFeatureValues([source('a=1', 'a=1', 'a=2', 'b=1'), source('a=1')]), 4);
  assert.is(numFeatureValues([]), 0);
});

test('tells name and value apart', () => {
  assert.is(numFeatureValues([{ _index: 'i', _source: { author: { name: '' }, features: [{ name: 'a', value: 'bc' }, { name: 'ab', value: 'c' }] } }]), 2); // prettier-ignore
});

test('takes the best document of each author and adds the authors up', () => {
  const matches = featureMatches(
    [
      found(
        'one',
        [source(...values(1, 3)), source(...values(4, 6))],
        [hit('aa', ...values(1, 2)), hit('aa', ...values(3, 9)), hit('aa', 'v=1')],
      ),
      found(
        'two',
        [source('w=1', 'w=2', 'w=3', 'w=4', 'w=5')],
        [hit('aa', 'w=1', 'w=1', 'w=2', 'w=3', 'w=4', 'w=5', 'v=1'), hit('bb', 'w=1', 'w=2')],
      ),
    ],
    11,
  );
  assert.equal(matches, [
    { sha256: 'aa', score_sum: 9, score_percent: 81, contributions: [['two', 5], ['one', 4]] }, // prettier-ignore
    { sha256: 'bb', score_sum: 2, score_percent: 18, contributions: [['two', 2]] },
  ]);
});

test('keeps authors that share equally much in their order, and those that share nothing', () => {
  const hits = [hit('aa', ...values(1, 2))];
  const matches = featureMatches(
    [found('x', [source('w=1')], hits), found('c', [source('v=1')], hits), found('b', [source('v=2')], hits)],
    10,
  );
  assert.equal(matches[0]?.contributions, [['c', 1], ['b', 1], ['x', 0]]); // prettier-ignore
});

/** Shared values, values of the binary, what is shown of it: sum and percentage. */
const SHOWN: readonly [number, number, [number, number] | undefined][] = [
  [29, 50, [29, 58]],
  [2, 3, [2, 66]],
  [7, 7, [7, 100]],
  [1, 50, [1, 2]],
  [1, 51, undefined],
  [1, 200, undefined],
  [2, 1000, [2, 0]],
  [0, 5, undefined],
];

for (const [shared, numValues, shown] of SHOWN) {
  test(`shows ${shared} of ${numValues} shared values ${shown === undefined ? 'not at all' : `as ${shown.join(' and ')}%`}`, () => {
    const sources = [source(...values(1, 100))];
    const matches = featureMatches([found('one', sources, [hit('aa', 'w=1', ...values(1, shared))])], numValues);
    assert.equal(
      matches.map(({ score_sum, score_percent }) => [score_sum, score_percent]),
      shown === undefined ? [] : [shown],
    );
  });
}

test('puts the likest first, then the lower hash, and shows 20', () => {
  const sources = [source(...values(1, 30))];
  const hits = Array.from({ length: 25 }, (_, index) => hit(String.fromCharCode(0x79 - index), ...values(1, index < 5 ? 10 : 9)));
  const order = featureMatches([found('one', sources, hits)], 30).map(({ sha256 }) => sha256);
  assert.is(order.join(''), 'uvwxyabcdefghijklmnopqrst'.slice(0, 20));
});

test('gives nothing for nothing', () => {
  assert.equal(featureMatches([], 0), []);
  assert.equal(featureMatches([found('one', [source('v=1')], [])], 1), []);
});

const somePairs = fc.uniqueArray(fc.constantFrom(...values(1, 12)), { minLength: 1 });

test('scores a binary with the same values with 100 % and none higher, whatever the order of documents', () => {
  fc.assert(
    fc.property(somePairs, fc.array(somePairs, { maxLength: 5 }), (own, others) => {
      const sources = [source(...own)];
      const hits = [hit('same', ...own), ...others.map((pairs, index) => hit(`other${index % 3}`, ...pairs))];
      const matches = featureMatches([found('one', sources, hits)], own.length);
      assert.equal(featureMatches([found('one', sources, hits.toReversed())], own.length), matches);
      assert.ok(matches.every(({ score_percent }) => score_percent <= 100));
      assert.is(matches.find(({ sha256 }) => sha256 === 'same')?.score_percent, 100);
    }),
  );
});

test.run();
