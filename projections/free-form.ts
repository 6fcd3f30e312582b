import type { StringMap } from '../schemas/events.js';

/**
 * A string map of an event as a document shows it: absent when empty, and without keys starting with `_sa` (spec 02 §4.1
 * points 3 and 4; what only had such keys stays as an empty object).
 */
export function freeForm(map: StringMap | undefined): StringMap | undefined {
  if (map === undefined) return undefined;
  let members = 0;
  let hidden = false;
  for (const key of Object.keys(map)) {
    members++;
    if (key.startsWith('_sa')) hidden = true;
  }
  if (members === 0) return undefined;
  return hidden ? withoutHidden(map) : map;
}

function withoutHidden(map: StringMap): StringMap {
  const kept = Object.create(null) as StringMap;
  for (const [key, value] of Object.entries(map)) if (!key.startsWith('_sa')) kept[key] = value;
  return kept;
}
