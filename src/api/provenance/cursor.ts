/**
 * Where the next page of provenance begins: behind the last contribution that the caller was shown. Nothing else is in it, so it tells nothing that
 * the page did not.
 */
import { createHash } from 'node:crypto';
import { compareCodePoints } from '../../../projections/code-points.js';
import { identityKey } from '../../../projections/contribution.js';
import type { Contribution } from '../../../projections/types.js';
import { refused } from '../api-error.js';
import { LISTED, placeLength, type Listed, type Place, type Point, type Target } from './documents.js';

export interface Cursor extends Point {
  readonly timestamp: bigint;
  readonly eventKey: string;
  /** Tells apart contributions of one time and key. */
  readonly identity: string;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** A cursor belongs to one list. */
function listOf({ sha256, document }: Target): string {
  return digest(JSON.stringify([sha256, document ?? null]));
}

export function cursorText(target: Target, { docname, place, id }: Point, last: Contribution): string {
  const values = [listOf(target), docname, place, id, last.timestamp.toString(), last.eventKey, digest(identityKey(last))];
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Throws ApiError 422 for what is no cursor of this list. */
export function readCursor(text: string, target: Target): Cursor {
  const [list, docname, place, id, timestamp, eventKey, identity, ...more] = parts(text);
  const valid =
    list === listOf(target) &&
    LISTED.includes(docname as Listed) &&
    isPlace(place, docname as Listed) &&
    [id, timestamp, eventKey, identity].every((value) => typeof value === 'string') &&
    /^-?[0-9]{1,18}$/.test(timestamp as string) &&
    more.length === 0;
  if (!valid) throw refused(422, `after: expected what an earlier page of the same list gave, or nothing`);
  return {
    docname: docname as Listed,
    place: place as Place,
    id: id as string,
    timestamp: BigInt(timestamp as string),
    eventKey: eventKey as string,
    identity: identity as string,
  };
}

function parts(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isPlace(value: unknown, docname: Listed): boolean {
  const one = (item: unknown): boolean => item === null || typeof item === 'string' || Number.isSafeInteger(item);
  return Array.isArray(value) && value.length === placeLength(docname) && value.every(one);
}

/** Position in a document's list, the greatest first, of what comes next; the one shown last may have gone meanwhile. */
export function positionAfter(contributions: readonly Contribution[], { timestamp, eventKey, identity }: Cursor): number {
  const shown = contributions.findIndex((one) => digest(identityKey(one)) === identity);
  if (shown >= 0) return shown + 1;
  const lower = (one: Contribution): boolean =>
    one.timestamp < timestamp || (one.timestamp === timestamp && compareCodePoints(one.eventKey, eventKey) < 0);
  const next = contributions.findIndex(lower);
  return next < 0 ? contributions.length : next;
}
