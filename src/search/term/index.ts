/** The term query language of the search (spec 05 §1-§4): pure, nothing here asks OpenSearch. */
export * from './ast.js';
export { autocomplete, type Completion, type PrefixType } from './autocomplete.js';
export { TermError, termFailure, type TermErrorCode, type TermErrorKind, type TermFailure } from './errors.js';
export { explainTerm, type Explanation } from './explain.js';
export { isFoldKey, unknownKeys, unknownKeysMessage } from './keys.js';
export { modelKeys } from './model.js';
export { parseTerm } from './parse.js';
export { isHighlightable, tagKeys, tagLookup, tagQuery, type TagKey, type TagLookup, type TagSource } from './tags.js';
export { translateTerm, type Query } from './translate.js';
export { wrapQueries, wrapTerm } from './wrap.js';
