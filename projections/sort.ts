import { compareCodePoints } from './code-points.js';

const SURROGATE = /[\ud800-\udfff]/;

/**
 * Sorts the list in place in code-point order and joins it. The engine's own sort is several times faster than one with a
 * comparison function and gives the same order unless a surrogate is present.
 */
export function joinSorted(texts: string[], separator: string): string {
  const joined = texts.sort().join(separator);
  return SURROGATE.test(joined) ? texts.sort(compareCodePoints).join(separator) : joined;
}

/** Keys of a string map in code-point order. */
export function sortedKeys(map: Readonly<Record<string, string>>): string[] {
  return Object.keys(map).sort(compareCodePoints);
}
