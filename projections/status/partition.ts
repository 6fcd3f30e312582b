import type { Micros } from '../../schemas/events.js';
import { utcTime } from '../../schemas/time.js';
import type { PartitionUnit } from '../settings.js';

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** 1 to 366 of `YYYY-MM-DD…`. */
function dayOfYear(date: string): number {
  const month = Number(date.slice(5, 7));
  const leapDay = month > 2 && isLeap(Number(date.slice(0, 4))) ? 1 : 0;
  return DAYS_BEFORE_MONTH[month - 1]! + Number(date.slice(8, 10)) + leapDay;
}

/**
 * Part of the status index that an instant belongs to, in UTC: records carry no other offset (spec 02 §5.3). Weeks are
 * counted from January 1st and carry the month, so one week may give two names.
 */
export function statusPartition(timestamp: Micros, unit: PartitionUnit): string {
  const date = utcTime(timestamp);
  switch (unit) {
    case 'all':
      return 'all';
    case 'year':
      return date.slice(0, 4);
    case 'month':
      return date.slice(0, 7);
    case 'day':
      return date.slice(0, 10);
    case 'week':
      return `${date.slice(0, 7)}-w${String(Math.ceil(dayOfYear(date) / 7)).padStart(2, '0')}`;
  }
}
