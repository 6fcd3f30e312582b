/** One line of progress; `stage` names the step, `message` is for people. */
export interface ProgressUpdate {
  readonly stage: string;
  readonly message: string;
  readonly finished: boolean;
  readonly elapsedSeconds: number;
}

export type Progress = (update: ProgressUpdate) => void;

const tickMs = 4000;

/**
 * Runs one long step: says that it begins, repeats itself with the seconds passed so that nobody takes it for dead, and says
 * how long it took.
 */
export async function reportStep<T>(progress: Progress, stage: string, message: string, step: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const report = (suffix: string, finished = false) => {
    const elapsedSeconds = Math.round((Date.now() - started) / 1000);
    progress({ stage, message: `${message}${suffix.replace('%', String(elapsedSeconds))}`, finished, elapsedSeconds });
  };
  report(' ...');
  const ticker = setInterval(() => report(' ... % s'), tickMs);
  try {
    const result = await step();
    report(': done (% s)', true);
    return result;
  } finally {
    clearInterval(ticker);
  }
}
