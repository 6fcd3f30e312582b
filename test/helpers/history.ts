/** The fixture histories under fresh names, and the comparison of what was exported with what must be. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../schemas/json-text.js';

export const HISTORIES = new URL('../fixtures/history/', import.meta.url);

/** A fixture history with another topic prefix, as a file to publish. */
export function historyFile(folder: string, name: string, prefix: string): string {
  const text = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, HISTORIES))).toString('utf8');
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, text.replaceAll(/^\{"topic":\s*"azul\.qa01\./gm, `{"topic":"azul.${prefix}.`));
  return file;
}

/** Documents that must result, by index and id, with another index partition. */
export function expectedDocuments(name: string, partition: string): Map<string, JsonObject> {
  const text = gunzipSync(readFileSync(new URL(`${name}.expected.jsonl.gz`, HISTORIES))).toString('utf8');
  return documentMap(text.replaceAll(/"index":\s*"azul\.([ox])\.bench\./g, `"index": "azul.$1.${partition}.`));
}

/** Lines of an export, by index and id. Throws on a line that stands twice. */
export function documentMap(lines: string): Map<string, JsonObject> {
  const documents = new Map<string, JsonObject>();
  for (const line of lines.split('\n')) {
    if (line === '') continue;
    const document = parseJson(line) as JsonObject;
    const key = `${document.entries.get('index') as string} ${document.entries.get('id') as string}`;
    if (documents.has(key)) throw new Error(`document ${key} stands twice in the export`);
    documents.set(key, document);
  }
  return documents;
}

/** Differences as lines: missing, extra, and the first differing path of a document. Empty when all is equal. */
export function differences(actual: Map<string, JsonObject>, expected: Map<string, JsonObject>): string[] {
  const found: string[] = [];
  for (const [key, document] of expected) {
    const other = actual.get(key);
    if (!other) found.push(`missing ${key}`);
    else {
      const path = firstDifference(other, document, '');
      if (path !== undefined) found.push(`different ${key} at ${path}`);
    }
  }
  for (const key of actual.keys()) if (!expected.has(key)) found.push(`extra ${key}`);
  return found;
}

function firstDifference(a: JsonValue | undefined, b: JsonValue | undefined, path: string): string | undefined {
  if (a instanceof JsonNumber && b instanceof JsonNumber)
    return sameNumber(a.text, b.text) ? undefined : `${path}: ${a.text} is not ${b.text}`;
  if (a instanceof JsonObject && b instanceof JsonObject) {
    for (const name of new Set([...a.entries.keys(), ...b.entries.keys()])) {
      const difference = firstDifference(a.entries.get(name), b.entries.get(name), `${path}.${name}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `${path}: ${a.length} items, expected ${b.length}`;
    for (let i = 0; i < a.length; i++) {
      const difference = firstDifference(a[i], b[i], `${path}[${i}]`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return a === b ? undefined : `${path}: ${show(a)} is not ${show(b)}`;
}

/** Equal as parsed JSON: integers exactly at any size, others as doubles. */
function sameNumber(a: string, b: string): boolean {
  const integer = /^-?\d+$/;
  return integer.test(a) && integer.test(b) ? BigInt(a) === BigInt(b) : Number(a) === Number(b);
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'absent';
  return value instanceof JsonObject || value instanceof JsonNumber ? value.text : JSON.stringify(value);
}
