/** Looks for the binaries that share feature values with one, author by author (spec 05 §11.4). */
import { featureMatches, numFeatureValues, type AuthorMatches, type FeatureMatch } from '../../search/similarity/feature-matches.js';
import {
  featureMatchBody,
  featureSourcesBody,
  sourcesByAuthor,
  type FeatureMatchHit,
  type FeatureSourceHit,
} from '../../search/similarity/features.js';
import type { Fields } from '../../access/query.js';
import type { Reader, Search } from '../reader.js';

const PARTIAL_AFTER_MS = 20_000;
/** Authors searched for in one request: each may give a thousand documents with all their features. */
const AUTHORS = 5;

export interface SimilarByFeatures {
  readonly num_feature_values: number;
  /** Start of the search. */
  readonly timestamp: string;
  readonly matches: readonly FeatureMatch[];
  readonly status: string;
}

export const COMPLETE = 'complete';

export function starting(timestamp: string): SimilarByFeatures {
  return { num_feature_values: 0, timestamp, matches: [], status: 'starting' };
}

/** `report` is told how far it is. Throws what the reader throws. */
export async function searchByFeatures(
  reader: Reader,
  sha256: string,
  timestamp: string,
  report: (progress: SimilarByFeatures) => void,
): Promise<SimilarByFeatures> {
  report({ ...starting(timestamp), status: 'getting binary feature values' });
  const body = featureSourcesBody(sha256) as Fields;
  const { hits } = await reader.search<FeatureSourceHit['_source']>({ docname: 'binary2', routing: sha256, body });
  const values = numFeatureValues(hits.hits);
  const authors = [...sourcesByAuthor(hits.hits)];
  const found: AuthorMatches[] = [];
  for (let first = 0; first < authors.length; first += AUTHORS) {
    const group = authors.slice(first, first + AUTHORS);
    const status = `(${first + 1}/${authors.length}) calculating matches for ${group[0]![0]}`;
    report({ num_feature_values: values, timestamp, matches: [], status });
    found.push(...(await searchAuthors(reader, sha256, group)));
  }
  return { num_feature_values: values, timestamp, matches: featureMatches(found, values), status: COMPLETE };
}

async function searchAuthors(
  reader: Reader,
  sha256: string,
  authors: readonly (readonly [string, readonly FeatureSourceHit[]])[],
): Promise<AuthorMatches[]> {
  const searched = authors.flatMap(([author, sources]) => {
    const body = featureMatchBody(author, sources, sha256) as Fields | undefined;
    return body === undefined ? [] : [{ author, sources, body }];
  });
  const answers = await reader.searchAll<FeatureMatchHit['_source']>(
    searched.map(({ body }): Search => ({ docname: 'binary2', body, partialAfterMs: PARTIAL_AFTER_MS })),
  );
  return searched.map(({ author, sources }, n) => ({ author, sources, hits: answers[n]!.hits.hits }));
}
