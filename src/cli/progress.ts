/** Progress on stderr: text for people, JSON lines with --json, at least one line every 5 s while work goes on (spec 06 §1.1). */
import { durationText, type PaceNow } from './pace.js';

export interface Progress {
  /** Where the work stands; `total` is null while unknown. A new stage is printed at once, the rest at most every second. */
  report(stage: string, done: number, total?: number | null, pace?: PaceNow): void;
  close(): void;
}

export type ProgressMode = 'text' | 'json' | 'silent';

const AT_MOST_EVERY_MS = 1_000;
const AT_LEAST_EVERY_MS = 5_000;

const SILENT: Progress = { report: () => undefined, close: () => undefined };

interface State {
  readonly stage: string;
  readonly done: number;
  readonly total: number | null;
  readonly pace: PaceNow | undefined;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

function line(mode: ProgressMode, { stage, done, total, pace }: State, elapsedMs: number): string {
  const elapsed_s = tenth(elapsedMs / 1000);
  if (mode === 'json') {
    const speed = pace && { per_s: tenth(pace.perSecond), left_s: pace.secondsLeft === undefined ? null : tenth(pace.secondsLeft) };
    return JSON.stringify({ event: 'progress', stage, done, total, elapsed_s, ...speed });
  }
  const amount = total === null ? done.toLocaleString('en-US') : `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
  const bar = total === null || pace === undefined ? '' : `${barText(done, total)} `;
  return `${stage}: ${bar}${amount}${pace === undefined ? '' : `, ${paceText(pace)}`} (${elapsed_s.toFixed(1)} s)`;
}

const BAR_WIDTH = 20;

function barText(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${String(Math.floor(share * 100))} %`;
}

function paceText({ perSecond, secondsLeft }: PaceNow): string {
  const rate = `${Math.round(perSecond).toLocaleString('en-US')}/s`;
  return secondsLeft === undefined ? rate : `${rate}, ${durationText(secondsLeft)} left`;
}

export function createProgress(mode: ProgressMode, write: (line: string) => void, now: () => number = Date.now): Progress {
  if (mode === 'silent') return SILENT;
  const started = now();
  let state: State = { stage: 'working', done: 0, total: null, pace: undefined };
  let printedStage: string | undefined;
  let printedAt = started;
  const print = (): void => {
    printedStage = state.stage;
    printedAt = now();
    write(line(mode, state, printedAt - started));
  };
  const timer = setInterval(() => {
    if (now() - printedAt >= AT_LEAST_EVERY_MS - 500) print();
  }, AT_MOST_EVERY_MS);
  timer.unref();
  return {
    report(stage, done, total = null, pace) {
      state = { stage, done, total, pace };
      if (stage !== printedStage || now() - printedAt >= AT_MOST_EVERY_MS) print();
    },
    close: () => clearInterval(timer),
  };
}
