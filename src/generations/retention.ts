/**
 * What a rebuild can't find in the log any more (spec 00 "Retention"): contributions whose position lies before their partition's first
 * offset. Pure.
 */
import { isExpired } from '../../projections/binary/expiry.js';
import type { ContributionSet } from '../../projections/contribution.js';
import type { SourceSettings } from '../../projections/settings.js';
import type { Contribution, Position } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';

/** Whether the log can't hold a record any more. */
export type IsGone = (position: Position) => boolean;
/** Whether a contribution still counts: not deleted, not expired. */
export type Keeps = (contribution: Contribution) => boolean;

/** By the first offsets of the partitions that there are; of a topic or partition that is no more, all is gone. */
export function goneBefore(partitions: Iterable<{ readonly topic: string; readonly partition: number; readonly low: number }>): IsGone {
  const lows = new Map<string, number>();
  for (const { topic, partition, low } of partitions) lows.set(`${topic}/${partition}`, low);
  return ({ topic, partition, offset }) => offset < (lows.get(`${topic}/${partition}`) ?? Infinity);
}

/** Expiry as the fold applies it; what is no binary event's, or of a source that is not configured, does not expire here. */
export function unexpired(sources: ReadonlyMap<string, SourceSettings>, now: Micros): Keeps {
  return ({ source, sourceTimestamp }) => {
    const settings = source === undefined ? undefined : sources.get(source);
    return settings === undefined || sourceTimestamp === undefined || !isExpired(settings, sourceTimestamp, now);
  };
}

export interface Remainder {
  /** The shown contribution when the log has it no more: it is carried over with its body. */
  readonly winner: Contribution | undefined;
  /** Contributions that are lost: neither a record nor a body is left of them. */
  readonly lost: number;
}

/** What of a stored document the log can't give again; `owed`: the body shown is not the winner's. */
export function remainderOf({ contributions }: ContributionSet, owed: boolean, isGone: IsGone, keeps: Keeps): Remainder {
  const [winner] = contributions;
  const gone = contributions.filter((contribution) => isGone(contribution) && keeps(contribution));
  const carried = winner !== undefined && !owed && gone[0] === winner ? winner : undefined;
  return { winner: carried, lost: gone.length - (carried === undefined ? 0 : 1) };
}
