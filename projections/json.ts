/** Documents as JSON text. One line always: the bulk body is line-delimited, and JSON escapes line ends inside strings. */
import type { DocumentBody, DocumentValue, RawJson } from './types.js';

/** Stands for a raw text while the rest is stringified. */
const PLACEHOLDER = '\u0001metafold:raw\u0001';
const PLACEHOLDER_JSON = JSON.stringify(PLACEHOLDER);

/** Raw texts met by the JSON.stringify that is running: without any the result needs no search. */
let rawTextsMet = 0;

class Raw implements RawJson {
  constructor(readonly rawJson: string) {}
  toJSON(): string {
    rawTextsMet++;
    return PLACEHOLDER;
  }
}

/** Puts JSON text into a document as it stands. The text must be valid JSON without line ends. */
export function rawJson(text: string): RawJson {
  return new Raw(text);
}

/** Exact writer for what JSON.stringify can't do: integers beyond 2^53 and raw texts anywhere. */
function exactJson(value: DocumentValue): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Raw) return value.rawJson;
  if (Array.isArray(value)) return '[' + (value as readonly DocumentValue[]).map(exactJson).join(',') + ']';
  const members: string[] = [];
  for (const [name, member] of Object.entries(value as DocumentBody)) {
    if (member !== undefined) members.push(JSON.stringify(name) + ':' + exactJson(member));
  }
  return '{' + members.join(',') + '}';
}

/** JSON.stringify with placeholders for raw texts; undefined when the body holds a bigint, which it refuses. */
function quickJson(body: DocumentBody): string | undefined {
  rawTextsMet = 0;
  try {
    return JSON.stringify(body);
  } catch (error) {
    // Nothing else in a DocumentBody can make it throw.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * JSON text of a document, exact for bigint and RawJson, without `undefined` fields.
 * The common case, a plain body with at most the raw `info`, costs one JSON.stringify and a search for the placeholder.
 */
export function documentJson(body: DocumentBody): string {
  const json = quickJson(body);
  if (json === undefined) return exactJson(body);
  if (rawTextsMet === 0) return json;
  const info = body['info'];
  const at = json.indexOf(PLACEHOLDER_JSON);
  const after = at + PLACEHOLDER_JSON.length;
  // Raw texts elsewhere, or data that looks like the placeholder, take the exact way.
  if (!(info instanceof Raw) || json.includes(PLACEHOLDER_JSON, after)) return exactJson(body);
  return json.slice(0, at) + info.rawJson + json.slice(after);
}
