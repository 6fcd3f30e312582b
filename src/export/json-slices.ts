/**
 * Where the members of a JSON object lie in its text. Nothing is parsed: documents are copied, and a parsed number would be another
 * one. The text comes from the server, so it is taken to be valid JSON.
 */
export interface Member {
  /** As written, with its quotes and escapes. */
  readonly name: string;
  /** Where the name begins. */
  readonly start: number;
  /** Where the value begins and ends. */
  readonly valueStart: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function skipSpace(text: string, position: number): number {
  while (isSpace(text.charCodeAt(position))) position++;
  return position;
}

function cut(position: number): never {
  throw new SyntaxError(`JSON ends within the value at offset ${position}`);
}

/** Past the string that begins here. */
function skipString(text: string, position: number): number {
  for (let end = text.indexOf('"', position + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return cut(position);
}

/** Past the object or array that begins here. */
function skipNested(text: string, position: number): number {
  let depth = 0;
  for (let at = position; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = skipString(text, at) - 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1;
  }
  return cut(position);
}

/** Past the value that begins here. */
export function skipValue(text: string, position: number): number {
  const first = text.charCodeAt(position);
  if (first === QUOTE) return skipString(text, position);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(text, position);
  for (let at = position; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || isSpace(code)) return at;
  }
  return text.length;
}

/** Past the comma after an item, or at the closing bracket. */
function nextItem(text: string, position: number): number {
  const at = skipSpace(text, position);
  const code = text.charCodeAt(at);
  if (code === COMMA) return skipSpace(text, at + 1);
  if (code !== CLOSE_BRACE && code !== CLOSE_BRACKET) throw new SyntaxError(`unexpected JSON at offset ${at}`);
  return at;
}

/** Members of the object that begins at `position`. Throws a SyntaxError when the text ends too early. */
export function membersOf(text: string, position = 0): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, skipSpace(text, position) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = skipString(text, at);
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = skipValue(text, valueStart);
    members.push({ name: text.slice(at, nameEnd), start: at, valueStart, end });
    at = nextItem(text, end);
  }
  if (at >= text.length) cut(position);
  return members;
}

/** Where the items of the array that begins at `position` begin. */
export function itemsOf(text: string, position: number): number[] {
  const items: number[] = [];
  for (let at = skipSpace(text, position + 1); text.charCodeAt(at) !== CLOSE_BRACKET;) {
    if (at >= text.length) cut(position);
    items.push(at);
    at = nextItem(text, skipValue(text, at));
  }
  return items;
}
