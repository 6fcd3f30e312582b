/** The searchable keys and their types, from the mappings of the indices (spec 05 §4.2, 04 §6.4). */
import { FOLD_FIELDS } from '../../../projections/fold-json.js';
import type { Mapping } from '../../../projections/mapping.js';
import { TAG_KEYS } from './tags.js';

/** Labels, whose form in the documents is nobody's business. */
const HIDDEN = 'security';

function isMapping(value: Mapping[string] | undefined): value is Mapping {
  return typeof value === 'object' && !Array.isArray(value);
}

function addField(keys: Map<string, string>, key: string, field: Mapping): void {
  const { properties, type } = field;
  if (isMapping(properties)) addProperties(keys, `${key}.`, properties);
  else if (typeof type === 'string') keys.set(key, type);
}

function addProperties(keys: Map<string, string>, prefix: string, properties: Mapping): void {
  for (const [name, field] of Object.entries(properties)) {
    if (name === HIDDEN || (prefix === '' && name === FOLD_FIELDS.fold)) continue;
    if (isMapping(field)) addField(keys, prefix + name, field);
  }
}

/**
 * Dotted keys with their OpenSearch types, of all mappings together: a key that only one of them has is in, of several types the last stands.
 * `mappings` are the `mappings` members of an answer of `GET /<index>/_mapping`.
 */
export function modelKeys(mappings: readonly Mapping[]): Map<string, string> {
  const keys = new Map<string, string>();
  for (const { properties } of mappings) if (isMapping(properties)) addProperties(keys, '', properties);
  for (const key of TAG_KEYS) keys.set(key, 'keyword');
  return keys;
}
