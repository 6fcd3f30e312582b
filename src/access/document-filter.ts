/** The filter that lets a caller see only what it may read (spec 03 §10.1). */
import type { Query } from './query.js';

const made = new WeakSet<Query>();

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}

/** Matches the documents for which `mayRead` holds. Both lists are safe labels, sorted and unique. Frozen. */
export function documentFilter(granted: readonly string[], enforced: readonly string[]): Query {
  const exclusive = { terms: granted, minimum_should_match_field: 'encoded_security.num_exclusive' };
  const unmarked = { bool: { must_not: [{ terms: { 'encoded_security.markings': enforced } }] } };
  const marked = { terms: { 'encoded_security.markings': granted } };
  const filter: Query = {
    bool: {
      filter: [
        { terms: { 'encoded_security.inclusive': granted } },
        { terms_set: { 'encoded_security.exclusive': exclusive } },
        ...(enforced.length === 0 ? [] : [{ bool: { minimum_should_match: 1, should: [unmarked, marked] } }]),
      ],
    },
  };
  deepFreeze(filter);
  made.add(filter);
  return filter;
}

/** Whether this very object is a document filter, of whichever caller. */
export function isDocumentFilter(query: Query): boolean {
  return made.has(query);
}
