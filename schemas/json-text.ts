/**
 * JSON with its texts kept. Azul carries `info` as text from the plugin to the index, and a document id is an md5 over
 * it (spec 02 §4.9): `5.0` must not become `5`, nor `1e400` become Infinity, nor may numeric keys move to the front.
 */

/** A number as written. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** An object with its keys in order and its own source text, exactly. */
export class JsonObject {
  constructor(
    readonly entries: Map<string, JsonValue>,
    readonly text: string,
  ) {}
}

export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | JsonObject;

/** Nesting that is still read: OpenSearch refuses deeper JSON as well, and the parser needs no more stack than this. */
export const MAX_JSON_DEPTH = 1000;

/** Where an array keeps its source text (objects have a field for it). */
const SOURCE = Symbol('source');
type Sourced = JsonValue[] & { [SOURCE]?: string };

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

let text = '';
let pos = 0;
let depth = 0;

/**
 * Parse strict JSON. A duplicate key keeps its first position and its last value. Throws a SyntaxError with the offset,
 * also for nesting deeper than `MAX_JSON_DEPTH`.
 */
export function parseJson(source: string): JsonValue {
  text = source;
  pos = 0;
  depth = 0;
  try {
    skipSpace();
    const value = parseValue();
    skipSpace();
    if (pos < text.length) throw unexpected();
    return value;
  } finally {
    text = '';
  }
}

/** The text that a parsed value stood in; of a string or an array made by hand, an equivalent text. */
export function sourceText(value: JsonValue): string {
  if (value instanceof JsonObject || value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return (value as Sourced)[SOURCE] ?? `[${value.map(sourceText).join(',')}]`;
  return JSON.stringify(value);
}

function unexpected(at = pos): SyntaxError {
  if (at >= text.length) return new SyntaxError(`JSON ends unexpectedly at offset ${at}`);
  return new SyntaxError(`unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))} in JSON at offset ${at}`);
}

function skipSpace(): void {
  for (;;) {
    const c = text.charCodeAt(pos);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    pos++;
  }
}

function parseValue(): JsonValue {
  const c = text.charCodeAt(pos);
  if (c === 0x22) return parseString();
  if (c === 0x7b) return parseObject();
  if (c === 0x5b) return parseArray();
  if (c === 0x74) return parseWord('true', true);
  if (c === 0x66) return parseWord('false', false);
  if (c === 0x6e) return parseWord('null', null);
  return parseNumber();
}

function parseWord<T extends JsonValue>(word: string, value: T): T {
  if (!text.startsWith(word, pos)) throw unexpected();
  pos += word.length;
  return value;
}

function parseNumber(): JsonNumber {
  NUMBER.lastIndex = pos;
  const match = NUMBER.exec(text);
  if (match === null) throw unexpected();
  pos = NUMBER.lastIndex;
  return new JsonNumber(match[0]);
}

function parseString(): string {
  const start = pos;
  let escaped = false;
  for (pos++; ; pos++) {
    const c = text.charCodeAt(pos);
    if (c === 0x22) break;
    if (c === 0x5c) {
      escaped = true;
      pos++;
    } else if (!(c >= 0x20)) {
      throw unexpected(); // a control character, or NaN at the end
    }
  }
  pos++;
  if (!escaped) return text.slice(start + 1, pos - 1);
  try {
    return JSON.parse(text.slice(start, pos)) as string;
  } catch {
    throw new SyntaxError(`invalid escape in JSON string at offset ${start}`);
  }
}

function enter(): void {
  if (++depth > MAX_JSON_DEPTH) throw new SyntaxError(`JSON nested deeper than ${MAX_JSON_DEPTH} at offset ${pos}`);
  pos++;
  skipSpace();
}

function parseObject(): JsonObject {
  const start = pos;
  const entries = new Map<string, JsonValue>();
  enter();
  if (text.charCodeAt(pos) !== 0x7d) {
    for (;;) {
      if (text.charCodeAt(pos) !== 0x22) throw unexpected();
      const key = parseString();
      skipSpace();
      if (text.charCodeAt(pos) !== 0x3a) throw unexpected();
      pos++;
      skipSpace();
      entries.set(key, parseValue());
      if (!nextItem(0x7d)) break;
    }
  }
  pos++;
  depth--;
  return new JsonObject(entries, text.slice(start, pos));
}

function parseArray(): JsonValue[] {
  const start = pos;
  const items: Sourced = [];
  enter();
  if (text.charCodeAt(pos) !== 0x5d) {
    for (;;) {
      items.push(parseValue());
      if (!nextItem(0x5d)) break;
    }
  }
  pos++;
  depth--;
  items[SOURCE] = text.slice(start, pos);
  return items;
}

/** After an item: true when a comma leads to another one, false at the closing bracket. */
function nextItem(close: number): boolean {
  skipSpace();
  const c = text.charCodeAt(pos);
  if (c === close) return false;
  if (c !== 0x2c) throw unexpected();
  pos++;
  skipSpace();
  return true;
}
