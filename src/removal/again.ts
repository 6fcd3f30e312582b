/**
 * Does every removal once more after a while (spec 00 "Late requests"): a request of a dead worker may be executed after the removal that
 * should have undone it. The time counts only while OpenSearch answers, because nothing late is executed while it does not.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Again<T> {
  /** Repeats this once, `settleMs` of answered time from now. */
  add(item: T): void;
  /** Items that wait for their repetition, or are in it. */
  readonly pending: number;
  /** Resolves when nothing is pending. Rejects when a repetition failed, or when it is closed meanwhile. */
  drain(): Promise<void>;
  /** Forgets what is pending. */
  close(): void;
}

export interface AgainOptions<T> {
  readonly settleMs: number;
  /** Resolves when OpenSearch has answered, however long that takes. */
  readonly ping: () => Promise<unknown>;
  readonly repeat: (items: readonly T[]) => Promise<unknown>;
  /** A repetition failed for good. */
  readonly onFailure: (error: unknown) => void;
  readonly tickMs?: number;
  readonly promptMs?: number;
}

const TICK_MS = 500;
/** An answer within this time says that OpenSearch has been answering. */
const PROMPT_MS = 2_000;

export function createAgain<T>({ settleMs, ping, repeat, onFailure, tickMs = TICK_MS, promptMs = PROMPT_MS }: AgainOptions<T>): Again<T> {
  const closed = new AbortController();
  /** Milliseconds during which OpenSearch has answered. */
  let answered = 0;
  let waiting: { readonly item: T; readonly due: number }[] = [];
  let repeating = 0;
  let running: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  async function tick(): Promise<void> {
    await sleep(tickMs, undefined, { signal: closed.signal });
    const asked = performance.now();
    await ping();
    // An answer that took long may have been waited for through an outage.
    if (performance.now() - asked < promptMs) answered += tickMs;
  }

  async function run(): Promise<void> {
    while (waiting.length > 0 && !closed.signal.aborted) {
      await tick();
      const due = waiting.filter((entry) => entry.due <= answered);
      if (due.length === 0) continue;
      waiting = waiting.filter((entry) => entry.due > answered);
      repeating = due.length;
      await repeat(due.map(({ item }) => item));
      repeating = 0;
    }
  }

  function start(): void {
    running ??= run()
      .catch((error: unknown) => {
        failure ??= { error };
        if (!closed.signal.aborted) onFailure(error);
      })
      .finally(() => {
        running = undefined;
        repeating = 0;
      });
  }

  return {
    add(item) {
      if (closed.signal.aborted || failure) return;
      waiting.push({ item, due: answered + settleMs });
      start();
    },
    get pending() {
      return waiting.length + repeating;
    },
    async drain() {
      while (running) await running;
      if (failure) throw failure.error;
    },
    close() {
      closed.abort(new Error('closed before every removal was repeated'));
      waiting = [];
    },
  };
}
