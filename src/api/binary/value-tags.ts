/** Tags that people put on feature values (spec 04 §6.7, 02 §2.5). */
import type { Search, SearchAnswer } from '../reader.js';
import { enabledTags, TAG_FIELDS, type Tag } from './tags.js';

export interface FeatureValueTag extends Tag {
  readonly feature_name: string;
  readonly feature_value: string;
}

/** Of the pivots of one search, those with tags, and so many tags of each. */
const MAX_TAGGED_VALUES = 10_000;
const MAX_TAGS_OF_VALUE = 50;
/** What a `terms` query takes. */
const MAX_PIVOTS = 65_536;

interface ValueTags {
  readonly values: { readonly buckets: readonly ValueTagsBucket[] };
}

interface ValueTagsBucket {
  readonly key: string;
  readonly tags: { readonly hits: { readonly hits: readonly { readonly _source: FeatureValueTag }[] } };
}

/** A pivot is `<feature name>.<value>`. */
export function pivotOf({ name, value }: { readonly name: string; readonly value: string }): string {
  return `${name}.${value}`;
}

/** Tags of feature values; of more values than one search takes, several to be sent as one request. */
export function valueTagSearches(pivots: readonly string[]): Search[] {
  const tags = {
    top_hits: { size: MAX_TAGS_OF_VALUE, sort: ['tag', 'owner'], _source: ['feature_name', 'feature_value', ...TAG_FIELDS] },
  };
  const aggs = { values: { terms: { field: 'pivot', size: MAX_TAGGED_VALUES }, aggs: { tags } } };
  const chunks = Array.from({ length: Math.ceil(pivots.length / MAX_PIVOTS) }, (_, n) =>
    pivots.slice(n * MAX_PIVOTS, (n + 1) * MAX_PIVOTS),
  );
  return chunks.map((pivot) => ({
    docname: 'annotation',
    body: { query: enabledTags('fv_tag', [{ terms: { pivot } }]), size: 0, track_total_hits: false, aggs },
  }));
}

/** Tags by pivot. */
export function valueTags(answers: readonly SearchAnswer<unknown, ValueTags>[]): Map<string, readonly FeatureValueTag[]> {
  const buckets = answers.flatMap(({ aggregations }) => aggregations?.values.buckets ?? []);
  return new Map(buckets.map(({ key, tags }) => [key, tags.hits.hits.map(({ _source }) => _source)]));
}
