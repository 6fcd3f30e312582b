import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/generate/random.js';

const test = suite('random');

test('repeats itself for the same seed and only for that', () => {
  const draw = (seed: number): string => {
    const random = createRandom(seed);
    return [random.int(0, 1e9), random.hex(64), random.base64(20), random.unit(), random.pick([1, 2, 3])].join(' ');
  };
  assert.is(draw(5), draw(5));
  const seeds = [0, 1, 2, 5, -5, 2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER];
  assert.is(new Set(seeds.map(draw)).size, seeds.length);
});

test('keeps whole numbers within their bounds and reaches both', () => {
  const random = createRandom(1);
  const seen = new Set(Array.from({ length: 500 }, () => random.int(3, 7)));
  assert.equal([...seen].sort(), [3, 4, 5, 6, 7]);
});

test('chooses by weight', () => {
  const random = createRandom(2);
  let often = 0;
  for (let at = 0; at < 10_000; at++) if (random.weighted([['often', 9], ['seldom', 1]]) === 'often') often++; // prettier-ignore
  assert.ok(often > 8_800 && often < 9_200, `${often} of 10000`);
});

test('samples different members and no more than there are', () => {
  const random = createRandom(3);
  const list = [1, 2, 3, 4, 5];
  for (let at = 0; at < 50; at++) assert.is(new Set(random.sample(list, 3)).size, 3);
  assert.equal(random.sample(list, 9).sort(), list);
  assert.equal(list, [1, 2, 3, 4, 5]);
});

test('writes digits of the length asked for', () => {
  const random = createRandom(4);
  for (const digits of [1, 7, 32, 64, 128]) assert.match(random.hex(digits), new RegExp(`^[0-9a-f]{${digits}}$`));
  for (const characters of [1, 4, 16, 37, 64]) assert.match(random.base64(characters), new RegExp(`^[0-9A-Za-z+/]{${characters}}$`));
});

test('draws positive pauses around their mean', () => {
  const random = createRandom(5);
  let sum = 0;
  for (let at = 0; at < 20_000; at++) {
    const pause = random.exponential(4);
    assert.ok(pause >= 0);
    sum += pause;
  }
  assert.ok(Math.abs(sum / 20_000 - 4) < 0.2, `mean ${sum / 20_000}`);
});

test.run();
