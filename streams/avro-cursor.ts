/**
 * A place in the bytes of one record, and how each Avro type is read there (spec 01 §2.2, §3). Every read checks bounds
 * before it takes anything, so truncated or garbage bytes fail at once and can't make it allocate out of proportion.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { Micros, UInt64 } from '../schemas/events.js';
import { MAX_MICROS, MIN_MICROS } from '../schemas/time.js';
import { decodeGoUtf8 } from './go-utf8.js';

/** The peer can't read longer strings (spec 01 §2.2). */
export const MAX_STRING_BYTES = 1_048_576;

/**
 * Records up to this size are turned into one Latin-1 string, of which ASCII strings are cut: much cheaper than a call
 * into the runtime for each. What is cut keeps the whole text alive, hence not for large records; and where only a few strings are
 * read (a status for its results), it does not pay.
 */
const SHARED_TEXT_BYTES = 16_384;
const STRINGS_WITHOUT_TEXT = 3;
/** From here on the runtime's vectorised tests are faster than a loop. */
const LONG_STRING_BYTES = 512;

/** Texts that are kept because they come again, by a few of their bytes; a power of two. */
const REPEATED_TEXTS = 1_024;
const LONGEST_REPEATED = 128;

interface RepeatedText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

function isAt(text: Uint8Array, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text[i] !== bytes[from + i]) return false;
  return true;
}

const TWO_32 = 4_294_967_296;
const TWO_28 = 268_435_456;

/** The bytes are not a record of the schema. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

const NO_BYTES = Buffer.alloc(0);

export class Cursor {
  private bytes: Buffer = NO_BYTES;
  private text: string | undefined = undefined;
  /** Strings that may still be cut from the bytes before `text` is made. */
  private untilText = 0;
  /** Offset of the record in its buffer, to cut from `text`. */
  private start = 0;
  private end = 0;
  private readonly repeatedTexts = new Array<RepeatedText | undefined>(REPEATED_TEXTS).fill(undefined);
  pos = 0;

  /** Begin at `start`; the record may reach to the end of the buffer. */
  reset(bytes: Buffer, start: number): void {
    this.bytes = bytes;
    this.start = start;
    this.pos = start;
    this.end = bytes.length;
    this.text = undefined;
    this.untilText = bytes.length - start <= SHARED_TEXT_BYTES ? STRINGS_WITHOUT_TEXT : Infinity;
  }

  /** Let go of the bytes. */
  release(): void {
    this.bytes = NO_BYTES;
    this.text = undefined;
  }

  fail(what: string): never {
    throw new MalformedError(`${what} at byte ${this.pos - this.start} of ${this.end - this.start}`);
  }

  skip(count: number): void {
    if (count > this.end - this.pos) this.fail(`${count} bytes expected but the data ends`);
    this.pos += count;
  }

  skipLong(): void {
    const limit = Math.min(this.end, this.pos + 10);
    while (this.pos < limit) if (this.bytes[this.pos++]! < 0x80) return;
    this.fail(limit === this.end ? 'integer ends early' : 'integer longer than 10 bytes');
  }

  skipString(): void {
    const n = this.length(); // moves pos, so it can't stand on the right of +=
    this.pos += n;
  }

  /** Zig-zag integer as a double: exact up to 2^53, approximate beyond. */
  long(): number {
    const { bytes } = this;
    const at = this.pos;
    if (at < this.end && bytes[at]! < 0x80) {
      this.pos = at + 1;
      const n = bytes[at]!;
      return (n & 1) === 0 ? n >>> 1 : -((n + 1) >>> 1);
    }
    return this.longSlow();
  }

  private longSlow(): number {
    const start = this.pos;
    this.skipLong();
    if (this.pos - start > 4) return Number(this.bigLong(start));
    let n = 0;
    for (let i = start, shift = 0; i < this.pos; i++, shift += 7) n |= (this.bytes[i]! & 0x7f) << shift;
    return (n & 1) === 0 ? n >>> 1 : -((n + 1) >>> 1);
  }

  /** The integer whose bytes reach from `start` to the current position. */
  private bigLong(start: number): bigint {
    let low = 0;
    let high = 0;
    const { bytes, pos } = this;
    const middle = Math.min(pos, start + 4);
    for (let i = start, factor = 1; i < middle; i++, factor *= 128) low += (bytes[i]! & 0x7f) * factor;
    for (let i = middle, factor = 1; i < pos; i++, factor *= 128) high += (bytes[i]! & 0x7f) * factor;
    if (pos - start === 10 && bytes[pos - 1]! > 1) this.fail('integer of more than 64 bits');
    const u = (BigInt(high) << 28n) + BigInt(low);
    return (u & 1n) === 0n ? u >> 1n : -((u + 1n) >> 1n);
  }

  /** Instant in µs; fails outside the years 1 to 9999. */
  time(): Micros {
    const start = this.pos;
    this.skipLong();
    const { bytes, pos } = this;
    if (pos - start === 8) {
      const low =
        (bytes[start]! & 0x7f) |
        ((bytes[start + 1]! & 0x7f) << 7) |
        ((bytes[start + 2]! & 0x7f) << 14) |
        ((bytes[start + 3]! & 0x7f) << 21);
      const high =
        (bytes[start + 4]! & 0x7f) | ((bytes[start + 5]! & 0x7f) << 7) | ((bytes[start + 6]! & 0x7f) << 14) | (bytes[start + 7]! << 21);
      // A positive time below 2^52 µs (the year 2112): its double is exact, and no bigint arithmetic is needed.
      if ((low & 1) === 0 && high < 0x2000000) return BigInt((high * TWO_28 + low) / 2);
    }
    return this.checkedTime(this.bigLong(start));
  }

  /** Passes an instant; fails where `time` does. */
  skipTime(): void {
    const start = this.pos;
    this.skipLong();
    const { bytes, pos } = this;
    if (pos - start === 8 && (bytes[start]! & 1) === 0 && bytes[pos - 1]! < 16) return; // as in `time`: positive, below 2^52
    this.checkedTime(this.bigLong(start));
  }

  /** Instant of a foreign schema that counts milliseconds. */
  timeMillis(): Micros {
    const start = this.pos;
    this.skipLong();
    return this.checkedTime(this.bigLong(start) * 1000n);
  }

  private checkedTime(t: bigint): Micros {
    if (t < MIN_MICROS || t > MAX_MICROS) this.fail(`time ${t.toString()} µs outside the years 1 to 9999`);
    return t;
  }

  uint32(): number {
    const n = this.long();
    return n >= 0 && n < TWO_32 ? n : this.fail(`integer ${n} outside 0 to 2^32 - 1`);
  }

  /** Unsigned 64-bit big-endian `fixed(8)`. */
  size(): UInt64 {
    const { bytes, pos } = this;
    this.skip(8);
    const high = ((bytes[pos]! << 24) | (bytes[pos + 1]! << 16) | (bytes[pos + 2]! << 8) | bytes[pos + 3]!) >>> 0;
    const low = ((bytes[pos + 4]! << 24) | (bytes[pos + 5]! << 16) | (bytes[pos + 6]! << 8) | bytes[pos + 7]!) >>> 0;
    if (high === 0) return low;
    return high < 0x200000 ? high * TWO_32 + low : (BigInt(high) << 32n) + BigInt(low);
  }

  /** A size that a foreign schema writes as an integer. */
  sizeLong(): UInt64 {
    const start = this.pos;
    this.skipLong();
    const n = this.bigLong(start);
    if (n < 0n) this.fail(`size ${n.toString()} below 0`);
    return n <= Number.MAX_SAFE_INTEGER ? Number(n) : n;
  }

  double(): number {
    const { pos } = this;
    this.skip(8);
    return this.finite(this.bytes.readDoubleLE(pos));
  }

  float(): number {
    const { pos } = this;
    this.skip(4);
    return this.finite(this.bytes.readFloatLE(pos));
  }

  private finite(n: number): number {
    return Number.isFinite(n) ? n : this.fail(`number ${n} is not finite`);
  }

  boolean(): boolean {
    const n = this.pos < this.end ? this.bytes[this.pos]! : 2;
    if (n > 1) this.fail('boolean is neither 0 nor 1');
    this.pos++;
    return n === 1;
  }

  /** Length of a string or of bytes, for which there is room. */
  private length(): number {
    const n = this.long();
    if (!(n >= 0 && n <= MAX_STRING_BYTES)) this.fail(`string of ${n} bytes, at most ${MAX_STRING_BYTES} can be read`);
    if (n > this.end - this.pos) this.fail(`string of ${n} bytes but the data ends`);
    return n;
  }

  /** A string; each invalid byte of its UTF-8 becomes one U+FFFD. */
  string(): string {
    const n = this.length();
    const from = this.pos;
    const to = from + n;
    this.pos = to;
    if (n === 0) return '';
    return this.asciiRange(from, to) ? this.slice(from, to) : this.utf8(from, to);
  }

  /** As `string`, of a field whose values come again and again: the same text is made once only. */
  repeated(): string {
    const n = this.length();
    if (n === 0) return '';
    const { bytes, pos: from } = this;
    const to = from + n;
    this.pos = to;
    const place = (n * 37 + bytes[from]! * 11 + bytes[from + (n >> 1)]! * 5 + bytes[to - 1]!) & (REPEATED_TEXTS - 1);
    const known = this.repeatedTexts[place];
    if (known !== undefined && isAt(known.bytes, bytes, from, n)) return known.text;
    const text = this.asciiRange(from, to) ? bytes.toString('latin1', from, to) : this.utf8(from, to);
    if (n <= LONGEST_REPEATED) this.repeatedTexts[place] = { bytes: Uint8Array.from(bytes.subarray(from, to)), text };
    return text;
  }

  private utf8(from: number, to: number): string {
    const text = this.bytes.toString('utf8', from, to);
    return text.includes('\ufffd') ? decodeGoUtf8(this.bytes, from, to) : text;
  }

  /** Bytes that hold JSON text; fails on invalid UTF-8. */
  json(): string {
    const n = this.length();
    const from = this.pos;
    const to = from + n;
    this.pos = to;
    if (n === 0) return '';
    if (this.asciiRange(from, to)) return this.slice(from, to);
    if (!isUtf8(this.bytes.subarray(from, to))) this.fail('JSON text is no valid UTF-8');
    return this.bytes.toString('utf8', from, to);
  }

  private slice(from: number, to: number): string {
    if (this.text === undefined) {
      if (this.untilText-- > 0) return this.bytes.toString('latin1', from, to);
      this.text = this.bytes.toString('latin1', this.start, this.end);
    }
    return this.text.slice(from - this.start, to - this.start);
  }

  private asciiRange(from: number, to: number): boolean {
    const { bytes } = this;
    if (to - from >= LONG_STRING_BYTES) return isAscii(bytes.subarray(from, to));
    let all = 0;
    for (let i = from; i < to; i++) all |= bytes[i]!;
    return all < 0x80;
  }

  /** Items of the next block, 0 at the end. Fails when the rest can't hold them, an item being `minBytes` at least. */
  block(minBytes: number): number {
    let n = this.long();
    if (n < 0) {
      n = -n;
      this.skipLong(); // the block's size in bytes: for readers that skip
    }
    if (n * minBytes > this.end - this.pos) this.fail(`block of ${n} items but the data ends`);
    return n;
  }

  /** As `block`, but passes a block that tells its size: then 0 items remain to be skipped and another block may follow (-1: none). */
  skipBlock(minBytes: number): number {
    const n = this.long();
    if (n === 0) return -1;
    if (n > 0) {
      if (n * minBytes > this.end - this.pos) this.fail(`block of ${n} items but the data ends`);
      return n;
    }
    const size = this.long();
    if (!(size >= -n * minBytes && size <= this.end - this.pos)) this.fail(`block of ${-n} items in ${size} bytes`);
    this.pos += size;
    return 0;
  }
}
