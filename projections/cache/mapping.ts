import { BOOLEAN, fields, KEYWORD, LONG, OPAQUE, rootMapping, type Mapping } from '../mapping.js';

/** Mapping of `cache` (spec 02 §2.6), which the API writes. */
export const CACHE_MAPPING: Mapping = rootMapping({
  ...fields(['type_unique', 'type', 'unique', 'version', 'user_security'], KEYWORD),
  ...fields(['docs', 'count'], LONG),
  accurate: BOOLEAN,
  data: OPAQUE,
});
