/** When a task is rebuilt: deletes that come together share one rebuild, and rebuilds keep a distance (spec 07 §8 "Deletes"). */
import type { OwnerTimings } from './timings.js';

export class RebuildPace {
  private wantedSince: number | undefined;
  private lastNews = -Infinity;
  private seen: string | undefined;
  private started = -Infinity;

  constructor(private readonly timings: Pick<OwnerTimings, 'rebuildDebounceMs' | 'rebuildIntervalMs'>) {}

  /** Notes what asks for a rebuild now (any text that changes with it); undefined: nothing does. `now`: of a monotonic clock. */
  note(reason: string | undefined, now: number): void {
    if (reason === undefined) this.wantedSince = undefined;
    else if (reason !== this.seen || this.wantedSince === undefined) {
      this.wantedSince ??= now;
      this.lastNews = now;
    }
    this.seen = reason;
  }

  /** For how long a rebuild has been wanted, ms. */
  waits(now: number): number {
    return this.wantedSince === undefined ? 0 : now - this.wantedSince;
  }

  /** Whether it is time: nothing new has come for a while, or something has waited for long; and the last one is long enough ago. */
  isDue(now: number): boolean {
    const { rebuildDebounceMs, rebuildIntervalMs } = this.timings;
    if (this.wantedSince === undefined || now - this.started < rebuildIntervalMs) return false;
    return now - this.lastNews >= rebuildDebounceMs || now - this.wantedSince >= rebuildIntervalMs;
  }

  begin(now: number): void {
    this.started = now;
  }
}
