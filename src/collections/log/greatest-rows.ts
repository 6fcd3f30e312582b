/** The greatest row of each key that a refold gives: what stands under the keys once everything is folded (spec 07 §6, §8). */
import type { GroupWindows } from '../../../projections/collections/group/index.js';
import type { Collection, CollectionRow } from '../../../projections/collections/types.js';
import { compareRows, expiryOf } from '../../../projections/collections/value.js';

/** By hash of their keys. */
export type GreatestRows = Map<string, CollectionRow>;

/** Keys held in memory at one time; more are done in several passes, by ranges of their hashes. */
export const KEYS_AT_ONCE = 500_000;

/** Whether a key belongs to one of several passes over all keys, by its hash. What is no hash belongs to the first. */
export function isInPass(keyHash: string, pass: number, passes: number): boolean {
  const number = Number.parseInt(keyHash.slice(0, 8), 16);
  return (Number.isNaN(number) ? 0 : number % passes) === pass;
}

/** Does something for all keys, in as few passes as it takes: one that answers false has met more than `KEYS_AT_ONCE` and is done again in two. */
export async function inPasses(step: (inPass: (keyHash: string) => boolean) => Promise<boolean>): Promise<void> {
  for (let passes = 1, pass = 0; pass < passes;) {
    if (await step((keyHash) => isInPass(keyHash, pass, passes))) pass++;
    else {
      passes *= 2;
      pass *= 2;
    }
  }
}

/** Keeps the row unless it has expired or the key has a greater one. */
export function keepGreater(rows: GreatestRows, row: CollectionRow, { expireIn }: Pick<Collection, 'expireIn'>, now: number): void {
  if (expiryOf(row.eventdate, expireIn) <= now) return;
  const other = rows.get(row.keyHash);
  if (other === undefined || compareRows(row, other) > 0) rows.set(row.keyHash, row);
}

/** What windows emit that have emitted `before` and are asked anew with this watermark. */
export function emittedRows(
  windows: GroupWindows,
  watermark: number,
  collection: Collection,
  now: number,
  before?: GreatestRows,
): GreatestRows {
  windows.prune(now);
  const rows = new Map(before);
  for (const { keyHash, row, force } of windows.emissions(watermark)) {
    if (force) rows.delete(keyHash);
    if (row !== undefined) keepGreater(rows, row, collection, now);
  }
  return rows;
}
