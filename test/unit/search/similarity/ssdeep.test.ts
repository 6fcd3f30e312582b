import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimilarityError } from '../../../../src/search/similarity/errors.js';
import { parseSsdeep, ssdeepBody } from '../../../../src/search/similarity/ssdeep.js';

const test = suite('search by ssdeep');

const READ: readonly [string, number | bigint, string, string][] = [
  ['192:9p2BHR9w:j2BHR3D', 192, '9p2BHR9w', 'j2BHR3D'],
  ['3::', 3, '', ''],
  [' 0_96 :a:b', 96, 'a', 'b'],
  ['-6:a:b', -6, 'a', 'b'],
  ['9007199254740993:a:b', 9007199254740993n, 'a', 'b'],
  ['3:a:b,"name"', 3, 'a', 'b,"name"'],
];

for (const [text, blocksize, chunk, dchunk] of READ) {
  test(`reads ${text}`, () => assert.equal(parseSsdeep(text), { text, blocksize, chunk, dchunk }));
}

for (const text of ['', '3', '3:a', '3:a:b:', 'x:a:b', ':a:b', '3.0:a:b', '1__0:a:b']) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseSsdeep(text),
      (error: unknown) =>
        error instanceof SimilarityError &&
        error.status === 422 &&
        error.code === 'MetastoreReadSimilarSSDeepBadFuzzyHash' &&
        error.message === `ssdeep fuzzy hash could not be parsed ${text}`,
    );
  });
}

test('asks for twice as many binaries that share a part and are not the same', () => {
  assert.equal(ssdeepBody(parseSsdeep('192:one:two'), 20), {
    _source: { includes: ['sha256', 'ssdeep'] },
    query: {
      bool: {
        must: [
          {
            bool: {
              should: [
                { match: { 'encoded_ssdeep.chunk': 'one' } },
                { match: { 'encoded_ssdeep.dchunk': 'one' } },
                { match: { 'encoded_ssdeep.chunk': 'two' } },
                { match: { 'encoded_ssdeep.dchunk': 'two' } },
              ],
            },
          },
        ],
        must_not: [{ match: { ssdeep: '192:one:two' } }],
        filter: [{ terms: { 'encoded_ssdeep.blocksize': [192, 384, 96] } }],
      },
    },
    size: 40,
    collapse: { field: 'sha256' },
  });
});

const BLOCKSIZES: readonly [string, number[]][] = [
  ['6', [6, 12, 3]],
  ['3', [3, 6]],
  ['0', [0, 0, 0]],
  ['-6', [-6, -12, -3]],
  ['1610612736', [1610612736, 805306368]],
  ['4294967294', [2147483647]],
  ['4294967296', []],
  ['9007199254740993', []],
];

for (const [blocksize, terms] of BLOCKSIZES) {
  test(`looks for blocksizes ${terms.join(', ')} of ${blocksize}`, () => {
    const body = ssdeepBody(parseSsdeep(`${blocksize}:a:b`), 1) as { query: { bool: { filter: unknown } } };
    assert.equal(body.query.bool.filter, [{ terms: { 'encoded_ssdeep.blocksize': terms } }]);
  });
}

test.run();
