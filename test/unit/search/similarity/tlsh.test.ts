import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimilarityError, type SimilarityErrorCode } from '../../../../src/search/similarity/errors.js';
import { parseTlsh, tlshBody, tlshScore } from '../../../../src/search/similarity/tlsh.js';

const test = suite('search by TLSH');

const DIGITS = '1B'.repeat(35);
/** Value of spec 05 §11.2. */
const VECTOR = [49, 49, -127, -117, ...Array<number>(32).fill(-101)];

test('reads a TLSH with or without its version, in either case', () => {
  assert.equal(parseTlsh(`T1${DIGITS}`), { digits: DIGITS, vector: VECTOR });
  assert.equal(parseTlsh(DIGITS), { digits: DIGITS, vector: VECTOR });
  assert.equal(parseTlsh(DIGITS.toLowerCase()), { digits: DIGITS.toLowerCase(), vector: VECTOR });
});

for (const text of ['', 'NULL', 'TNULL']) {
  test(`reads ${JSON.stringify(text)} as none`, () => assert.is(parseTlsh(text), undefined));
}

const LENGTH = "Invalid TLSH length in: ''";
const REFUSED: readonly [string, SimilarityErrorCode, string][] = [
  [`T2${DIGITS}`, 'MetastoreInvalidTLSHFormat', `Invalid TLSH version in: 'T2${DIGITS}'`],
  ['T', 'MetastoreInvalidTLSHFormat', "Invalid TLSH version in: 'T'"],
  ['TNULLS', 'MetastoreInvalidTLSHFormat', "Invalid TLSH version in: 'TNULLS'"],
  ['T1', 'MetastoreInvalidTLSHLength', LENGTH],
  ['null', 'MetastoreInvalidTLSHLength', LENGTH],
  [`T1${DIGITS}0`, 'MetastoreInvalidTLSHLength', LENGTH],
  [`T1T1${DIGITS}`, 'MetastoreInvalidTLSHLength', LENGTH],
  [`t1${DIGITS}`, 'MetastoreInvalidTLSHLength', LENGTH],
  [DIGITS.slice(1), 'MetastoreInvalidTLSHLength', LENGTH],
  [`${DIGITS.slice(1)}G`, 'MetastoreInvalidTLSHFormat', `Invalid TLSH digits in: '${DIGITS.slice(1)}G'`],
  [`${DIGITS.slice(2)}  `, 'MetastoreInvalidTLSHFormat', `Invalid TLSH digits in: '${DIGITS.slice(2)}  '`],
  [`${DIGITS.slice(1)}\u{1f600}`, 'MetastoreInvalidTLSHFormat', `Invalid TLSH digits in: '${DIGITS.slice(1)}\u{1f600}'`],
];

for (const [text, code, message] of REFUSED) {
  test(`refuses ${text}`, () => {
    assert.throws(
      () => parseTlsh(text),
      (error: unknown) => error instanceof SimilarityError && error.status === 422 && error.code === code && error.message === message,
    );
  });
}

test('asks for near vectors without those of the very same hash', () => {
  const filter = { bool: { must_not: [{ match: { tlsh: 'AB' } }, { match: { tlsh: 'T1AB' } }] } };
  const body = (max: number, k: number) => ({
    _source: { includes: ['sha256'] },
    query: {
      dis_max: {
        queries: [
          { knn: { tlsh_vector: { vector: [1, -2], min_score: 0.9, filter } } },
          { knn: { tlsh_vector: { vector: [1, -2], k, filter } } },
        ],
      },
    },
    min_score: 0.9,
    size: max,
    collapse: { field: 'sha256' },
  });
  for (const [max, k] of [
    [20, 100],
    [500, 500],
  ] as const) {
    assert.equal(tlshBody({ digits: 'AB', vector: [1, -2] }, max), body(max, k));
  }
});

/** `_score` and percentage; those between are what Python 3.11 gives for `round((score % 1) * 100, 2)`. */
const SCORES: readonly [number, number][] = [
  [1, 100],
  [2, 100],
  [0, 0],
  [0.98765427, 98.77],
  [1.9876543, 98.77],
  [0.90125, 90.12],
  [0.96875, 96.88],
  [0.94140625, 94.14],
  [0.9, 90],
  [0.99999994, 100],
];

for (const [score, percentage] of SCORES) {
  test(`shows a score of ${score} as ${percentage}`, () => assert.is(tlshScore(score), percentage));
}

test.run();
