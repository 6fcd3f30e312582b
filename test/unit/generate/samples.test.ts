import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson, JsonObject } from '../../../schemas/json-text.js';
import { PE32 } from '../../../src/generate/formats.js';
import * as info from '../../../src/generate/info.js';
import { createRandom } from '../../../src/generate/random.js';
import { makeSample, makeSsdeep } from '../../../src/generate/samples.js';

const test = suite('samples');

test('have digests, and fuzzy hashes that the projections can read', () => {
  const random = createRandom(1);
  let fuzzy = 0;
  for (let at = 0; at < 300; at++) {
    const { sha256, sha512, sha1, md5, ssdeep, tlsh, size } = makeSample(random, PE32);
    assert.equal([sha256, sha512, sha1, md5].map((text) => text.length), [64, 128, 40, 32]); // prettier-ignore
    if (ssdeep !== undefined) assert.match(ssdeep, /^\d+:[0-9A-Za-z+/]{1,64}:[0-9A-Za-z+/]{1,32}$/);
    if (tlsh !== undefined) assert.match(tlsh, /^T1[0-9A-F]{70}$/);
    if (size < 50) assert.is(tlsh, undefined);
    if (ssdeep !== undefined && tlsh !== undefined) fuzzy++;
  }
  assert.ok(fuzzy > 240 && fuzzy < 300, `${fuzzy} of 300 have both fuzzy hashes`);
});

test('have an ssdeep block size of 3·2ⁿ that fits the size', () => {
  const random = createRandom(2);
  assert.match(makeSsdeep(random, 100), /^3:/);
  assert.match(makeSsdeep(random, 10_000), /^192:/);
});

test('carry info that is a JSON object with Python number texts', () => {
  const random = createRandom(3);
  const texts = Object.values(info).flatMap((make) => Array.from({ length: 60 }, () => make(random)));
  for (const text of texts) assert.instance(parseJson(text), JsonObject);
  const all = texts.join('\n');
  for (const lexeme of ['5.0', '1e-07', '-0.0', '18446744073709551615']) {
    assert.ok(
      [',', ']', '}'].some((end) => all.includes(`:${lexeme}${end}`)),
      lexeme,
    );
  }
});

test('mostly have enough entropy blocks for a vector, and at times too few', () => {
  const random = createRandom(4);
  const counts = Array.from({ length: 200 }, () => {
    const { entropy } = JSON.parse(info.entropyInfo(random)) as { entropy: { blocks: number[]; block_count: number } };
    assert.is(entropy.blocks.length, entropy.block_count);
    for (const block of entropy.blocks) assert.ok(block >= 0 && block <= 8, `block ${block}`);
    return entropy.block_count;
  });
  const long = counts.filter((count) => count >= 40).length;
  assert.ok(long > 150 && long < 200, `${long} of 200 are long enough`);
});

test.run();
