/** What one version of a plugin did: binaries with its results, and its statuses of the last seven days (spec 05 §13). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { Search, SearchAnswer } from '../reader.js';
import { STATUS_FIELDS, statusEvent, type StatusDocument, type StatusEvent } from '../statuses/status-event.js';
import { LAST_SEVEN_DAYS } from '../statuses/window.js';

interface VersionAggregations {
  /** Of the first search. */
  readonly entities?: { readonly value: number };
  /** Of the second search. */
  readonly statuses?: {
    readonly buckets: readonly {
      readonly key: string;
      readonly count: { readonly value: number };
      readonly entities: { readonly buckets: readonly { readonly newest: NewestHit }[] };
    }[];
  };
}

interface NewestHit {
  readonly hits: { readonly hits: readonly { readonly _source: StatusDocument }[] };
}

export type VersionAnswer = SearchAnswer<unknown, VersionAggregations>;

export function versionSearches(name: string, version: string): readonly Search[] {
  const ofVersion = [{ term: { 'author.name': name } }, { term: { 'author.version': version } }];
  return [
    {
      docname: 'binary2',
      body: { query: { bool: { filter: ofVersion } }, aggs: { entities: { cardinality: { field: 'sha256' } } }, size: 0 },
    },
    {
      docname: 'status',
      body: {
        query: { bool: { filter: [LAST_SEVEN_DAYS, ...ofVersion] } },
        aggs: { statuses: { terms: { field: 'entity.status' }, aggs: OF_STATUS } },
        size: 0,
      },
    },
  ];
}

const SHA256 = 'entity.input.entity.sha256';

const OF_STATUS = {
  count: { cardinality: { field: SHA256, precision_threshold: 100 } },
  entities: {
    terms: { field: SHA256, size: 100, order: { time: 'desc' } },
    aggs: {
      time: { max: { field: 'timestamp' } },
      newest: { top_hits: { size: 1, sort: [{ timestamp: 'desc' }], _source: { includes: STATUS_FIELDS } } },
    },
  },
};

export interface StatusGroup {
  readonly status: string;
  /** Binaries. */
  readonly num_items: number;
  readonly items: readonly StatusEvent[];
}

/** The answers to `versionSearches`; groups by status. */
export function versionResult(answers: readonly VersionAnswer[]): {
  readonly num_entities: number;
  readonly status: readonly StatusGroup[];
} {
  const [binaries, statuses] = answers;
  const groups = (statuses?.aggregations?.statuses?.buckets ?? []).map(({ key, count, entities }) => ({
    status: key,
    num_items: count.value,
    items: entities.buckets.flatMap(({ newest }) => newest.hits.hits.map((hit) => statusEvent(hit._source))),
  }));
  return {
    num_entities: binaries?.aggregations?.entities?.value ?? 0,
    status: groups.sort((a, b) => compareCodePoints(a.status, b.status)),
  };
}
