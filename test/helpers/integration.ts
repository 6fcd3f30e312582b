import { type Callback, suite } from 'uvu';

export { waitFor, type WaitOptions } from './wait-for.js';

/** A suite of integration tests: like uvu's, but a failed set-up fails the tests and everything opened is closed. */
export interface Integration {
  (name: string, test: () => Promise<void> | void): void;
  /** Runs once before the tests. When it throws, every test fails with its error (uvu alone would skip them and exit 0). */
  setup(action: () => Promise<void> | void): void;
  /** Registers something to be closed after the tests, in reverse order, also when the set-up fails half way. */
  closing(close: () => unknown): void;
}

async function closeAll(closers: (() => unknown)[]): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      // A throw in uvu's `after` ends the whole run, so it only marks the file as failed.
      process.stderr.write(`closing failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 1;
      failedToClose = true;
    }
  }
}

let failedToClose = false;
/** Suites of this file that have not ended. */
let unended = 0;
/** What a library's client may take to end; under load one was seen that never did. */
const LINGER_MS = 30_000;

/** The process ends, with the result that it has, when something that was closed keeps it alive. */
function endInTime(): void {
  const end = (): void => {
    process.stderr.write(`the tests had ended, but something kept their process alive: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit();
  };
  setTimeout(end, LINGER_MS).unref();
}

process.on('exit', () => {
  if (failedToClose) process.exitCode = 1; // uvu sets it to 0 at its end
});

/**
 * Makes an integration suite. It runs by itself, without a call of `.run()`, once the file has been read
 * (so without a top-level `await` between them).
 *
 *     const test = integration('a name');
 *     test.setup(async () => { client = await connect(); test.closing(() => client.close()); });
 *     test('answers', async () => { … });
 */
export function integration(name: string): Integration {
  const tests = suite(name);
  const setups: (() => Promise<void> | void)[] = [];
  const closers: (() => unknown)[] = [];
  let failure: Error | undefined;
  tests.before(async () => {
    try {
      for (const action of setups) await action();
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  });
  tests.before.each(() => {
    if (failure !== undefined) throw failure;
  });
  unended++;
  tests.after(async () => {
    await closeAll(closers);
    if (--unended === 0) endInTime();
  });
  queueMicrotask(() => tests.run());
  const add = (title: string, test: Callback) => tests(title, test);
  return Object.assign(add, {
    setup: (action: () => Promise<void> | void) => void setups.push(action),
    closing: (close: () => unknown) => void closers.push(close),
  });
}
