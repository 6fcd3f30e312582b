/** How fast a long work goes on, and how long it will take: over the last half minute, since what is resumed was not done at this pace. Pure. */

export interface PaceNow {
  readonly perSecond: number;
  /** Undefined while nothing moves. */
  readonly secondsLeft: number | undefined;
}

const WINDOW_MS = 30_000;

export class Pace {
  private seen: { readonly atMs: number; readonly done: number }[] = [];

  /** Undefined until there are two observations to compare. */
  observe(nowMs: number, done: number, total: number): PaceNow | undefined {
    this.seen = [...this.seen.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS), { atMs: nowMs, done }];
    const first = this.seen[0]!;
    if (nowMs === first.atMs) return undefined;
    const perSecond = Math.max(0, ((done - first.done) * 1000) / (nowMs - first.atMs));
    return { perSecond, secondsLeft: perSecond > 0 ? Math.max(0, total - done) / perSecond : done >= total ? 0 : undefined };
  }
}

/** `1 h 05 min`, `3 min 20 s`, `12 s`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(rest)} s` : `${rest} s`;
}
