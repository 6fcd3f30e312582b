/** Whether a generation has caught up with a log that goes on growing: it has folded all that was there a moment ago. Pure. */
import type { PartitionLag } from '../../streams/group-lag.js';

interface Ends {
  readonly atMs: number;
  readonly highs: ReadonlyMap<string, number>;
}

export class CaughtUp {
  private ends: Ends[] = [];

  /** `withinMs`: how old the end of the log that was reached may be. */
  constructor(private readonly withinMs: number) {}

  /** Takes in what the groups have committed and where the log ends now; true when an end not older than the bound was reached everywhere. */
  observe(nowMs: number, partitions: readonly PartitionLag[]): boolean {
    const highs = new Map<string, number>();
    const done = new Map<string, number>();
    for (const { topic, partition, low, high, committed } of partitions) {
      const key = `${topic}/${partition}`;
      highs.set(key, high);
      // Two projections read some partitions: the slower one counts.
      done.set(key, Math.min(done.get(key) ?? Infinity, Math.max(low, committed ?? low)));
    }
    this.ends = [...this.ends.filter(({ atMs }) => nowMs - atMs <= this.withinMs), { atMs: nowMs, highs }];
    return this.ends.some((ends) => [...ends.highs].every(([key, high]) => (done.get(key) ?? 0) >= high));
  }
}
