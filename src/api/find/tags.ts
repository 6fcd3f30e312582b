/** Step C of find: the tags of the binaries on the page (spec 05 §6, 04 §6.1 step 4). */
import type { Search, SearchAnswer } from '../reader.js';

/** A tag as callers see it (spec 04 §3). */
export interface EntityTag {
  readonly sha256: string;
  readonly tag: string;
  readonly type: 'entity_tag';
  readonly owner?: string;
  readonly timestamp: string;
  readonly security: string;
}

/** Of all binaries together. */
const MAX_TAGS = 100;
const FIELDS = ['sha256', 'tag', 'type', 'owner', 'timestamp', 'security'];

export function tagSearch(ids: readonly string[]): Search {
  return {
    docname: 'annotation',
    body: {
      query: {
        bool: {
          filter: [{ term: { type: 'entity_tag' } }, { terms: { sha256: ids } }],
          must_not: [{ term: { state: 'disabled' } }],
        },
      },
      sort: [{ tag: { order: 'asc' } }, { sha256: { order: 'asc' } }, { owner: { order: 'asc' } }],
      size: MAX_TAGS,
      _source: FIELDS,
    },
  };
}

/** Tags by sha256; binaries without any are not in it. */
export function tagsOf({ hits }: SearchAnswer<EntityTag, unknown>): Map<string, EntityTag[]> {
  const tags = new Map<string, EntityTag[]>();
  for (const { _source } of hits.hits) tags.set(_source.sha256, [...(tags.get(_source.sha256) ?? []), _source]);
  return tags;
}
