/** Which binaries match (spec 05 §6 step A). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { candidateSearches, candidatesOf, searchedHash, type Question } from '../../../../src/api/find/candidates.js';
import type { Hit, SearchAnswer } from '../../../../src/api/reader.js';

const test = suite('find candidates');

const QUESTION: Question = {
  term: undefined,
  hashes: [],
  sort: '_score',
  ascending: false,
  limit: 100,
  count: false,
  highlightFields: new Set(['md5']),
};

const HASHES: [string, string][] = [
  ['ABC', 'abc'],
  ['3:AbC:dEf', '3:AbC:dEf'],
  ['A:B', 'a:b'],
  ['A:B:C:D', 'a:b:c:d'],
];
for (const [hash, expected] of HASHES) test(`searches for ${hash}`, () => assert.is(searchedHash(hash), expected));

test('makes room for two binaries of each hash', () => {
  const sizes = (hashes: number, limit: number) =>
    candidateSearches({ ...QUESTION, hashes: Array.from({ length: hashes }, (_, n) => String(n)), limit }).map(({ body }) => body['size']);
  assert.equal(sizes(0, 7), [7]);
  assert.equal(sizes(3, 7), [7]);
  assert.equal(sizes(4, 7), [8]);
  assert.equal(sizes(12_000, 7), [10_000, 10_000, 4_000]);
});

function hit(id: string, ...highlights: Record<string, string[]>[]): Hit {
  const inner = highlights.map((highlight, n) => [String(n + 1), { hits: { hits: [{ ...hit('child'), highlight }] } }]);
  return { _index: 'i', _id: id, _score: 0, _source: {}, inner_hits: Object.fromEntries(inner) as NonNullable<Hit['inner_hits']> };
}

function answer(total: number | undefined, ...hits: Hit[]): SearchAnswer {
  return { took: 1, timed_out: false, hits: { ...(total !== undefined && { total: { value: total, relation: 'eq' } }), hits } };
}

test('shows what matched, each value once in the order seen, but for the sha256 asked for', () => {
  const { found, total } = candidatesOf(
    [
      answer(
        undefined,
        hit('b', { magic: ['x', 'y'], sha256: ['aa'] }, { magic: ['y', 'z'], mime: ['m'] }),
        hit('a', { sha256: ['bb'] }),
        hit('c'),
      ),
    ],
    ['aa'],
  );
  assert.equal(
    [...found],
    [
      ['b', { magic: ['x', 'y', 'z'], mime: ['m'] }],
      ['a', { sha256: ['bb'] }],
      ['c', {}],
    ],
  );
  assert.is(total, undefined);
});

test('counts a binary that several searches found once', () => {
  const { found, total } = candidatesOf(
    [answer(2, hit('a', { md5: ['1'] }), hit('b')), answer(2, hit('c'), hit('a', { sha1: ['2'] }))],
    [],
  );
  assert.equal(
    [...found],
    [
      ['a', { md5: ['1'], sha1: ['2'] }],
      ['b', {}],
      ['c', {}],
    ],
  );
  assert.is(total, 3);
});

test.run();
