import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { entropyBlocks } from '../../../../projections/binary/entropy-blocks.js';
import { entropyVector, tlshVector } from '../../../../projections/binary/vectors.js';
import { RefusalError } from '../../../../projections/refusal.js';
import entropyRows from '../../../fixtures/enrich/entropy.json' with { type: 'json' };

const test = suite('similarity vectors');

function refuses(refusalClass: string, text: string): (error: unknown) => boolean {
  return (error) => error instanceof RefusalError && error.refusalClass === refusalClass && error.message.includes(text);
}

const DIGITS = 'A1B2C3' + '00'.repeat(15) + 'FF'.repeat(17);
const VECTOR = [-102, -85, -116, -125, ...Array<number>(15).fill(-128), ...Array<number>(17).fill(127)];

test('turns a TLSH into 36 signed bytes, in either case, with or without its version', () => {
  for (const text of [`T1${DIGITS}`, DIGITS, `T1${DIGITS.toLowerCase()}`]) assert.equal(tlshVector(text), VECTOR);
});

test('makes no vector of the spellings of no TLSH', () => {
  for (const text of ['', 'NULL', 'TNULL']) assert.is(tlshVector(text), undefined);
});

test('refuses other versions, lengths and characters', () => {
  assert.throws(() => tlshVector(`T2${DIGITS}`), refuses('ApiException', 'T2A1'));
  assert.throws(() => tlshVector(`T1T${DIGITS.slice(1)}`), refuses('ApiException', 'T1T1'));
  assert.throws(() => tlshVector(`t1${DIGITS}`), refuses('ApiException', '72'));
  assert.throws(() => tlshVector(DIGITS.slice(1)), refuses('ApiException', '69'));
  assert.throws(() => tlshVector('null'), refuses('ApiException', 'null'));
  assert.throws(() => tlshVector(`G${DIGITS.slice(1)}`), refuses('ValueError', 'G1B2'));
  assert.throws(() => tlshVector(`${DIGITS.slice(1)}\u{1f600}`), refuses('ValueError', 'hexadecimal'));
});

/** The first four bytes of the vector of a flat profile. */
function levelBytes(value: number): number[] | undefined {
  return entropyVector(Array<number>(40).fill(value))?.slice(0, 4);
}

const LEVELS: [number, number[]][] = [
  [0, [0, 0, 0, 0]],
  [0.125, [0, 0, 0, 0]],
  [0.375, [-64, 0, 0, 0]],
  [2.125, [-1, 0, 0, 0]],
  [2.375, [-1, -64, 0, 0]],
  [5.5, [-1, -1, -4, 0]],
  [7.875, [-1, -1, -1, -1]],
  [8, [-1, -1, -1, -1]],
  [9.5, [-1, -1, -1, -1]],
  [-3, [0, 0, 0, 0]],
  [1e308, [-1, -1, -1, -1]],
];

for (const [value, bytes] of LEVELS) {
  test(`writes an entropy of ${value} as ${bytes.join(' ')}`, () => assert.equal(levelBytes(value), bytes));
}

test('makes 160 bytes of 40 blocks or more and null of fewer', () => {
  assert.is(entropyVector(Array<number>(39).fill(1)), null);
  assert.is(entropyVector([]), null);
  assert.is(entropyVector(Array<number>(40).fill(1))?.length, 160);
  assert.is(entropyVector(Array<number>(800).fill(1))?.length, 160);
});

function onesOf(vector: number[] | null): number[] {
  return Array.from({ length: 40 }, (_, point) =>
    vector!.slice(point * 4, point * 4 + 4).reduce((sum, byte) => sum + (byte & 0xff).toString(2).replaceAll('0', '').length, 0),
  );
}

test('interpolates between blocks in doubles, rounding half to even', () => {
  const rising = Array.from({ length: 80 }, (_, index) => index / 10);
  assert.equal(entropyVector(rising)?.slice(4, 8), [-128, 0, 0, 0]);
  const jumping = Array.from({ length: 41 }, (_, index) => (index % 2) * 8);
  // 0, 7.794871794871796, 0.41025641025640863, 7.384615384615387
  assert.equal(onesOf(entropyVector(jumping)).slice(0, 4), [0, 31, 2, 30]);
  assert.is(onesOf(entropyVector(jumping)).at(-1), 0);
});

test('agrees with numpy where the last bit decides', () => {
  for (const [blocks, vector] of entropyRows as unknown as [number[], number[] | null][]) assert.equal(entropyVector(blocks), vector);
});

test('takes a block as it stands where a point lies on it, however far the next one is', () => {
  const blocks = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 1e308 : -1e308));
  assert.equal(
    onesOf(entropyVector(blocks)),
    blocks.map((value) => (value > 0 ? 32 : 0)),
  );
});

test('keeps every block when there are as many as points', () => {
  const blocks = Array.from({ length: 40 }, (_, index) => (index % 33) / 4);
  assert.equal(
    onesOf(entropyVector(blocks)),
    blocks.map((value) => value * 4),
  );
});

test('takes entropy from info as Python would', () => {
  const blocks = Array<number>(40).fill(1.5);
  for (const nothing of [undefined, null, 0, -0, '', [], {}, false]) assert.is(entropyBlocks(nothing), undefined);
  assert.equal(entropyBlocks({ overall: 5 }), []);
  assert.equal(entropyBlocks({ blocks }), blocks);
  assert.equal(entropyBlocks({ blocks: [...blocks, true, false] }), [...blocks, 1, 0]);
});

test('does not look at blocks that are too few', () => {
  const few: unknown[] = [[], [null, 'x', [1]], '5', {}, { a: 1 }, [...Array<number>(38).fill(1), null]];
  for (const blocks of few) assert.equal(entropyBlocks({ blocks }), []);
});

const WRONG_ENTROPY: unknown[] = [1, 'x', [1], true];
for (const entropy of WRONG_ENTROPY) {
  test(`refuses ${String(entropy)} as entropy`, () =>
    assert.throws(() => entropyBlocks(entropy), refuses('AttributeError', 'info.entropy is')));
}

const WRONG_BLOCKS: [string, unknown, string][] = [
  ['null', null, 'TypeError'],
  ['a number', 5, 'TypeError'],
  ['zero', 0, 'TypeError'],
  ['false', false, 'TypeError'],
  ['a long text', '5'.repeat(40), 'ValueError'],
  ['a large object', Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, 1])), 'ValueError'],
];
for (const [what, blocks, refusalClass] of WRONG_BLOCKS) {
  test(`refuses ${what} as blocks`, () => assert.throws(() => entropyBlocks({ blocks }), refuses(refusalClass, 'info.entropy.blocks is')));
}

const WRONG_BLOCK: [unknown, string][] = [
  [null, 'TypeError'],
  ['5', 'TypeError'],
  [{}, 'TypeError'],
  [Infinity, 'TypeError'],
  [[1], 'ValueError'],
  [NaN, 'ValueError'],
];
for (const [block, refusalClass] of WRONG_BLOCK) {
  test(`refuses ${JSON.stringify(block)} (${String(block)}) among 40 blocks`, () => {
    const blocks = [...Array<number>(39).fill(1), block];
    assert.throws(() => entropyBlocks({ blocks }), refuses(refusalClass, 'info.entropy.blocks[39]'));
  });
}

test.run();
