import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { entropyBody, entropyScore, parseEntropy } from '../../../../src/search/similarity/entropy.js';
import { SimilarityError } from '../../../../src/search/similarity/errors.js';
import entropyRows from '../../../fixtures/enrich/entropy.json' with { type: 'json' };

const test = suite('search by entropy');

test('makes the vector that is stored for the same blocks, and none where none is', () => {
  for (const [blocks, vector] of entropyRows as [number[], number[] | null][]) assert.equal(parseEntropy(blocks), vector ?? undefined);
});

/** Values of spec 05 §11.3. */
const FOUR_BYTES: readonly [number, number[]][] = [
  [0.25, [-128, 0, 0, 0]],
  [4, [-1, -1, 0, 0]],
  [9, [-1, -1, -1, -1]],
];

for (const [value, bytes] of FOUR_BYTES) {
  test(`writes ${value} as ${bytes.join(' ')}`, () => assert.equal(parseEntropy(Array<number>(40).fill(value))?.slice(0, 4), bytes));
}

test('makes no vector of fewer than 40 values', () => {
  assert.is(parseEntropy([]), undefined);
  assert.is(parseEntropy(Array<number>(39).fill(1)), undefined);
});

for (const value of [Infinity, -Infinity, NaN]) {
  test(`refuses ${value}`, () => {
    assert.throws(
      () => parseEntropy([...Array<number>(40).fill(1), value]),
      (error: unknown) =>
        error instanceof SimilarityError && error.status === 422 && error.message === 'entropy values must be finite numbers',
    );
  });
}

test('asks for some more neighbours than binaries, without the binary itself', () => {
  assert.equal(entropyBody('aa', [1, -2], 20), {
    _source: { includes: ['sha256'] },
    query: { knn: { entropy_vector: { vector: [1, -2], k: 30, filter: { bool: { must_not: [{ match: { sha256: 'aa' } }] } } } } },
    size: 20,
    collapse: { field: 'sha256' },
  });
});

/** A single, as OpenSearch keeps `_score`, in the fewest digits that tell it from others, as OpenSearch prints it. */
function asPrinted(score: number): number {
  const single = Math.fround(score);
  for (let digits = 1; ; digits++) {
    const printed = Number(single.toPrecision(digits));
    if (Math.fround(printed) === single) return printed;
  }
}

/** Differing bits and what Python 3.11 makes of the printed score: of 6 and 10 bits the last digit is decided by what a single can't hold. */
const SHOWN: readonly [number, number | undefined][] = [
  [0, 100],
  [1, 99.9219],
  [2, 99.8438],
  [3, 99.7656],
  [6, 99.5313],
  [10, 99.2187],
  [64, 95],
  [127, 90.0781],
  [128, 90],
  [129, undefined],
  [640, undefined],
  [1280, undefined],
];

for (const [bits, percentage] of SHOWN) {
  test(`shows ${bits} differing bits as ${percentage}`, () => assert.is(entropyScore(asPrinted(1 / (1 + bits))), percentage));
}

test('takes whole numbers for added by other clauses', () => {
  assert.is(entropyScore(2), 100);
  assert.is(entropyScore(1.5), 99.9219);
});

test('shows no hit whose score is 0', () => assert.is(entropyScore(0), undefined));

test.run();
