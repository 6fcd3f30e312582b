/** Where two documents differ: field paths such as `features[3].value`. */
import { JsonObject, type JsonValue } from '../../schemas/json-text.js';
import { canonicalJson } from './canonical.js';

export interface PathOptions {
  /** At most so many are named. */
  readonly limit: number;
  /** A member of `features_map` that only the expected document has: whether the mapping can't take its name. */
  readonly unmappable: (name: string) => boolean;
}

/** Paths in the order of the expected document, then of what only the actual one has. Empty when both are equal. */
export function differingPaths(expected: JsonValue, actual: JsonValue, { limit, unmappable }: PathOptions): string[] {
  const found: string[] = [];

  function visit(a: JsonValue | undefined, b: JsonValue | undefined, path: string): void {
    if (found.length >= limit) return;
    if (a instanceof JsonObject && b instanceof JsonObject) visitMembers(a, b, path);
    else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) a.forEach((item, at) => visit(item, b[at], `${path}[${at}]`));
    else if (a === undefined || b === undefined || canonicalJson(a) !== canonicalJson(b)) found.push(path);
  }

  function visitMembers(a: JsonObject, b: JsonObject, path: string): void {
    for (const name of new Set([...a.entries.keys(), ...b.entries.keys()])) {
      if (path === '' && name === 'fold') continue;
      const [expectedMember, actualMember] = [a.entries.get(name), b.entries.get(name)];
      if (path === 'features_map' && actualMember === undefined && unmappable(name)) continue;
      visit(expectedMember, actualMember, path === '' ? name : `${path}.${name}`);
    }
  }

  visit(expected, actual, '');
  return found;
}

/** Whether a name has a place of its own among the properties of a mapping; a dot leads into an object, one at the end counts as absent. */
export function isMapped(properties: unknown, name: string): boolean {
  let place: unknown = { properties };
  for (const part of name.replace(/\.+$/, '').split('.')) {
    const inner = (place as { properties?: Readonly<Record<string, unknown>> }).properties;
    if (inner === undefined || !Object.hasOwn(inner, part)) return false;
    place = inner[part];
  }
  return (place as { type?: unknown }).type === 'keyword';
}
