/** Strings that UTF-8 can hold: a lone surrogate becomes U+FFFD, as it does in a key's hash (spec 07 §5, §6). */

const SURROGATE = /[\ud800-\udfff]/;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function isWellFormed(text: string): boolean {
  return !SURROGATE.test(text) || wellFormed(text) === text;
}

/** The text with each lone surrogate replaced. */
export function wellFormed(text: string): string {
  return SURROGATE.test(text) ? text.replace(LONE, '\ufffd') : text;
}
