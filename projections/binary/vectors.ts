/** Vectors of similarity search (spec 02 §4.6). */
import { Buffer } from 'node:buffer';
import { countCodePoints } from '../code-points.js';
import { RefusalError } from '../refusal.js';

const TLSH_DIGITS = 70;
const NO_TLSH: ReadonlySet<string> = new Set(['', 'NULL', 'TNULL']);

function swapNibbles(byte: number): number {
  return ((byte & 15) << 4) | (byte >> 4);
}

/** The 70 hex digits of a TLSH, without its version. */
function tlshDigits(text: string): string {
  const digits = text.startsWith('T1') ? text.slice(2) : text;
  if (digits.startsWith('T')) throw new RefusalError('ApiException', `tlsh ${JSON.stringify(text)} has an unknown version, expected T1`);
  const length = countCodePoints(digits);
  if (length !== TLSH_DIGITS) {
    throw new RefusalError('ApiException', `tlsh ${JSON.stringify(text)} has ${length} digits, expected ${TLSH_DIGITS}`);
  }
  if (!/^[0-9a-fA-F]+$/.test(digits)) throw new RefusalError('ValueError', `tlsh ${JSON.stringify(text)} is not hexadecimal`);
  return digits;
}

/**
 * 36 signed bytes of a TLSH (either case, with or without `T1`); undefined for the spellings of "none". Throws RefusalError
 * for another version or length (ApiException) and for other characters (ValueError).
 */
export function tlshVector(text: string): number[] | undefined {
  if (NO_TLSH.has(text)) return undefined;
  const bytes = Buffer.from(tlshDigits(text), 'hex');
  const vector = [swapNibbles(bytes[0]!), swapNibbles(bytes[1]!), bytes[2]! >> 4, bytes[2]! & 15];
  for (let index = 3; index < bytes.length; index++) vector.push(bytes[index]!);
  for (let index = 0; index < vector.length; index++) vector[index]! -= 128;
  return vector;
}

/** Points of the profile that the vector keeps; fewer blocks make no vector. */
const POINTS = 40;
const HIGHEST_ENTROPY = 8;
const BYTES_PER_POINT = 4;

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** For each level from 0 to 32 four signed bytes with so many leading one-bits: the Hamming distance of two is that of their levels. */
const LEVEL_BYTES: readonly (readonly number[])[] = Array.from({ length: 33 }, (_, level) =>
  Array.from({ length: BYTES_PER_POINT }, (_byte, index) => {
    const ones = Math.min(8, Math.max(0, level - 8 * index));
    const unsigned = (0xff00 >> ones) & 0xff;
    return unsigned > 127 ? unsigned - 256 : unsigned;
  }),
);

/** Where the points lie on the profile, from 0 to 1. */
const POINT_POSITIONS: readonly number[] = Array.from({ length: POINTS }, (_, point) =>
  point === POINTS - 1 ? 1 : point * (1 / (POINTS - 1)),
);

/**
 * `numpy.interp` at `x` (at least 0, below 1) of values spread evenly over 0 to 1. The order of these operations decides the
 * last bit, and the last bit decides the rounding: do not simplify.
 */
function interpolate(values: readonly number[], x: number): number {
  const last = values.length - 1;
  const step = 1 / last;
  let left = Math.floor(x * last);
  // The product may be off by one from the comparison that decides.
  if (left * step > x) left--;
  if ((left + 1) * step <= x) left++;
  const start = left * step;
  const value = values[left]!;
  if (start === x) return value;
  // Below 1 no point but its start lies in the last interval, so the end is never the last position, which is 1 by definition.
  return ((values[left + 1]! - value) / ((left + 1) * step - start)) * (x - start) + value;
}

/** 160 signed bytes of an entropy profile (bits per byte, one number per block, all finite); null when it has fewer than 40 blocks. */
export function entropyVector(blocks: readonly number[]): number[] | null {
  if (blocks.length < POINTS) return null;
  const vector: number[] = [];
  for (const x of POINT_POSITIONS) {
    const value = x === 1 ? blocks[blocks.length - 1]! : interpolate(blocks, x);
    const bytes = LEVEL_BYTES[roundHalfEven(Math.min(HIGHEST_ENTROPY, Math.max(0, value)) * 4)]!;
    for (let index = 0; index < BYTES_PER_POINT; index++) vector.push(bytes[index]!);
  }
  return vector;
}
