import type { Micros } from '../../schemas/events.js';
import type { SourceSettings } from '../settings.js';

/** Whether an event of the source counts no longer at `now` (spec 02 §6 "Already aged off"; the limit itself is out). */
export function isExpired(source: SourceSettings, sourceTimestamp: Micros, now: Micros): boolean {
  if (source.expireAfterMs <= 0) return false;
  return sourceTimestamp <= now - BigInt(source.expireAfterMs) * 1000n;
}
