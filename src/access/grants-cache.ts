import { createHash } from 'node:crypto';
import type { Identity } from './identity.js';

const LIFETIME_MS = 60_000;
const LIMIT = 2_000;

interface Entry<T> {
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly answer: Promise<T>;
}

export interface CacheClocks {
  /** Milliseconds since the epoch, which the end of a token counts in. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set back. */
  readonly steadyNow: () => number;
}

/**
 * Remembers what `ask` answers for a token: at most 60 s and never past the token's end (spec 03 §6). Who asks for the same token
 * meanwhile shares the question; failures are not remembered. Tokens are kept as hashes only, and at most 2000 of them.
 */
export function rememberByToken<T>(ask: (token: string) => Promise<T>, { now, steadyNow }: CacheClocks) {
  const entries = new Map<string, Entry<T>>();
  const isFresh = (entry: Entry<T>): boolean => steadyNow() - entry.askedAt < LIFETIME_MS && now() < entry.expiresAt;

  function makeRoom(): void {
    for (const [key, entry] of entries) {
      if (entries.size < LIMIT && isFresh(entry)) return;
      entries.delete(key);
    }
  }

  return (token: string, expiresAt: Identity['expiresAt']): Promise<T> => {
    const key = createHash('sha256').update(token).digest('base64');
    const found = entries.get(key);
    if (found !== undefined && isFresh(found)) return found.answer;
    entries.delete(key);
    makeRoom();
    const answer = ask(token);
    const entry: Entry<T> = { askedAt: steadyNow(), expiresAt: expiresAt === undefined ? Infinity : expiresAt * 1000, answer };
    entries.set(key, entry);
    answer.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    return answer;
  };
}
