/** Quoted strings (spec 05 §1.2, §1.6). */

const BACKSLASH = '\\';
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  [BACKSLASH, BACKSLASH],
  ['"', '"'],
  ["'", "'"],
]);

/**
 * Where the quoted string that begins at `start` ends (the offset after its last quote), or undefined when it doesn't.
 * Finds what the expression `"((?:.(?!(?<![\\])"))*.?)"` finds, in one pass and without a stack: the string ends at the first quote after a character that
 * is no backslash, or else at the last quote there is. The expression looks at the character before a quote only from the second on, so that the
 * second quote of `"" "c"` counts as a character and the string goes on to the third.
 */
export function quotedEnd(text: string, start: number): number | undefined {
  const quote = text[start];
  let lastQuote: number | undefined;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at + 1] === quote && text[at] !== BACKSLASH) return at + 2;
    if (text[at] === quote) lastQuote = at;
  }
  return lastQuote === undefined ? undefined : lastQuote + 1;
}

export type EscapeFault = { readonly fault: 'character'; readonly character: string } | { readonly fault: 'end' };
export type Unescaped = { readonly text: string } | EscapeFault;

/** The value of a quoted string, quotes included in `source`. */
export function unescapeQuoted(source: string): Unescaped {
  let text = '';
  let escaped = false;
  for (const character of source.slice(1, -1)) {
    if (!escaped) {
      escaped = character === BACKSLASH;
      if (!escaped) text += character;
      continue;
    }
    const plain = ESCAPES.get(character);
    if (plain === undefined) return { fault: 'character', character };
    text += plain;
    escaped = false;
  }
  return escaped ? { fault: 'end' } : { text };
}
