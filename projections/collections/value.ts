/** Values as they are stored under a collection's keys, their order, and their expiry (spec 07 §6). */
import { isWellFormed, wellFormed } from './well-formed.js';
import type { CollectionRow, FieldSpec, LinqType, LinqValue } from './types.js';

/** What a stored value says. */
export interface StoredValue {
  readonly eventdate: number;
  readonly n: number;
  /** JSON values in the order of the value fields; empty in hash-only mode. */
  readonly values: readonly unknown[];
}

/** Text of a row: the eventdate alone, or `[eventdate,n,v1,v2,…]` when there are value fields. */
export function valueText(fields: readonly FieldSpec[], eventdate: number, n: number, values: readonly LinqValue[]): string {
  if (fields.length === 0) return String(eventdate);
  let text = `[${eventdate},${n}`;
  for (let i = 0; i < fields.length; i++) text += `,${fieldText(fields[i]!.type, values[i]!)}`;
  return `${text}]`;
}

/** JSON text of one value. Integers beyond 2^53 - 1 and what JSON has no number for are strings. */
export function fieldText(type: LinqType, value: LinqValue): string {
  if (value === null) return 'null';
  switch (type) {
    case 'str':
      return stringText(value as string);
    case 'json':
      return wellFormed(value as string);
    case 'bool':
      return value === true ? 'true' : 'false';
    case 'int8':
      return Number.isSafeInteger(value) ? String(value) : `"${value}"`;
    case 'float8':
      return floatText(value as number);
    case 'ip4':
      return `"${dotted(value as number)}"`;
    default:
      return String(value);
  }
}

/** Escapes only where JSON requires them. */
function stringText(text: string): string {
  return JSON.stringify(isWellFormed(text) ? text : wellFormed(text));
}

function floatText(value: number): string {
  if (Number.isFinite(value)) return String(value === 0 ? 0 : value);
  return `"${value}"`;
}

/** `10.0.0.1` of 0 to 2^32 - 1. */
export function dotted(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Absolute expiry of a row in ms: never relative, so that replays don't extend it. `expireIn` in seconds. */
export function expiryOf(eventdate: number, expireIn: number): number {
  return eventdate + expireIn * 1_000;
}

/**
 * Total order of the rows of one key: by eventdate, number of events, then the stored bytes. Negative, zero or positive. Greater rows replace
 * smaller ones, so the order of arrival is of no meaning.
 */
export function compareRows(
  a: Pick<CollectionRow, 'eventdate' | 'n' | 'value'>,
  b: Pick<CollectionRow, 'eventdate' | 'n' | 'value'>,
): number {
  if (a.eventdate !== b.eventdate) return a.eventdate - b.eventdate;
  if (a.n !== b.n) return a.n - b.n;
  return a.value === b.value ? 0 : Buffer.compare(Buffer.from(a.value), Buffer.from(b.value));
}

const DATE_ONLY = /^-?(?:0|[1-9][0-9]{0,15})$/;

/** What a stored text says; undefined for a text that no collection writes. */
export function parseValue(text: string): StoredValue | undefined {
  if (DATE_ONLY.test(text)) return { eventdate: Number(text), n: 1, values: [] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length < 2) return undefined;
  const [eventdate, n, ...values] = parsed as unknown[];
  if (typeof eventdate !== 'number' || typeof n !== 'number' || !Number.isSafeInteger(eventdate) || !Number.isSafeInteger(n))
    return undefined;
  return { eventdate, n, values };
}
