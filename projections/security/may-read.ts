/** Who may read a document (spec 03 §5). */
import type { EncodedSecurity } from './encode.js';

function countHeld(labels: readonly string[], held: ReadonlySet<string>): number {
  let count = 0;
  for (const label of labels) if (held.has(label)) count++;
  return count;
}

/**
 * Whether a caller with these safe labels may read a document: it holds any inclusive label, all exclusive ones and, if the
 * document carries an `enforced` marking, any of its markings. No label stands for another one.
 */
export function mayRead(granted: ReadonlySet<string>, enforced: ReadonlySet<string>, encoded: EncodedSecurity): boolean {
  const { inclusive, exclusive, markings } = encoded;
  if (countHeld(inclusive, granted) === 0) return false;
  if (countHeld(exclusive, granted) < encoded.num_exclusive) return false;
  return countHeld(markings, enforced) === 0 || countHeld(markings, granted) > 0;
}
