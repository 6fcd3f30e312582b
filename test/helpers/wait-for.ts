import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** What is waited for, for the message. */
  readonly what: string;
  /** Pause between two looks; default 100. */
  readonly intervalMs?: number;
}

/**
 * Looks again and again until the condition gives something truthy, which is returned. A look that throws counts as "not yet".
 * After the time limit an error tells what was waited for and what was seen last.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, { timeoutMs, what, intervalMs = 100 }: WaitOptions): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${String(timeoutMs)} ms for ${what}; last seen: ${inspect(last, { depth: 4 })}`);
    await sleep(intervalMs);
  }
}
