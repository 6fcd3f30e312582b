/**
 * The range of a task: which instants `from` and `to` mean (spec 07 §4). Fixed once, at creation; the instant of the request is an argument.
 */

export interface RangeRequest {
  /** As they stand in the request; undefined and null: not given. */
  readonly from: unknown;
  readonly to: unknown;
  /** IANA name or `GMT[+-]N`; undefined: UTC. */
  readonly timeZone: string | undefined;
  /** Seconds. */
  readonly expireIn: number;
}

/** Both inclusive, ms since the epoch; `to` null: for ever. */
export interface TaskRange {
  readonly from: number;
  readonly to: number | null;
}

/** What is wrong with a date, in the words of spec 07 §3. */
export class DateError extends Error {
  override readonly name = 'DateError';
}

const SECOND = 1_000;
const DAY = 86_400_000;
/** Integers of so many digits are milliseconds. */
const MS_DIGITS = 13;
/** What a Date can hold. */
const MAX_MS = 8.64e15;

const UNIT_MS: Readonly<Record<string, number>> = { d: DAY, h: 3_600_000, m: 60_000, s: SECOND };
const FUNCTION_SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
};

/** Throws DateError for the first problem: `from`, then `to`, then their order. */
export function readRange({ from, to, timeZone, expireIn }: RangeRequest, now: number): TaskRange {
  const zone = zoneOf(timeZone);
  const start = isAbsent(from) ? now - expireIn * SECOND : readDate('from', from, zone, now, undefined);
  const end = isAbsent(to) ? null : readDate('to', to, zone, now, start);
  if (end !== null && end < start) throw new DateError('to: must not be before from');
  return { from: start, to: end };
}

/** Events before it make keys that have expired already. */
export function effectiveStart(from: number, expireIn: number, now: number): number {
  return Math.max(from, now - expireIn * SECOND);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === -1 || value === '-1';
}

/** Offset of local time from UTC, in ms, at an instant. */
type Zone = (instant: number) => number;

function zoneOf(name: string | undefined): Zone {
  if (name === undefined || name === '') return () => 0;
  const match = /^(?:GMT|UTC)(?:([+-])(\d{1,2})(?::?([0-5]\d))?)?$/.exec(name);
  if (match !== null) {
    const [, sign = '+', hours = '0', minutes = '0'] = match;
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
    return () => offset;
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new DateError(`timeZone: unknown time zone '${name}'`);
  }
  return (instant) => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const local = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
    return local - Math.floor(instant / SECOND) * SECOND;
  };
}

/** The instant of a local time. In the hour that a clock skips or repeats, the offset before the change counts. */
function toInstant(local: number, zone: Zone): number {
  const guess = local - zone(local);
  return local - zone(guess);
}

function midnight(instant: number, zone: Zone, days = 0): number {
  const local = instant + zone(instant);
  return toInstant((Math.floor(local / DAY) + days) * DAY, zone);
}

function endOfMonth(instant: number, zone: Zone): number {
  const local = new Date(instant + zone(instant));
  return toInstant(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1), zone) - SECOND;
}

/** `start`: of a `to`, which is relative to it; undefined for a `from`, which is relative to now. */
function readDate(name: 'from' | 'to', value: unknown, zone: Zone, now: number, start: number | undefined): number {
  const read = typeof value === 'number' ? numeric(value) : typeof value === 'string' ? textual(value.trim(), zone, now, start) : undefined;
  if (read === undefined || !Number.isFinite(read) || Math.abs(read) > MAX_MS) {
    throw new DateError(`${name}: invalid date '${typeof value === 'string' ? value : JSON.stringify(value)}'`);
  }
  return Math.floor(read);
}

/** Seconds, or milliseconds for an integer of 13 digits. */
function numeric(value: number): number {
  const isMillis = Number.isInteger(value) && String(Math.abs(value)).length === MS_DIGITS;
  // By way of microseconds: 0.1 s are 100 ms, not 99.
  return isMillis ? value : Math.round(value * 1_000_000) / SECOND;
}

function textual(text: string, zone: Zone, now: number, start: number | undefined): number | undefined {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return numeric(Number(text));
  const base = start ?? now;
  const [, count, anchored, unit] = /^(\d{1,12})(a?)([dhms])$/.exec(text) ?? [];
  if (unit !== undefined) {
    const from = anchored === 'a' ? midnight(base, zone) : base;
    const span = Number(count) * UNIT_MS[unit]!;
    return start === undefined ? from - span : from + span;
  }
  switch (text) {
    case 'now':
      return now;
    case 'today':
      return midnight(now, zone);
    case 'endday':
      return midnight(base, zone, 1) - SECOND;
    case 'endmonth':
      return endOfMonth(base, zone);
    default:
      return calendar(text, zone) ?? (text.includes('(') ? evaluate(text, zone, now) : undefined);
  }
}

function calendar(text: string, zone: Zone): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  const exists = local.getUTCMonth() === month - 1 && local.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? toInstant(local.getTime() + ((hour * 60 + minute) * 60 + second) * SECOND, zone) : undefined;
}

/** An amount of seconds, and how many instants are in it: instants can be neither added nor multiplied. */
interface Amount {
  readonly seconds: number;
  readonly instants: number;
}

/** `now() - 2 * day()`: sums of products of instants, units and numbers. Undefined for what is no instant in the end. */
function evaluate(text: string, zone: Zone, now: number): number | undefined {
  const compact = text.replace(/\s+/g, '');
  const tokens = compact.match(/[a-z]+\(\)|\d+(?:\.\d+)?|[-+*]/g) ?? [];
  if (tokens.join('') !== compact) return undefined;
  let at = 0;
  const term = (): Amount | undefined => {
    const token = tokens[at++];
    if (token === undefined) return undefined;
    if (/^\d/.test(token)) return { seconds: Number(token), instants: 0 };
    const name = token.slice(0, -2);
    if (Object.hasOwn(FUNCTION_SECONDS, name)) return { seconds: FUNCTION_SECONDS[name]!, instants: 0 };
    const instants: Readonly<Record<string, () => number>> = {
      now: () => now,
      today: () => midnight(now, zone),
      yesterday: () => midnight(now, zone, -1),
    };
    return Object.hasOwn(instants, name) ? { seconds: instants[name]!() / SECOND, instants: 1 } : undefined;
  };
  const product = (): Amount | undefined => {
    let left = term();
    while (left !== undefined && tokens[at] === '*') {
      at++;
      const right = term();
      if (right === undefined || left.instants + right.instants > 0) return undefined;
      left = { seconds: left.seconds * right.seconds, instants: 0 };
    }
    return left;
  };
  let sum = product();
  while (sum !== undefined && at < tokens.length) {
    const sign = tokens[at++] === '-' ? -1 : tokens[at - 1] === '+' ? 1 : undefined;
    const right = sign === undefined ? undefined : product();
    sum = right && { seconds: sum.seconds + sign! * right.seconds, instants: sum.instants + sign! * right.instants };
  }
  return sum?.instants === 1 ? Math.round(sum.seconds * 1_000_000) / SECOND : undefined;
}
