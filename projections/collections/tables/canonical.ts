/** Lists, maps and JSON texts of events as canonical JSON: keys by code point, no spaces, numbers as they are written (spec 07 §2). */
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../../schemas/json-text.js';
import { compareCodePoints } from '../../code-points.js';

/** A part of an event: what its fields are made of. Members that are undefined are left out. */
export type Plain = string | number | bigint | boolean | undefined | readonly Plain[] | { readonly [name: string]: Plain };

/** Canonical text of a part of an event. */
export function canonicalPlain(value: Plain): string {
  if (typeof value !== 'object') return typeof value === 'bigint' ? String(value) : JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${(value as readonly Plain[]).map(canonicalPlain).join(',')}]`;
  const members = value as { readonly [name: string]: Plain };
  const names = Object.keys(members).filter((name) => members[name] !== undefined);
  return `{${names
    .sort(compareCodePoints)
    .map((name) => `${JSON.stringify(name)}:${canonicalPlain(members[name])}`)
    .join(',')}}`;
}

/** Canonical text of a JSON text; null for one that is none (what Python alone reads as JSON among them). */
export function canonicalText(text: string): string | null {
  try {
    return canonicalJson(parseJson(text));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function canonicalJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!(value instanceof JsonObject)) return JSON.stringify(value);
  const members = [...value.entries].sort(([a], [b]) => compareCodePoints(a, b));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
