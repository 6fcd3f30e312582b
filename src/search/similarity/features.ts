/**
 * Search for binaries with the same feature values (spec 05 §11.4): the documents of one binary, then for each of their authors
 * that author's documents of other binaries. How like those are: `featureMatches`.
 */

/** Documents with fewer values say too little. */
const MORE_VALUES_THAN = 4;
const MIN_SHARED_VALUES = 4;
const MAX_DOCUMENTS = 1000;
const MAX_QUERY_TERMS = 1000;

export interface FeatureValue {
  readonly name: string;
  readonly value: string;
}

/** A hit of `featureSourcesBody`. */
export interface FeatureSourceHit {
  readonly _index: string;
  readonly _source: {
    readonly author: { readonly name: string };
    readonly features: readonly FeatureValue[];
    /** Holds only the names that the index could map; absent when there are none. */
    readonly features_map?: Readonly<Record<string, readonly string[]>>;
  };
}

/** A hit of `featureMatchBody`. */
export interface FeatureMatchHit {
  readonly _source: { readonly sha256: string; readonly features: readonly FeatureValue[] };
}

const ENOUGH_VALUES = { range: { num_feature_values: { gt: MORE_VALUES_THAN } } };

/** Search body for the documents of a binary (`sha256` in lower case) whose feature values are compared, equal ones once. */
export function featureSourcesBody(sha256: string): object {
  return {
    _source: { includes: ['author.name', 'features.name', 'features.value', 'features_map'] },
    query: { bool: { filter: [ENOUGH_VALUES, { term: { sha256 } }] } },
    size: MAX_DOCUMENTS,
    collapse: { field: 'uniq_features' },
  };
}

/** The hits by the name of their author, in order of first appearance. */
export function sourcesByAuthor(hits: readonly FeatureSourceHit[]): ReadonlyMap<string, readonly FeatureSourceHit[]> {
  const byAuthor = new Map<string, FeatureSourceHit[]>();
  for (const hit of hits) {
    const author = hit._source.author.name;
    const hitsOfAuthor = byAuthor.get(author);
    if (hitsOfAuthor === undefined) byAuthor.set(author, [hit]);
    else hitsOfAuthor.push(hit);
  }
  return byAuthor;
}

function mappedFields(sources: readonly FeatureSourceHit[]): string[] {
  const names = new Set(sources.flatMap(({ _source }) => Object.keys(_source.features_map ?? {})));
  return Array.from(names, (name) => `features_map.${name}`).sort();
}

/**
 * Search body for an author's documents of other binaries that are like these of `sha256` (lower case); undefined when nothing of
 * them can be searched for. The documents are given in full rather than by id: one taken by id would be read without the
 * caller's filter (spec 03 §10.2).
 */
export function featureMatchBody(author: string, sources: readonly FeatureSourceHit[], sha256: string): object | undefined {
  const fields = mappedFields(sources);
  if (fields.length === 0) return undefined;
  // The index demands a routing of whatever it is asked to read, though these are not stored in it.
  const like = sources.map(({ _index, _source }) => ({ _index, routing: sha256, doc: { features_map: _source.features_map ?? {} } }));
  const moreLikeThis = {
    fields,
    like,
    min_term_freq: 1,
    min_doc_freq: 1,
    max_query_terms: MAX_QUERY_TERMS,
    minimum_should_match: MIN_SHARED_VALUES,
  };
  return {
    timeout: '20s',
    _source: { includes: ['sha256', 'features.name', 'features.value'] },
    query: {
      bool: {
        filter: [ENOUGH_VALUES, { term: { 'author.name': author } }, { more_like_this: moreLikeThis }],
        must_not: [{ term: { sha256 } }],
      },
    },
    size: MAX_DOCUMENTS,
    collapse: { field: 'sha256' },
  };
}
