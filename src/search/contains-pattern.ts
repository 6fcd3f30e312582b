/** Regular expressions of OpenSearch from plain text. */

/** Every character that means something in Lucene's syntax with all its options. */
const SPECIAL = /[.?+*|{}[\]()"\\#@&<>~]/g;

/** Matches what contains the text, literally. */
export function containsPattern(text: string): string {
  return `.*${text.replace(SPECIAL, '\\$&')}.*`;
}
