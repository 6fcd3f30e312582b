import { hash } from 'node:crypto';
import type { DocumentAddress } from './stored.js';

/**
 * Whether a document is in the sample of a fraction (above 0, at most 1) of all: by the hash of its binary's sha256, so that a binary is in it with
 * all of its documents, or of its id. The same ones every time.
 */
export function inSample(fraction: number): (document: Pick<DocumentAddress, 'id' | 'routing'>) => boolean {
  if (fraction >= 1) return () => true;
  const bound = fraction * 2 ** 48;
  return ({ id, routing }) => Number.parseInt(hash('sha256', routing ?? id, 'hex').slice(0, 12), 16) < bound;
}
