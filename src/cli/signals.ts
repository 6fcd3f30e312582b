/** SIGINT and SIGTERM ask a command to finish the step in hand; the second one ends it at once. */

export type StopSignal = 'SIGINT' | 'SIGTERM';

export const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

export interface StopWatch {
  readonly signal: AbortSignal;
  /** The signal that came, if any. */
  received(): StopSignal | undefined;
  close(): void;
}

export function watchSignals(): StopWatch {
  const controller = new AbortController();
  let first: StopSignal | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (first !== undefined) process.exit(SIGNAL_EXIT_CODES[first]);
    first = name as StopSignal;
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    received: () => first,
    close() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
