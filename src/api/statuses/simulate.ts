/** Asks a dispatcher which consumers would take an event (spec 04 §6.9). */
import { fetch } from 'undici';

export interface Consumer {
  readonly name: string;
  readonly version: string;
  readonly filter_out: boolean;
  /** What filters it out; "" when nothing does. */
  readonly filter_out_trigger: string;
}

const TIMEOUT_MS = 2_000;

/** `event` is JSON text. Rejects when the dispatcher does not answer as it should within two seconds. */
export async function simulateConsumers(eventsUrl: string, event: string, left: AbortSignal): Promise<readonly Consumer[]> {
  const response = await fetch(`${eventsUrl.replace(/\/+$/, '')}/api/v2/event/simulate`, {
    method: 'POST',
    body: event,
    headers: { 'content-type': 'application/json' },
    redirect: 'error',
    signal: AbortSignal.any([left, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the dispatcher answered ${response.status}, expected 200`);
  }
  const { consumers } = (await response.json()) as { readonly consumers?: unknown };
  // Go writes a list without entries as null, or leaves it out.
  if (consumers === undefined || consumers === null) return [];
  if (!Array.isArray(consumers) || !consumers.every(isConsumer)) throw new Error('the dispatcher answered something else than consumers');
  return consumers;
}

function isConsumer(value: unknown): value is Consumer {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, filter_out: out, filter_out_trigger: trigger } = value as Partial<Record<keyof Consumer, unknown>>;
  return typeof name === 'string' && typeof version === 'string' && typeof out === 'boolean' && typeof trigger === 'string';
}
