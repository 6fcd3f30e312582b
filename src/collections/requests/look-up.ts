/** Looks keys of a collection up (spec 07 §9): `cchas` says whether they are there, `ccget` what stands under them. */
import { coerceKey } from '../../../projections/collections/coerce.js';
import { collectionKey, createKeyHasher } from '../../../projections/collections/key.js';
import { expiryOf, parseValue } from '../../../projections/collections/value.js';
import type { KeyStore, Task } from '../types.js';

export type LookUpKind = 'cchas' | 'ccget';

export interface FoundRow {
  /** Milliseconds since the epoch. */
  readonly eventdate: number;
  /** By the names of the value fields; empty in hash-only mode. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** As many keys as are looked up in one request. */
export const MAX_KEYS = 10_000;

/**
 * Answers in the order of the keys; each is a list of values or an object by field name. Throws KeyError for a key that can't be one, before anything is read: `paths`
 * name them. Rejects with StoreOutage when Redis is away.
 */
export async function lookUp(
  store: KeyStore,
  { record }: Task,
  kind: LookUpKind,
  keys: readonly unknown[],
  now: number,
  pathOf: (index: number) => string,
): Promise<readonly (boolean | FoundRow | null)[]> {
  const { keyFields, valueFields, redisKeyBase, expireIn, keyHash } = record;
  const hash = createKeyHasher(
    keyFields.map(({ type }) => type),
    keyHash,
  );
  const names = keys.map((key, index) => collectionKey(redisKeyBase, hash(coerceKey(keyFields, key, pathOf(index)))));
  const texts = await store.get(names);
  return texts.map((text) => {
    const stored = text === null ? undefined : parseValue(text);
    // Redis may be slower than the clock in removing what has expired.
    const alive = stored !== undefined && expiryOf(stored.eventdate, expireIn) > now;
    if (kind === 'cchas') return alive;
    if (!alive) return null;
    return {
      eventdate: stored.eventdate,
      values: Object.fromEntries(valueFields.map(({ name }, index) => [name, stored.values[index] ?? null])),
    };
  });
}
