/** Tags that people put on binaries (spec 04 §6.12, 02 §2.5). */
import type { RawJson } from '../../../projections/types.js';
import type { Fields } from '../../access/query.js';
import { exactValue } from '../../opensearch/source-texts.js';
import type { Search, SearchAnswer } from '../reader.js';

/** What all tags have. */
export interface Tag {
  readonly tag: string;
  readonly type: string;
  readonly owner?: string;
  readonly timestamp: string;
  readonly security: string;
}

export interface EntityTag extends Tag {
  readonly sha256: string;
  /** Binaries with this tag. */
  readonly num_entities?: number;
}

interface TagBucket {
  readonly key: string;
  readonly num_entities: { readonly value: number };
}

export interface TagCounts {
  /** Only in the answer to the search that counts. */
  readonly tags?: { readonly buckets: readonly TagBucket[] };
}

export interface AllTags {
  readonly tags: readonly { readonly tag: string; readonly num_entities: number; readonly num_entities_approx: true }[];
  readonly num_tags: number;
  readonly num_tags_approx: true;
}

export interface AllTagsAggregations extends TagCounts {
  readonly num_tags: { readonly value: number };
}

const MAX_TAGS_OF_BINARY = 100;
const MAX_COUNTED_TAGS = 10_000;
const MAX_LISTED_TAGS = 1_000;
const EXACT_COUNT = 100;
export const TAG_FIELDS = ['tag', 'type', 'owner', 'timestamp', 'security'];
const DISABLED = { term: { state: 'disabled' } };

/** Annotations of one type that are not taken back. */
export function enabledTags(type: 'entity_tag' | 'fv_tag', filter: readonly Fields[] = []): Fields {
  return { bool: { filter: [{ term: { type } }, ...filter], must_not: [DISABLED] } };
}

/** The binary's tags, and in the same request how many binaries have each tag; `entityTags` reads the two answers. */
export function entityTagSearches(sha256: string): readonly [Search, Search] {
  const tags = {
    query: enabledTags('entity_tag', [{ term: { sha256 } }]),
    // Owners in order, so that of several always the same one is shown.
    sort: ['tag', 'owner'],
    size: MAX_TAGS_OF_BINARY,
    _source: ['sha256', ...TAG_FIELDS],
  };
  const num_entities = { cardinality: { field: 'pivot', precision_threshold: EXACT_COUNT } };
  const counts = {
    query: enabledTags('entity_tag'),
    size: 0,
    track_total_hits: false,
    aggs: { tags: { terms: { field: 'tag', size: MAX_COUNTED_TAGS }, aggs: { num_entities } } },
  };
  return [
    { docname: 'annotation', body: tags, exact: true },
    { docname: 'annotation', body: counts, exact: true },
  ];
}

/** One row for each tag; of several owners the last. */
export function entityTags(tags: SearchAnswer<RawJson, unknown>, counts: SearchAnswer<RawJson, TagCounts>): EntityTag[] {
  const numbers = new Map(counts.aggregations?.tags?.buckets.map(({ key, num_entities }) => [key, num_entities.value]));
  const byTag = new Map<string, EntityTag>();
  for (const { _source } of tags.hits.hits) {
    const tag = exactValue(_source) as EntityTag;
    const num_entities = numbers.get(tag.tag);
    byTag.set(tag.tag, { ...tag, ...(num_entities !== undefined && { num_entities }) });
  }
  return [...byTag.values()];
}

/** All tags of binaries, the most frequent first. */
export function allTagsSearch(): Search {
  const num_entities = { cardinality: { field: 'pivot' } };
  const aggs = {
    num_tags: { cardinality: { field: 'tag' } },
    tags: { terms: { field: 'tag', size: MAX_LISTED_TAGS }, aggs: { num_entities } },
  };
  return { docname: 'annotation', body: { query: enabledTags('entity_tag'), size: 0, track_total_hits: false, aggs } };
}

export function allTags({ aggregations }: SearchAnswer<unknown, AllTagsAggregations>): AllTags {
  const tags = aggregations?.tags?.buckets ?? [];
  return {
    tags: tags.map(({ key, num_entities }) => ({ tag: key, num_entities: num_entities.value, num_entities_approx: true })),
    num_tags: aggregations?.num_tags.value ?? 0,
    num_tags_approx: true,
  };
}
