import { setTimeout as sleep } from 'node:timers/promises';
import { StoreOutage } from './errors.js';

/** What the work answers, or StoreOutage after so many milliseconds; the work goes on unheard then. */
export async function inTime<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const late = sleep(ms, undefined, { signal: cancel.signal }).then(() => {
    throw new StoreOutage(`Redis: no answer within ${ms} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work(), late]);
  } finally {
    cancel.abort();
  }
}
