/** What was submitted to a source, grouped by references or by submission (spec 05 §12). */
import type { Query } from '../../access/query.js';
import { containsPattern } from '../../search/contains-pattern.js';
import type { Search, SearchAnswer } from '../reader.js';

/** Documents of what was submitted itself, not of what was made from it. */
function submitted(source: string): readonly Query[] {
  return [{ term: { depth: 0 } }, { term: { 'source.name': source } }];
}

interface SummaryAggregations {
  readonly newest: { readonly value_as_string?: string };
  readonly num_entities: { readonly value: number };
}

export type SummaryAnswer = SearchAnswer<unknown, SummaryAggregations>;

export function summarySearch(source: string): Search {
  return {
    docname: 'binary2',
    body: {
      query: { bool: { filter: submitted(source) } },
      aggs: {
        newest: { max: { field: 'source.timestamp' } },
        num_entities: { cardinality: { field: 'sha256', precision_threshold: 100 } },
      },
      size: 0,
    },
  };
}

export interface SourceSummary {
  readonly name: string;
  readonly newest: string | null;
  readonly num_entities: number;
}

export function sourceSummary(name: string, { aggregations }: SummaryAnswer): SourceSummary {
  return { name, newest: aggregations?.newest.value_as_string ?? null, num_entities: aggregations?.num_entities.value ?? 0 };
}

export type ReferencesField = 'track_source_references' | 'track_source_references_grouped';

interface Bucket {
  /** With the time of the submission behind it when that is grouped by, too. */
  readonly key: string | readonly [string, string];
  readonly doc_count: number;
  readonly newest: { readonly value_as_string: string };
  readonly num_entities: { readonly value: number };
  readonly values: {
    readonly hits: { readonly hits: readonly { readonly _source: { readonly source?: { readonly references?: References } } }[] };
  };
}

type References = Readonly<Record<string, string>>;

export type ReferencesAnswer = SearchAnswer<unknown, { readonly groups: { readonly buckets: readonly Bucket[] } }>;

const MAX_GROUPS = 100;
/** From this number of documents on, the peer calls the number of binaries a minimum. */
const MANY_DOCUMENTS = 100;

const NEWEST_FIRST = { size: MAX_GROUPS, order: { newest: 'desc' } };
const OF_GROUP = {
  newest: { max: { field: 'source.timestamp' } },
  num_entities: { cardinality: { field: 'sha256' } },
  values: { top_hits: { size: 1, sort: [{ 'source.timestamp': 'desc' }], _source: { includes: ['source.references'] } } },
};

/** Groups that were submitted to last; with a term only those with a reference that contains it, in any case. */
export function referencesSearch(source: string, field: ReferencesField, term: string): Search {
  const matching = { regexp: { 'source.encoded_references.value': { value: containsPattern(term), case_insensitive: true } } };
  return {
    docname: 'binary2',
    body: {
      query: { bool: { filter: [...submitted(source), ...(term === '' ? [] : [matching])] } },
      aggs: { groups: { terms: { field, ...NEWEST_FIRST }, aggs: OF_GROUP } },
      size: 0,
    },
  };
}

export interface SubmissionFilter {
  readonly references?: string | undefined;
  /** ISO text. */
  readonly timestamp?: string | undefined;
}

export function submissionsSearch(source: string, { references, timestamp }: SubmissionFilter): Search {
  const filter = [
    ...submitted(source),
    ...(references === undefined ? [] : [{ term: { track_source_references: references } }]),
    ...(timestamp === undefined ? [] : [{ term: { 'source.timestamp': timestamp } }]),
  ];
  const terms = [{ field: 'track_source_references' }, { field: 'source.timestamp' }];
  return {
    docname: 'binary2',
    body: { query: { bool: { filter } }, aggs: { groups: { multi_terms: { terms, ...NEWEST_FIRST }, aggs: OF_GROUP } }, size: 0 },
  };
}

export type ReferencesRow<F extends ReferencesField = ReferencesField> = Readonly<Record<F, string>> & {
  readonly timestamp: string;
  readonly num_entities: number;
  readonly num_entities_min: boolean;
  /** References of the newest document. */
  readonly values: References;
};

/** Newest first. */
export function referencesRows<F extends ReferencesField>(field: F, { aggregations }: ReferencesAnswer): readonly ReferencesRow<F>[] {
  return (aggregations?.groups.buckets ?? []).map(
    ({ key, doc_count: documents, newest, num_entities: entities, values }) =>
      ({
        [field]: typeof key === 'string' ? key : key[0],
        timestamp: newest.value_as_string,
        num_entities: entities.value,
        num_entities_min: documents >= MANY_DOCUMENTS,
        values: values.hits.hits[0]?._source.source?.references ?? {},
      }) as ReferencesRow<F>,
  );
}
