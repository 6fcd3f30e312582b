/** Tags on feature values (spec 04 §9.5). */
import Type from 'typebox';
import type { Query } from '../../access/query.js';
import type { Reader, Search } from '../reader.js';

export const FeatureValueTag = Type.Object({
  feature_name: Type.String(),
  feature_value: Type.String(),
  tag: Type.String(),
  type: Type.String({ enum: ['fv_tag'] }),
  owner: Type.Optional(Type.String()),
  timestamp: Type.String(),
  security: Type.String(),
});

export interface FeatureValueTag {
  readonly feature_name: string;
  readonly feature_value: string;
  readonly tag: string;
  readonly type: string;
  readonly owner?: string;
  readonly timestamp: string;
  readonly security: string;
}

const FIELDS = ['feature_name', 'feature_value', 'tag', 'type', 'owner', 'timestamp', 'security'];
const MAX_TAGS = 1_000;
const MAX_VALUES = 10_000;
const TAGS_OF_A_VALUE = 50;

function tagQuery(...filter: readonly Query[]): Query {
  return { bool: { filter: [{ term: { type: 'fv_tag' } }, ...filter], must_not: [{ term: { state: 'disabled' } }] } };
}

interface AllTags {
  readonly num_tags: { readonly value: number };
  readonly tags: { readonly buckets: readonly { readonly key: string; readonly num_feature_values: { readonly value: number } }[] };
}

/** All tags with the number of values that carry them. */
export async function readAllTags(reader: Reader) {
  const { aggregations } = await reader.search<unknown, AllTags>({
    docname: 'annotation',
    body: {
      size: 0,
      query: tagQuery(),
      aggs: {
        num_tags: { cardinality: { field: 'tag' } },
        tags: { terms: { field: 'tag', size: MAX_TAGS }, aggs: { num_feature_values: { cardinality: { field: 'pivot' } } } },
      },
    },
  });
  const tags = (aggregations?.tags.buckets ?? []).map(({ key, num_feature_values }) => ({
    tag: key,
    num_feature_values: num_feature_values.value,
  }));
  return { tags, num_tags: aggregations?.num_tags.value ?? 0 };
}

/** The values that carry a tag, at most 10,000 of them. */
export async function readTagged(reader: Reader, tag: string): Promise<FeatureValueTag[]> {
  const { hits } = await reader.search<FeatureValueTag>({
    docname: 'annotation',
    body: { size: MAX_VALUES, query: tagQuery({ term: { tag } }), sort: ['pivot', 'owner'], _source: FIELDS },
  });
  return hits.hits.map(({ _source }) => _source);
}

interface TagsOfValues {
  readonly values: {
    readonly buckets: readonly {
      readonly key: string;
      readonly tags: { readonly hits: { readonly hits: readonly { readonly _source: FeatureValueTag }[] } };
    }[];
  };
}

export function pivotOf(name: string, value: string): string {
  return `${name}.${value}`;
}

function tagsOfValuesSearch(pivots: readonly string[]): Search {
  const tags = { top_hits: { size: TAGS_OF_A_VALUE, sort: ['tag', 'owner'], _source: FIELDS } };
  return {
    docname: 'annotation',
    body: {
      size: 0,
      query: tagQuery({ terms: { pivot: pivots.toSorted() } }),
      aggs: { values: { terms: { field: 'pivot', size: MAX_VALUES }, aggs: { tags } } },
    },
  };
}

/** The tags of values by `pivotOf`, at most 50 of each; values without any are not there. */
export async function readTagsOfValues(
  reader: Reader,
  pivots: readonly string[],
): Promise<ReadonlyMap<string, readonly FeatureValueTag[]>> {
  if (pivots.length === 0) return new Map();
  const { aggregations } = await reader.search<unknown, TagsOfValues>(tagsOfValuesSearch(pivots));
  return new Map((aggregations?.values.buckets ?? []).map(({ key, tags }) => [key, tags.hits.hits.map(({ _source }) => _source)] as const));
}
