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
