import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareSsdeep } from '../../../../src/search/similarity/ssdeep-compare.js';
import libfuzzy from '../../../fixtures/similarity/ssdeep.json' with { type: 'json' };

const test = suite('scores of ssdeep hashes');

const ORIGINAL = '192:9p2BHR9woCmKMGRZUCsA7knmxs1yxXMdYKMNbp:j2BHR3DGQ1msyx8M';
/** Values of spec 05 §11.1. */
const SCORES: readonly [string, number][] = [
  ['96:9pETyYBP1U35TR0gggX7DOspzoMRQRAFyy8i3PNtbRmyFDynmxgPnnIKuKkB9/hD:9p2BuG2sA7knmxs1yxXMdYKMNbp', 79],
  ['192:0R9woCmKMGT1yxYZUCsA7knmxwp2BTMdYKMNbp:0R3DG5yxz1ma2BwM', 72],
];

for (const [hash, score] of SCORES) {
  test(`scores ${hash} with ${score}`, () => assert.is(compareSsdeep(ORIGINAL, hash), score));
}

test('scores every pair as libfuzzy does, in either order', () => {
  const pairs = libfuzzy.pairs as [string, string, number][];
  assert.ok(pairs.length >= 300);
  for (const [a, b, score] of pairs) {
    // libfuzzy has -1 for what is no hash.
    const expected = Math.max(0, score);
    assert.is(compareSsdeep(a, b), expected, `${a} and ${b}`);
    assert.is(compareSsdeep(b, a), expected, `${b} and ${a}`);
  }
});

const NO_HASHES = ['', '3', '3:', '3:abcdefgh', ':abcdefgh:abcdefgh', 'x:abcdefgh:abcdefgh', '-:abcdefgh:abcdefgh', '3:äbcdefgh:abcdefgh'];

for (const text of NO_HASHES) {
  test(`scores ${JSON.stringify(text)}, which is no hash, with 0`, () => assert.is(compareSsdeep(text, text), 0));
}

const character = fc.constantFrom('A', 'B', 'C', 'D', 'a', 'b', '1', '2', '+', '/');
const part = fc.string({ unit: character, maxLength: 80 });
const hash = fc.tuple(fc.constantFrom(0, 3, 6, 12, 48, 96), part, part).map(([size, chunk, dchunk]) => `${size}:${chunk}:${dchunk}`);

test('gives whole scores from 0 to 100, equal in both directions', () => {
  fc.assert(
    fc.property(hash, hash, (a, b) => {
      const score = compareSsdeep(a, b);
      return Number.isInteger(score) && score >= 0 && score <= 100 && score === compareSsdeep(b, a);
    }),
  );
});

const shortPart = fc.string({ unit: character, maxLength: 64 });

test('scores a hash with itself with 100, short as it may be', () => {
  fc.assert(fc.property(shortPart, shortPart, (chunk, dchunk) => compareSsdeep(`3:${chunk}:${dchunk}`, `3:${chunk}:${dchunk}`) === 100));
});

test('does not let one comparison change the next', () => {
  fc.assert(
    fc.property(hash, hash, hash, hash, (a, b, c, d) => {
      const score = compareSsdeep(a, b);
      compareSsdeep(c, d);
      return compareSsdeep(a, b) === score;
    }),
  );
});

test.run();
