import { fields, KEYWORD, rootMapping, type Mapping } from '../mapping.js';

const WORDS = ['owner', 'type', 'sha256', 'feature_name', 'feature_value', 'pivot', 'tag', 'comment', 'state'];

/** Mapping of `annotation` (spec 02 §2.5), which the API writes. */
export const ANNOTATION_MAPPING: Mapping = rootMapping(fields(WORDS, KEYWORD));
