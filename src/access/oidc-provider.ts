/**
 * The provider's keys, kept. Discovery document and keys are fetched together and used for `cacheTtlSeconds`; concurrent callers
 * share one fetch. A provider that does not answer is left alone for some seconds. Meanwhile the last keys serve until they are
 * twice as old as they may get otherwise: long enough to restart a provider, and a withdrawn key does not live on for ever.
 */
import { Agent } from 'undici';
import type { Logger } from '../log.js';
import { AuthenticationUnavailable, RETRY_AFTER_SECONDS } from './identity-errors.js';
import { readDiscovery, readKeySet, type Discovery, type KeySet } from './oidc-documents.js';
import { causeOf, fetchJson } from './oidc-fetch.js';

/** What tokens are verified with. */
export interface ProviderKeys extends Discovery, KeySet {}

export interface OidcProvider {
  /** The current keys. Throws AuthenticationUnavailable when there are none that may still be used. */
  keys(): Promise<ProviderKeys>;
  /**
   * The keys after they were fetched anew because a token names a key that is not among them, or undefined: each unknown name is
   * worth one fetch, and at most one is made every 30 s, so that made-up names cost nothing (spec 03 §8). A failure gives undefined.
   */
  keysAnew(kid: string | undefined): Promise<ProviderKeys | undefined>;
  close(): Promise<void>;
}

export interface OidcProviderOptions {
  readonly authorityUrl: string;
  /** 0 fetches for every caller. */
  readonly cacheTtlSeconds: number;
  /** Of one attempt to read a document; 5 s by default. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds of a clock that is never set back. */
  readonly now?: (() => number) | undefined;
  readonly log?: Logger | undefined;
}

const TIMEOUT_MS = 5_000;
const ANEW_INTERVAL_MS = 30_000;
/** Names of keys are remembered to a limit, since callers choose them. */
const ASKED_LIMIT = 1_000;

const steadyNow = (): number => performance.now();

interface Held extends ProviderKeys {
  readonly fetchedAt: number;
}

/** Asks nothing of the provider yet. */
export function createOidcProvider(options: OidcProviderOptions): OidcProvider {
  const { authorityUrl, cacheTtlSeconds, timeoutMs = TIMEOUT_MS, now = steadyNow, log } = options;
  const discoveryUrl = `${authorityUrl.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const ttlMs = cacheTtlSeconds * 1000;
  const dispatcher = new Agent();
  const asked = new Set<string | undefined>();
  let held: Held | undefined;
  let failedAt = -Infinity;
  let anewAt = -Infinity;
  let loading: Promise<Held> | undefined;
  let loadingAnew: Promise<Held | undefined> | undefined;

  const read = (url: string): Promise<unknown> => fetchJson(url, dispatcher, timeoutMs);
  const heldFor = (ms: number): Held | undefined => (held !== undefined && now() - held.fetchedAt < ms ? held : undefined);

  function noteFailure(error: unknown): void {
    failedAt = now();
    log?.warn({ reason: causeOf(error), keysHeld: held !== undefined }, 'the identity provider does not give its keys');
  }

  async function load(): Promise<Held> {
    const fetchedAt = now();
    try {
      const discovery = readDiscovery(await read(discoveryUrl));
      held = { ...discovery, ...readKeySet(await read(discovery.jwksUri)), fetchedAt };
      asked.clear();
      return held;
    } catch (error) {
      noteFailure(error);
      throw error;
    }
  }

  async function loadAnew(from: Held, kid: string | undefined): Promise<Held | undefined> {
    try {
      held = { ...from, ...readKeySet(await read(from.jwksUri)) };
      if (asked.size >= ASKED_LIMIT) asked.clear();
      asked.add(kid);
      return held;
    } catch (error) {
      noteFailure(error);
      return undefined;
    }
  }

  /** The last keys while the provider is away. */
  function lastKeys(cause: unknown): Held {
    const last = heldFor(2 * ttlMs);
    if (last !== undefined) return last;
    throw new AuthenticationUnavailable(causeOf(cause), { cause });
  }

  return {
    async keys() {
      const current = heldFor(ttlMs);
      if (current !== undefined) return current;
      if (now() - failedAt < RETRY_AFTER_SECONDS * 1000) return lastKeys(new Error('it did not answer a moment ago'));
      try {
        loading ??= load().finally(() => (loading = undefined));
        return await loading;
      } catch (error) {
        return lastKeys(error);
      }
    },
    async keysAnew(kid) {
      if (held?.has(kid)) return held;
      if (loadingAnew !== undefined) return loadingAnew;
      if (held === undefined || asked.has(kid) || now() - anewAt < ANEW_INTERVAL_MS) return undefined;
      anewAt = now();
      loadingAnew = loadAnew(held, kid).finally(() => (loadingAnew = undefined));
      return loadingAnew;
    },
    close: () => dispatcher.close(),
  };
}
