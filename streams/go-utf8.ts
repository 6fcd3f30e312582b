/**
 * Invalid UTF-8 as Go treats it: each invalid byte becomes one U+FFFD (spec 01 §3). The standard decoder replaces a
 * truncated sequence by a single one, so it can't be used where a feature was cut at a byte limit.
 */

/** Text of `bytes[from, to)`. */
export function decodeGoUtf8(bytes: Buffer, from: number, to: number): string {
  let text = '';
  let valid = from;
  let at = from;
  while (at < to) {
    const length = sequenceLength(bytes, at, to);
    if (length === 0) {
      text += at > valid ? bytes.toString('utf8', valid, at) + '\ufffd' : '\ufffd';
      at++;
      valid = at;
    } else {
      at += length;
    }
  }
  return text + bytes.toString('utf8', valid, to);
}

/** Bytes of the valid sequence that begins here; 0 when there is none (surrogates and overlong forms are none). */
function sequenceLength(bytes: Buffer, at: number, to: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > to) return 0;
  const second = bytes[at + 1]!;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return length;
}
