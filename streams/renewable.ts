/** A client for single requests that is replaced after a failure: one that has lost its brokers finds none again (see lost-brokers.ts). */

export interface Renewable<C> {
  readonly current: C;
  /** The next request gets another client than this one, on which others may still be waiting. */
  renew(failed: C): void;
  close(): void;
}

/** `restMs`: no request of a client takes longer. */
export function renewable<C>(open: () => C, end: (client: C) => void, restMs: number): Renewable<C> {
  let current: C | undefined;
  const resting = new Map<C, NodeJS.Timeout>();

  function endResting(client: C): void {
    clearTimeout(resting.get(client));
    resting.delete(client);
    end(client);
  }

  return {
    get current() {
      return (current ??= open());
    },
    renew(failed) {
      if (failed !== current) return;
      current = undefined;
      resting.set(failed, setTimeout(() => endResting(failed), restMs).unref());
    },
    close() {
      for (const client of resting.keys()) endResting(client);
      if (current !== undefined) end(current);
      current = undefined;
    },
  };
}
