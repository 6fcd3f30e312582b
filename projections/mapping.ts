/** Pieces that all mappings share (spec 02 §2). */
import { FOLD_FIELDS } from './fold-json.js';

/** Body of a mapping or a part of it, as OpenSearch takes it. */
export interface Mapping {
  readonly [name: string]: Mapping | string | number | boolean | readonly string[];
}

export const KEYWORD: Mapping = { type: 'keyword' };
/** Longer values stay in the document, but are not searchable. */
export const KEYWORD_8000: Mapping = { type: 'keyword', ignore_above: 8000 };
export const KEYWORD_1000: Mapping = { type: 'keyword', ignore_above: 1000 };
export const KEYWORD_EAGER: Mapping = { type: 'keyword', eager_global_ordinals: true };
export const DATE: Mapping = { type: 'date' };
export const LONG: Mapping = { type: 'long' };
export const INTEGER: Mapping = { type: 'integer' };
export const DOUBLE: Mapping = { type: 'double' };
export const BOOLEAN: Mapping = { type: 'boolean' };
export const UNSIGNED_LONG: Mapping = { type: 'unsigned_long' };
/** Kept in the document, not parsed. */
export const OPAQUE: Mapping = { type: 'object', enabled: false };

/** Several fields of one type. */
export function fields(names: readonly string[], type: Mapping): Mapping {
  return Object.fromEntries(names.map((name) => [name, type]));
}

export function object(properties: Mapping): Mapping {
  return { type: 'object', properties };
}

/** An object whose unknown fields are kept without being searchable. */
export function openObject(properties: Mapping): Mapping {
  return { type: 'object', dynamic: 'false', properties };
}

export const AUTHOR = object(fields(['security', 'category', 'name', 'version'], KEYWORD));

const FOLD = openObject({ [FOLD_FIELDS.tokens]: { type: 'keyword', norms: false, doc_values: false } });

/** The mapping of a docname: unknown fields are refused; labels, time and provenance are everywhere. */
export function rootMapping(properties: Mapping): Mapping {
  return {
    dynamic: 'strict',
    properties: {
      ...properties,
      security: KEYWORD,
      encoded_security: object({ num_exclusive: INTEGER, ...fields(['inclusive', 'exclusive', 'markings'], KEYWORD) }),
      timestamp: DATE,
      [FOLD_FIELDS.fold]: FOLD,
    },
  };
}
