/** Reads the JSON documents of an identity provider. */
import { setTimeout as delay } from 'node:timers/promises';
import { fetch, type Dispatcher } from 'undici';
import { messageOf } from '../errors.js';

const CONNECTION_RETRIES = 3;
const FIRST_PAUSE_MS = 50;

/** A failure of the network carries the code of its cause; an answer that is no JSON, or too late, does not. */
function isConnectionFailure(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return error instanceof TypeError && typeof cause?.code === 'string';
}

/** What went wrong, down to the network's own words. */
export function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof Error ? `${messageOf(error)} (${messageOf(cause)})` : messageOf(error);
}

async function fetchOnce(url: string, dispatcher: Dispatcher, timeoutMs: number): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { dispatcher, signal, headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}, expected 200`);
  }
  return response.json();
}

/**
 * The JSON document at a URL. Each attempt may take `timeoutMs`; only a failed connection is attempted again, three times, since
 * a server that is slow or refuses has already been heard. Rejects with the last failure.
 */
export async function fetchJson(url: string, dispatcher: Dispatcher, timeoutMs: number): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchOnce(url, dispatcher, timeoutMs);
    } catch (error) {
      if (attempt >= CONNECTION_RETRIES || !isConnectionFailure(error)) throw error;
      await delay(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}
