/** Points in time as parameters give them. */
import { parseTime } from '../../../schemas/time.js';
import { detailed } from '../api-error.js';

const ISO = /^(\d{4}-\d\d-\d\d)(?:[Tt _](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:[Zz]|([+-]\d\d):?(\d\d))?)?$/;
const UNIX = /^[+-]?\d+(?:\.\d*)?$/;
/** A larger number counts milliseconds. */
const LAST_SECONDS = 2e10;

/**
 * The instant in UTC, to the millisecond, which is what OpenSearch compares dates by. Read as the peer's framework does: ISO 8601, a
 * date alone being its midnight and a time without offset UTC, or seconds or milliseconds since 1970. Throws ApiError 422.
 */
export function instantOf(parameter: string, text: string): string {
  const date = new Date(UNIX.test(text) ? unixTime(Number(text)) : isoTime(text));
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw invalid(parameter, text);
  return date.toISOString();
}

function unixTime(number: number): number {
  return Math.floor(Math.abs(number) > LAST_SECONDS ? number : number * 1_000);
}

/** NaN for what is no time. */
function isoTime(text: string): number {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [, day, time = '00:00', second = '00', fraction = '0', hours = '+00', minutes = '00'] = match;
  try {
    return Math.floor(Number(parseTime(`${day!}T${time}:${second}.${fraction}${hours}:${minutes}`)) / 1_000);
  } catch (error) {
    if (error instanceof RangeError) return Number.NaN;
    throw error;
  }
}

function invalid(parameter: string, input: string): Error {
  const error = 'input is no date or time';
  const msg = `Input should be a valid datetime or date, ${error}`;
  return detailed(422, [{ type: 'datetime_from_date_parsing', loc: ['query', parameter], msg, input, ctx: { error } }]);
}
