/** Progress on stderr: text for people, JSON lines with --json, at least one line every 5 s while work goes on (spec 06 §1.1). */

export interface Progress {
  /** Where the work stands; `total` is null while unknown. A new stage is printed at once, the rest at most every second. */
  report(stage: string, done: number, total?: number | null): void;
  close(): void;
}

export type ProgressMode = 'text' | 'json' | 'silent';

const AT_MOST_EVERY_MS = 1_000;
const AT_LEAST_EVERY_MS = 5_000;

const SILENT: Progress = { report: () => undefined, close: () => undefined };

function line(mode: ProgressMode, stage: string, done: number, total: number | null, elapsedMs: number): string {
  const elapsed_s = Math.round(elapsedMs / 100) / 10;
  if (mode === 'json') return JSON.stringify({ event: 'progress', stage, done, total, elapsed_s });
  const amount = total === null ? done.toLocaleString('en-US') : `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
  return `${stage}: ${amount} (${elapsed_s.toFixed(1)} s)`;
}

export function createProgress(mode: ProgressMode, write: (line: string) => void, now: () => number = Date.now): Progress {
  if (mode === 'silent') return SILENT;
  const started = now();
  let state = { stage: 'working', done: 0, total: null as number | null };
  let printedStage: string | undefined;
  let printedAt = started;
  const print = (): void => {
    printedStage = state.stage;
    printedAt = now();
    write(line(mode, state.stage, state.done, state.total, printedAt - started));
  };
  const timer = setInterval(() => {
    if (now() - printedAt >= AT_LEAST_EVERY_MS - 500) print();
  }, AT_MOST_EVERY_MS);
  timer.unref();
  return {
    report(stage, done, total = null) {
      state = { stage, done, total };
      if (stage !== printedStage || now() - printedAt >= AT_MOST_EVERY_MS) print();
    },
    close: () => clearInterval(timer),
  };
}
