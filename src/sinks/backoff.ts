import { setTimeout as sleep } from 'node:timers/promises';

/** Waits before a repeat: doubling from `firstMs` to `maxMs`, a quarter of it random so that workers do not march in step. */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly firstMs = 100,
    private readonly maxMs = 5_000,
  ) {}

  /** Rejects with an AbortError when `signal` fires. */
  async wait(signal: AbortSignal): Promise<void> {
    const full = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.attempts++, 20));
    await sleep(full * (0.75 + Math.random() * 0.25), undefined, { signal });
  }

  reset(): void {
    this.attempts = 0;
  }
}

export interface Persistence {
  /** Whether waiting may mend a failure; any other is thrown. */
  readonly mends: (error: unknown) => boolean;
  /** Called before each wait. */
  readonly onRetry: (error: unknown) => void;
  readonly signal: AbortSignal;
  /** Gives up after this time; without it, never. */
  readonly withinMs?: number;
}

/** Does a step until it succeeds. Rejects with a failure that waiting does not mend, and when `signal` fires. */
export async function persistently<T>({ mends, onRetry, signal, withinMs = Infinity }: Persistence, step: () => Promise<T>): Promise<T> {
  const backoff = new Backoff();
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!mends(error) || performance.now() > deadline) throw error;
      onRetry(error);
      await backoff.wait(signal);
    }
  }
}
