import { AUTHOR, DOUBLE, fields, INTEGER, KEYWORD, KEYWORD_1000, KEYWORD_EAGER, object, rootMapping, type Mapping } from '../mapping.js';

/** Mapping of `status` (spec 02 §2.3); download events are in it too. */
export const STATUS_MAPPING: Mapping = rootMapping({
  model_version: INTEGER,
  author: AUTHOR,
  entity: object({
    status: KEYWORD,
    ...fields(['error', 'message'], KEYWORD_1000),
    runtime: DOUBLE,
    input: object({ entity: object({ sha256: KEYWORD }) }),
  }),
  encoded: object({ author: KEYWORD_EAGER }),
});
