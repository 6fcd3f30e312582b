import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bestMatches } from '../../../../src/search/similarity/ranking.js';

const test = suite('ranking of matches');

const MATCHES = [
  { sha256: 'c', score: 10 },
  { sha256: 'a', score: 90 },
  { sha256: 'b', score: 10 },
  { sha256: 'd', score: 0 },
];

test('puts the best first, equal scores in the given order, and keeps scores of 0', () => {
  const order = bestMatches(MATCHES, 4).map(({ sha256 }) => sha256);
  assert.equal(order, ['a', 'c', 'b', 'd']);
  assert.is(MATCHES[0]?.sha256, 'c');
});

test('keeps no more than were asked for', () => {
  assert.equal(bestMatches(MATCHES, 2), [
    { sha256: 'a', score: 90 },
    { sha256: 'c', score: 10 },
  ]);
  assert.equal(bestMatches(MATCHES, 0), []);
});

test.run();
