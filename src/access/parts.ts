/**
 * Walking a body: each kind of object is a table of the fields it may have and of what happens to each. A field that is in no
 * table is refused, because what is not known cannot be secured.
 */
import { MetafoldError } from '../errors.js';
import { isFields, type Fields, type Query } from './query.js';

/** Where the walk is, for messages, and the filter that it places. */
export interface Place {
  readonly filter: Query;
  readonly at: string;
}

/** Secures one value: gives the same value back if nothing in it had to change. Throws MF_INTERNAL for what it cannot secure. */
export type Part = (value: unknown, place: Place) => unknown;

export type Parts = ReadonlyMap<string, Part>;

/** Throws MF_INTERNAL: a query that cannot be secured is a bug, and is never sent (spec 03 §10.3). */
export function refuse(place: Place, problem: string): never {
  throw new MetafoldError('MF_INTERNAL', `cannot secure ${place.at}: ${problem}`, { at: place.at });
}

export function inside(place: Place, step: string | number): Place {
  return { filter: place.filter, at: `${place.at}.${step}` };
}

/** Nothing in it reads a document: left as it is. */
export const option: Part = (value) => value;

export function parts(table: Readonly<Record<string, Part>>): Parts {
  return new Map(Object.entries(table));
}

export function options(...names: readonly string[]): Readonly<Record<string, Part>> {
  return Object.fromEntries(names.map((name) => [name, option]));
}

export function asFields(value: unknown, place: Place): Fields {
  return isFields(value) ? value : refuse(place, 'expected an object');
}

/** The only key of an object and its value. */
export function onlyEntry(value: unknown, place: Place): [string, unknown] {
  const entries = Object.entries(asFields(value, place));
  return entries.length === 1 ? entries[0]! : refuse(place, `expected one key, found ${entries.length}`);
}

function secureFields(value: unknown, place: Place, partOf: (name: string) => Part): Fields {
  const fields = asFields(value, place);
  const changes: [string, unknown][] = [];
  for (const [name, before] of Object.entries(fields)) {
    const after = partOf(name)(before, inside(place, name));
    if (after !== before) changes.push([name, after]);
  }
  return changes.length === 0 ? fields : { ...fields, ...Object.fromEntries(changes) };
}

/** An object of known fields. */
export function object(known: Parts): Part {
  return (value, place) => secureFields(value, place, (name) => known.get(name) ?? refuse(place, `unknown field ${JSON.stringify(name)}`));
}

/** An object of any names with one kind of value. */
export function record(part: Part): Part {
  return (value, place) => secureFields(value, place, () => part);
}

/** A list of one kind of value. */
export function list(part: Part): Part {
  return (value, place) => {
    if (!Array.isArray(value)) return refuse(place, 'expected a list');
    const items: readonly unknown[] = value;
    const secured = items.map((item, index) => part(item, inside(place, index)));
    return secured.some((item, index) => item !== items[index]) ? secured : items;
  };
}

/** A list, or one such value without brackets. */
export function oneOrMore(part: Part): Part {
  const several = list(part);
  return (value, place) => (Array.isArray(value) ? several : part)(value, place);
}
