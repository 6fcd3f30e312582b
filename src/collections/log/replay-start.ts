/** From which instant a task reads the log when there is nothing to go on from (spec 07 §4 "Replay start"). */
import type { Collection } from '../../../projections/collections/types.js';
import type { TaskRecord } from '../types.js';

/** Milliseconds since the epoch. A window is folded whole or not at all: for grouped tasks the window that holds the instant is read from its start. */
export function replayStart(
  { from, expireIn }: Pick<TaskRecord, 'from' | 'expireIn'>,
  { query: { body } }: Pick<Collection, 'query'>,
  clockSkewMs: number,
  now: number,
): number {
  const earliest = Math.max(from, now - expireIn * 1_000);
  if (body.kind === 'plain') return earliest - clockSkewMs;
  const { windowMs } = body;
  return (windowMs === undefined ? from : Math.floor(earliest / windowMs) * windowMs) - clockSkewMs;
}
