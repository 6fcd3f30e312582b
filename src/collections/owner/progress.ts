/** What is told of a task beside its record: counters, the newest errors, how far it is (spec 07 §8). Lives as long as the task is owned. */
import type { TaskCounters, TaskProgress } from '../types.js';

export const NO_COUNTERS: TaskCounters = {
  received: 0,
  matched: 0,
  written: 0,
  notNewer: 0,
  expired: 0,
  futureSkipped: 0,
  late: 0,
  denied: 0,
  deleted: 0,
};

const ERRORS_KEPT = 20;

export class ProgressKeeper {
  readonly counters: { -readonly [K in keyof TaskCounters]: number };
  /** As they were when the task was taken over. */
  readonly before: TaskCounters;
  /** Greatest eventdate received. */
  lastDatetime: number;
  offsets: Readonly<Record<string, number>>;
  lag = 0;
  rebuilding = false;
  warning = '';
  /** Of a grouped task; see `TaskProgress`. */
  watermark: number | null;
  private errors: readonly string[];
  private written: string;

  constructor(
    private readonly owner: string,
    stored: TaskProgress | undefined,
    private readonly now: () => number,
  ) {
    this.before = { ...NO_COUNTERS, ...stored?.counters };
    this.counters = { ...this.before };
    this.lastDatetime = stored?.lastDatetime ?? 0;
    this.offsets = stored?.offsets ?? {};
    this.watermark = stored?.watermark ?? null;
    this.errors = stored?.error ?? [];
    this.written = stored === undefined ? '' : JSON.stringify(stored);
  }

  /** Keeps the newest 20; one that is said again at once is kept with the time of its first. */
  addError(text: string): void {
    if (this.errors.at(-1)?.endsWith(` ${text}`) === true) return;
    this.errors = [...this.errors, `${new Date(this.now()).toISOString()} ${text}`].slice(-ERRORS_KEPT);
  }

  /** What is to be written; undefined when that stands already. */
  take(): TaskProgress | undefined {
    const { lastDatetime, errors, counters, owner, offsets, lag, rebuilding, warning, watermark } = this;
    const progress: TaskProgress = {
      lastDatetime,
      error: errors,
      counters: { ...counters },
      owner,
      offsets,
      lag,
      rebuilding,
      warning,
      watermark,
    };
    const text = JSON.stringify(progress);
    if (text === this.written) return undefined;
    this.written = text;
    return progress;
  }

  /** What `take` gave did not become durable. */
  notWritten(): void {
    this.written = '';
  }
}
