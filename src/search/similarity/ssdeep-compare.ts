/**
 * How like two ssdeep hashes are: the scores of `fuzzy_compare` in libfuzzy 2.14, which the peer calls (spec 05 §11.1).
 * Comparing two parts is bit-parallel: bit i of a mask stands for character i of the left part, of which there are at most 64,
 * so two 32-bit words hold a mask. The arrays are shared by all calls, which are synchronous.
 */

const MAX_LENGTH = 64;
const WORD_BITS = 32;
const MIN_BLOCKSIZE = 3;
/** Parts that do not share so many characters in a row are not alike at all. */
const WINDOW = 7;
/** Longer runs of one character say no more than such a run. */
const MAX_RUN = 3;
const ASCII = 128;

const COLON = ':';
const COMMA = ',';
const PLUS = 0x2b;
const MINUS = 0x2d;

interface Part {
  readonly codes: Uint8Array;
  length: number;
}

interface Parts {
  readonly chunk: Part;
  readonly dchunk: Part;
}

function emptyPart(): Part {
  return { codes: new Uint8Array(MAX_LENGTH), length: 0 };
}

const LEFT: Parts = { chunk: emptyPart(), dchunk: emptyPart() };
const RIGHT: Parts = { chunk: emptyPart(), dchunk: emptyPart() };

/** For each character where it stands in the left part: positions 0 to 31 and 32 to 63. All zero between calls. */
const LOW = new Int32Array(ASCII);
const HIGH = new Int32Array(ASCII);

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** The integer that a text starts with, as C's `scanf` reads it; NaN without one. Negative sizes stand for huge ones. */
function leadingInteger(text: string): number {
  let index = 0;
  while (isBlank(text.charCodeAt(index))) index++;
  const sign = text.charCodeAt(index);
  if (sign === PLUS || sign === MINUS) index++;
  const start = index;
  let value = 0;
  for (; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (index === start) return NaN;
  return sign === MINUS ? -value : value;
}

/** Reads characters without what exceeds a run; false when more are left than a hash can have, or other than ASCII. */
function readPart(text: string, start: number, end: number, part: Part): boolean {
  let length = 0;
  let previous = -1;
  let run = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    run = code === previous ? run + 1 : 1;
    previous = code;
    if (run > MAX_RUN) continue;
    if (length === MAX_LENGTH || code >= ASCII) return false;
    part.codes[length++] = code;
  }
  part.length = length;
  return true;
}

/** Reads both parts; a comma ends the second, since a file name may follow. False for what is no hash. */
function readParts(text: string, parts: Parts): boolean {
  const first = text.indexOf(COLON);
  const second = text.indexOf(COLON, first + 1);
  if (second < 0) return false;
  const comma = text.indexOf(COMMA, second + 1);
  return readPart(text, first + 1, second, parts.chunk) && readPart(text, second + 1, comma < 0 ? text.length : comma, parts.dchunk);
}

function equalParts(left: Part, right: Part): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left.codes[index] !== right.codes[index]) return false;
  }
  return true;
}

function setMasks(part: Part): void {
  for (let index = 0; index < part.length; index++) {
    if (index < WORD_BITS) LOW[part.codes[index]!]! |= 1 << index;
    else HIGH[part.codes[index]!]! |= 1 << (index - WORD_BITS);
  }
}

function clearMasks(part: Part): void {
  for (let index = 0; index < part.length; index++) {
    LOW[part.codes[index]!] = 0;
    HIGH[part.codes[index]!] = 0;
  }
}

/** Whether the part of the masks and this one have `WINDOW` characters in a row in common. */
function shareWindow({ codes, length }: Part): boolean {
  for (let end = WINDOW - 1; end < length; end++) {
    // Bits of the left positions at which a match that ends here may end.
    let low = LOW[codes[end]!]!;
    let high = HIGH[codes[end]!]!;
    for (let back = 1; back < WINDOW && (low | high) !== 0; back++) {
      const code = codes[end - back]!;
      low &= LOW[code]! << back;
      high &= (HIGH[code]! << back) | (LOW[code]! >>> (WORD_BITS - back));
    }
    if ((low | high) !== 0) return true;
  }
  return false;
}

function countOnes(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * Length of the longest common subsequence of the part of the masks and this one (Hyyrö 2004). A position's bit becomes zero
 * when the subsequence of all up to there grows.
 */
function commonLength({ codes, length }: Part): number {
  let low = -1;
  let high = -1;
  for (let index = 0; index < length; index++) {
    const maskLow = LOW[codes[index]!]!;
    const maskHigh = HIGH[codes[index]!]!;
    const sum = (low >>> 0) + ((low & maskLow) >>> 0);
    const carry = sum > 0xffffffff ? 1 : 0;
    low = sum | (low & ~maskLow);
    high = (high + (high & maskHigh) + carry) | (high & ~maskHigh);
  }
  return MAX_LENGTH - countOnes(low) - countOnes(high);
}

/** Score of two parts made with the same blocksize. */
function scoreParts(left: Part, right: Part, blocksize: number): number {
  setMasks(left);
  const common = shareWindow(right) ? commonLength(right) : undefined;
  clearMasks(left);
  if (common === undefined) return 0;
  const total = left.length + right.length;
  // An insertion or deletion costs 1, a replacement 2.
  const distance = total - 2 * common;
  // Both divisions drop the rest, as they always did: the scores depend on it.
  const scaled = Math.floor((distance * MAX_LENGTH) / total);
  const score = 100 - Math.floor((100 * scaled) / MAX_LENGTH);
  // Pieces of few bytes are alike by chance: short parts made of them prove little.
  return Math.min(score, Math.floor(blocksize / MIN_BLOCKSIZE) * Math.min(left.length, right.length));
}

function scoreEqualBlocksize(blocksize: number): number {
  if (equalParts(LEFT.chunk, RIGHT.chunk) && equalParts(LEFT.dchunk, RIGHT.dchunk)) return 100;
  // A size read from a negative number is too large to be doubled.
  if (blocksize < 0) return scoreParts(LEFT.chunk, RIGHT.chunk, Infinity);
  return Math.max(scoreParts(LEFT.chunk, RIGHT.chunk, blocksize), scoreParts(LEFT.dchunk, RIGHT.dchunk, blocksize * 2));
}

/**
 * Likeness of two ssdeep hashes, 0 to 100; 0 also for hashes whose blocksizes have nothing in common and for texts that are
 * none. Equal to libfuzzy for blocksizes below 2^53.
 */
export function compareSsdeep(a: string, b: string): number {
  const left = leadingInteger(a);
  const right = leadingInteger(b);
  const comparable = left === right || (left >= 0 && (left * 2 === right || right * 2 === left));
  if (!comparable || !readParts(a, LEFT) || !readParts(b, RIGHT)) return 0;
  if (left === right) return scoreEqualBlocksize(left);
  return left < right ? scoreParts(LEFT.dchunk, RIGHT.chunk, right) : scoreParts(LEFT.chunk, RIGHT.dchunk, left);
}
