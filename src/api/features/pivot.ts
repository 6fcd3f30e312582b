/** Values that the binaries with given feature values have in common (spec 04 §9.4, 05 §8.2). */
import type { Query } from '../../access/query.js';
import type { Reader, Search } from '../reader.js';
import type { ListedFeature } from './feature-list.js';

const MAX_BINARIES = 10_000;
/** Aggregations in one search. */
const CHUNK = 200;
const COMMON_VALUES = 10;
const REFINE =
  'The initial search for binaries matching the selected features was greater than 10,000. Refine your feature selection to reduce count.';

export interface PivotValue {
  readonly feature_name: string;
  readonly feature_value: string;
}

export interface FeatureValueCounts {
  readonly feature_name: string;
  readonly feature_description: string;
  readonly values_and_counts: readonly { readonly feature_value: string; readonly entity_count: string }[];
}

export interface Pivot {
  readonly feature_value_counts: readonly FeatureValueCounts[];
  readonly incomplete_query: boolean;
  readonly reason: string;
}

/** Binaries that have all of the values, each in whichever of their documents. */
function binariesSearch(values: readonly PivotValue[]): Search {
  const filter = values.map(({ feature_name: name, feature_value: value }): Query => ({
    has_child: { type: 'metadata', query: { term: { [`features_map.${name}`]: value } } },
  }));
  return { docname: 'binary2', body: { size: MAX_BINARIES, _source: false, track_total_hits: false, query: { bool: { filter } } } };
}

function commonSearch(sha256s: readonly string[], names: readonly string[]): Search {
  const aggs = names.map((name, n) => [String(n), { terms: { field: `features_map.${name}`, size: COMMON_VALUES, min_doc_count: 2 } }]);
  return {
    docname: 'binary2',
    body: {
      size: 0,
      track_total_hits: false,
      query: { bool: { filter: [{ terms: { sha256: sha256s } }] } },
      aggs: Object.fromEntries(aggs) as Query,
    },
  };
}

type Common = Readonly<Record<string, { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] }>>;

/** `features`: asked for once binaries were found. */
export async function readPivot(
  reader: Reader,
  values: readonly PivotValue[],
  features: () => Promise<readonly ListedFeature[]>,
): Promise<Pivot> {
  const { hits } = await reader.search(binariesSearch(values));
  const sha256s = hits.hits.map(({ _id }) => _id);
  if (sha256s.length === 0) return { feature_value_counts: [], incomplete_query: false, reason: 'No matches found' };
  const known = await features();
  const chunks = Array.from({ length: Math.ceil(known.length / CHUNK) }, (_, n) => known.slice(n * CHUNK, (n + 1) * CHUNK));
  const answers = await reader.searchAll<unknown, Common>(
    chunks.map((chunk) =>
      commonSearch(
        sha256s,
        chunk.map(({ name }) => name),
      ),
    ),
  );
  const incomplete = sha256s.length >= MAX_BINARIES;
  return {
    feature_value_counts: answers.flatMap(({ aggregations }, n) =>
      chunks[n]!.flatMap((feature, at) => countsOf(feature, aggregations?.[String(at)]?.buckets ?? [])),
    ),
    incomplete_query: incomplete,
    reason: incomplete ? REFINE : '',
  };
}

/** Counts are of documents, as the peer's are. */
function countsOf({ name, descriptions }: ListedFeature, buckets: Common[string]['buckets']): FeatureValueCounts[] {
  const counts = buckets
    .filter(({ key }) => key !== '')
    .map(({ key, doc_count }) => ({ feature_value: key, entity_count: String(doc_count) }));
  if (counts.length === 0) return [];
  return [{ feature_name: name, feature_description: descriptions[0]?.desc ?? '', values_and_counts: counts }];
}
