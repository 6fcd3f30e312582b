/**
 * Instants as microseconds since 1970 and their texts. These run several times per event, so dates are not made through
 * `Date` or `Intl` but by arithmetic on day numbers, and the text of a day is remembered.
 */
import type { Micros } from './events.js';

/** The first and the last instant that the Python models can hold: years 1 to 9999 (spec 01 §2.2). */
export const MIN_MICROS: Micros = -62135596800000000n;
export const MAX_MICROS: Micros = 253402300799999999n;

const MICROS_PER_SECOND = 1_000_000;
const SECONDS_PER_DAY = 86_400;
const DAY_CACHE_SIZE = 4096;

/** `00` to `99`. */
const TWO_DIGITS: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

/** Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function dateOfDay(days: number): string {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${TWO_DIGITS[month]!}-${TWO_DIGITS[day]!}T`;
}

let lastDay = Number.NaN;
let lastDayText = '';
const dayTexts = new Map<number, string>();

/** `2021-03-29T` of a day number. */
function dayText(days: number): string {
  if (days === lastDay) return lastDayText;
  let text = dayTexts.get(days);
  if (text === undefined) {
    if (dayTexts.size >= DAY_CACHE_SIZE) dayTexts.clear();
    text = dateOfDay(days);
    dayTexts.set(days, text);
  }
  lastDay = days;
  lastDayText = text;
  return text;
}

/** Microseconds within the second of the instant that `secondText` was last called with: a second result without a pair. */
let fraction = 0;

/** `2021-03-29T03:24:08`; leaves the rest in `fraction`. */
function secondText(t: Micros): string {
  if (t < MIN_MICROS || t > MAX_MICROS) throw new RangeError(`time ${t.toString()} µs lies outside the years 1 to 9999`);
  const approximate = Number(t);
  let seconds: number;
  if (Number.isSafeInteger(approximate)) {
    seconds = Math.floor(approximate / MICROS_PER_SECOND);
    fraction = approximate - seconds * MICROS_PER_SECOND;
  } else {
    fraction = Number(((t % 1_000_000n) + 1_000_000n) % 1_000_000n);
    seconds = Number((t - BigInt(fraction)) / 1_000_000n);
  }
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  const minutes = (rest / 60) | 0;
  const hours = (minutes / 60) | 0;
  return `${dayText(days)}${TWO_DIGITS[hours]!}:${TWO_DIGITS[minutes - hours * 60]!}:${TWO_DIGITS[rest - minutes * 60]!}`;
}

function sixDigits(n: number): string {
  return String(n + MICROS_PER_SECOND).slice(1);
}

/** Go's RFC 3339 text in UTC: `Z`, trailing zeros of the fraction trimmed (spec 01 §5.1). Throws outside the years 1 to 9999. */
export function goTime(t: Micros): string {
  const text = secondText(t);
  if (fraction === 0) return text + 'Z';
  let digits = sixDigits(fraction);
  while (digits.endsWith('0')) digits = digits.slice(0, -1);
  return `${text}.${digits}Z`;
}

/** UTC with `Z`, fraction absent or of exactly six digits (spec 02 §4.3). Throws outside the years 1 to 9999. */
export function utcTime(t: Micros): string {
  const text = secondText(t);
  return fraction === 0 ? text + 'Z' : `${text}.${sixDigits(fraction)}Z`;
}

/** As `utcTime` with `+00:00`: the ISO form of the Python models (spec 01 §5.2). Throws outside the years 1 to 9999. */
export function isoTime(t: Micros): string {
  const text = secondText(t);
  return fraction === 0 ? text + '+00:00' : `${text}.${sixDigits(fraction)}+00:00`;
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysOfMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/**
 * Instant of an RFC 3339 text (upper-case `T` and `Z`, offset required). A fraction of any length is truncated to
 * microseconds. Throws a RangeError that quotes the text, also for an instant outside the years 1 to 9999.
 */
export function parseTime(text: string): Micros {
  const match = RFC_3339.exec(text);
  if (match === null) throw new RangeError(`time ${quote(text)} is not RFC 3339 with an offset`);
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const offsetHour = Number(match[9] ?? 0);
  const offsetMinute = Number(match[10] ?? 0);
  const possible =
    day >= 1 && day <= daysOfMonth(year, month) && hour < 24 && minute < 60 && second < 60 && offsetHour < 24 && offsetMinute < 60;
  if (!possible) throw new RangeError(`time ${quote(text)} does not exist`);
  const offset = (offsetHour * 60 + offsetMinute) * (match[8] === '-' ? -60 : 60);
  const seconds = daysFromCivil(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
  const micros = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const t = BigInt(seconds) * 1_000_000n + BigInt(micros);
  if (t < MIN_MICROS || t > MAX_MICROS) throw new RangeError(`time ${quote(text)} lies outside the years 1 to 9999 in UTC`);
  return t;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? text.slice(0, 60) + '…' : text);
}
