/** Numbers in a term (spec 05 §1.6). */
import { pythonFloat } from '../../../projections/python-json.js';
import { rawJson } from '../../../projections/json.js';
import type { DocumentValue } from '../../../projections/types.js';
import type { TermNumber } from './ast.js';

const DIGITS = '[0-9]+(?:_[0-9]+)*';
const WORD_INTEGER = new RegExp(`^${DIGITS}$`);
const WORD_FLOAT = new RegExp(`^${DIGITS}\\.(?:${DIGITS})?(?:[eE][+-]?${DIGITS})?$`);
const SIGNED_INTEGER = /^[+-]?[0-9]+$/;

/** Python reads no longer integers; such a word is text. */
const MAX_DIGITS = 4300;

const UNITS: Readonly<Record<string, bigint>> = {
  b: 1n,
  kb: 10n ** 3n,
  kib: 2n ** 10n,
  mb: 10n ** 6n,
  mib: 2n ** 20n,
  gb: 10n ** 9n,
  gib: 2n ** 30n,
  tb: 10n ** 12n,
  tib: 2n ** 40n,
};

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** The number that an unquoted word is, or undefined when it is text. */
export function wordNumber(word: string): TermNumber | undefined {
  if (!WORD_INTEGER.test(word)) return WORD_FLOAT.test(word) ? finite(Number(word.replaceAll('_', ''))) : undefined;
  const digits = word.replaceAll('_', '');
  return digits.length > MAX_DIGITS ? undefined : BigInt(digits);
}

/** The value of a number token with its unit, if it has one; undefined when it is too large to be one. */
export function tokenNumber(digits: string, unit?: string): TermNumber | undefined {
  const value = plainNumber(digits);
  if (value === undefined || unit === undefined) return value;
  const factor = UNITS[unit.toLowerCase()]!;
  return typeof value === 'bigint' ? value * factor : finite(value * Number(factor));
}

function plainNumber(digits: string): TermNumber | undefined {
  if (SIGNED_INTEGER.test(digits)) return digits.length > MAX_DIGITS ? undefined : BigInt(digits);
  const value = Number(digits);
  // `1e5` is written without a point: an integer.
  return !digits.includes('.') && Number.isSafeInteger(value) ? BigInt(value) : finite(value);
}

/** Toward zero, exactly. */
export function truncated(value: TermNumber): bigint {
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
}

/** As Python's `str` writes it. */
export function numberText(value: TermNumber): string {
  return typeof value === 'bigint' ? value.toString() : pythonFloat(value);
}

/** As part of a body for `documentJson`: a bigint only where a number would lose digits. */
export function jsonNumber(value: TermNumber): DocumentValue {
  if (typeof value === 'number') return Object.is(value, -0) ? rawJson('-0.0') : value;
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
