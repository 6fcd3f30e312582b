import { ownText } from './own-text.js';

/**
 * Remembers the results of a pure function of one string, at most `limit` of them; when full it forgets all and starts
 * again, which costs nothing while inputs repeat and stays bounded when they do not. Throwing calls are not remembered.
 */
export function memoised<R>(limit: number, compute: (input: string) => R): (input: string) => R {
  const known = new Map<string, R>();
  return (input) => {
    const found = known.get(input);
    if (found !== undefined) return found;
    const result = compute(input);
    if (known.size >= limit) known.clear();
    known.set(ownText(input), result);
    return result;
  };
}
