/** Text inside a base64 value, read as leniently as the peer does (spec 02 §4.7). */
import { Buffer } from 'node:buffer';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const IGNORED = 64;
const PAD = 0x3d;

/** Six bits by ASCII character, or IGNORED. */
const SIX_BITS = Uint8Array.from({ length: 128 }, (_, unit) => {
  const value = ALPHABET.indexOf(String.fromCharCode(unit));
  return value < 0 ? IGNORED : value;
});

/**
 * Base64 as `binascii.a2b_base64` takes it: characters outside of the alphabet are skipped, the first complete padding ends
 * the text. Undefined when a character is not ASCII or the last group is incomplete.
 */
export function lenientBase64(text: string): Buffer | undefined {
  if (/[^\0-\x7f]/.test(text)) return undefined;
  const bytes = Buffer.allocUnsafe(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let filled = 0; // characters of the present group of four
  let pads = 0;
  let rest = 0; // bits of the group that make no byte yet
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === PAD) {
      if (filled >= 2 && filled + ++pads >= 4) return bytes.subarray(0, length);
      continue;
    }
    const six = SIX_BITS[unit]!;
    if (six === IGNORED) continue;
    pads = 0;
    if (filled > 0) bytes[length++] = ((rest << 6) | six) >> (6 - 2 * filled);
    rest = six;
    filled = (filled + 1) & 3;
  }
  return filled === 0 ? bytes.subarray(0, length) : undefined;
}

function isContinuation(byte: number | undefined, lowest = 0x80, highest = 0xbf): boolean {
  return byte !== undefined && byte >= lowest && byte <= highest;
}

/** Length of the valid UTF-8 sequence at the position, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const second = bytes[at + 1];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return isContinuation(second) ? 2 : 0;
  if (first < 0xf0) {
    // Overlong forms and surrogates are not valid.
    const valid = isContinuation(second, first === 0xe0 ? 0xa0 : 0x80, first === 0xed ? 0x9f : 0xbf);
    return valid && isContinuation(bytes[at + 2]) ? 3 : 0;
  }
  const valid = isContinuation(second, first === 0xf0 ? 0x90 : 0x80, first === 0xf4 ? 0x8f : 0xbf);
  return valid && isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3]) ? 4 : 0;
}

/** UTF-8 without what is not valid in it; a leading byte order mark and genuine U+FFFD stay. */
export function decodeValidUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  const valid = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sequenceLength(bytes, at);
    // Bytes after an invalid one are judged anew: continuation bytes alone are invalid too, so the whole subpart goes.
    if (size === 0) at++;
    for (let end = at + size; at < end && size > 0; at++) valid[length++] = bytes[at]!;
  }
  return valid.toString('utf8', 0, length);
}
