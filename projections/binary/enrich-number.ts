/** Numbers as Python's `int` and `float` read them (spec 02 §4.7). */
import { stripWhitespace } from '../whitespace.js';
import { asciiDigits } from './decimal-digits.js';

const INTEGER = /^[+-]?\d+(?:_\d+)*$/;
/** What nearly all floats look like, and JavaScript reads as Python does. */
const PLAIN = /^-?\d+\.\d+$/;
const FINITE = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^[+-]?nan$/i;

/** Python reads no more digits than these, leading zeros included. */
const MAX_DIGITS = 4300;
/** Every integer of so many digits is exact as a double. */
const SAFE_DIGITS = 15;

/** Short plain ASCII integers, which nearly all are, without regular expressions. */
function smallInteger(text: string): number | undefined {
  const sign = text.charCodeAt(0);
  const start = sign === 0x2d || sign === 0x2b ? 1 : 0;
  if (text.length === start || text.length - start > SAFE_DIGITS) return undefined;
  let value = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  // Not -value: that would make -0 of "-0".
  return sign === 0x2d ? 0 - value : value;
}

/** The integer of any size, a bigint when it is not exact as a number; undefined when the text is none. */
export function readInteger(text: string): number | bigint | undefined {
  const small = smallInteger(text);
  if (small !== undefined) return small;
  const plain = asciiDigits(stripWhitespace(text));
  if (!INTEGER.test(plain)) return undefined;
  const digits = plain.replaceAll('_', '');
  const signLength = digits.startsWith('-') || digits.startsWith('+') ? 1 : 0;
  if (digits.length - signLength > MAX_DIGITS) return undefined;
  const value = BigInt(digits);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The double, which may be infinite or NaN; undefined when the text is none. */
export function readFloat(text: string): number | undefined {
  if (PLAIN.test(text)) return Number(text);
  const plain = asciiDigits(stripWhitespace(text));
  if (FINITE.test(plain)) return Number(plain.replaceAll('_', ''));
  const infinite = INFINITE.exec(plain);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  return NOT_A_NUMBER.test(plain) ? NaN : undefined;
}
