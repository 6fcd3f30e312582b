import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionLag } from '../../streams/group-lag.js';

export interface CatchUpOptions {
  /** Where the log ended at the start. */
  readonly starts: readonly PartitionLag[];
  readonly bounds: () => Promise<readonly PartitionLag[]>;
  readonly onProgress: (left: number) => void;
  readonly signal: AbortSignal;
}

const POLL_MS = 500;
/** Workers that commit nothing for so long are not at work. */
const STALLED_MS = 12_000;

/** Waits until the workers have folded what was in the log at the start, as long as they make headway; where none has ever been at work not at all. */
export async function waitForWorkers({ starts, bounds, onProgress, signal }: CatchUpOptions): Promise<void> {
  const ends = new Map(starts.map(({ topic, partition, high }) => [`${topic}/${partition}`, high]));
  let least = Infinity;
  for (let since = performance.now(); performance.now() - since < STALLED_MS;) {
    const now = await bounds();
    if (now.every(({ committed }) => committed === undefined)) return;
    const left = now.reduce((sum, { topic, partition, low, committed }) => {
      const end = ends.get(`${topic}/${partition}`) ?? 0;
      return sum + Math.max(0, end - Math.max(low, committed ?? low));
    }, 0);
    onProgress(left);
    if (left === 0) return;
    if (left < least) [least, since] = [left, performance.now()];
    await sleep(POLL_MS, undefined, { signal });
  }
}
