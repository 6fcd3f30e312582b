/**
 * One text for all that is equal as parsed JSON (spec 02, head): keys in order, integers exactly at any size, other numbers as doubles. `1000.0` equals
 * `1000`. A document that was merged on the server is written anew there, so that texts differ where documents do not.
 */
import { hash } from 'node:crypto';
import type { DocumentBody, DocumentValue, RawJson } from '../../projections/types.js';
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../schemas/json-text.js';

const INTEGER = /^-?[0-9]+$/;

function numberText(text: string): string {
  return INTEGER.test(text) ? BigInt(text).toString() : doubleText(Number(text));
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function objectText(members: readonly (readonly [string, string])[]): string {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** Of parsed JSON; `without`: a member of the outermost object that is left out. */
export function canonicalJson(value: JsonValue, without?: string): string {
  if (value instanceof JsonNumber) return numberText(value.text);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (!(value instanceof JsonObject)) return JSON.stringify(value);
  const members: [string, string][] = [];
  for (const [name, member] of value.entries) if (name !== without) members.push([name, canonicalJson(member)]);
  return objectText(members);
}

function isRaw(value: object): value is RawJson {
  return typeof (value as Partial<RawJson>).rawJson === 'string' && 'toJSON' in value;
}

function canonicalValue(value: DocumentValue): string {
  if (typeof value === 'bigint') return value.toString();
  // By its text: past 2^53 the digits that are sent are not those of the double.
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(JSON.stringify(value)) : 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly DocumentValue[]).map(canonicalValue).join(',')}]`;
  return isRaw(value) ? canonicalJson(parseJson(value.rawJson)) : canonicalBody(value as DocumentBody);
}

/** Of a document that a fold asks for; the same text as of its JSON. */
export function canonicalBody(body: DocumentBody): string {
  const members: [string, string][] = [];
  for (const [name, member] of Object.entries(body)) if (member !== undefined) members.push([name, canonicalValue(member)]);
  return objectText(members);
}

/** 128 bits of SHA-256 of a canonical text. */
export function digestOf(canonical: string): string {
  return hash('sha256', canonical, 'base64url' as 'hex').slice(0, 22);
}
