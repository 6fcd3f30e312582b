/** The searches behind a binary's summary (spec 04 §6.7, 05 §9). */
import type { Fields } from '../../access/query.js';
import type { Search } from '../reader.js';
import type { Detail } from './details.js';
import { NODE_FIELDS, SUBMISSION_SOURCE } from './stored.js';

/** Beyond that a count is not exact, unless `total_hits` is asked for. */
const COUNTED_HITS = 10_000;

export interface SummaryRequest {
  /** In lower case. */
  readonly sha256: string;
  readonly details: ReadonlySet<Detail>;
  readonly author?: string | undefined;
  /** Most buckets of each aggregation. */
  readonly bucketSize: number;
}

const NEWEST = { max: { field: 'timestamp' } };
const LINK_FIELDS = [...NODE_FIELDS, 'track_link'];

function newestHit(source: readonly string[] | typeof SUBMISSION_SOURCE): Fields {
  return { top_hits: { size: 1, sort: [{ timestamp: { order: 'desc' } }], _source: source } };
}

/** Buckets of documents that are alike in a field, each with its newest document. */
function unique(field: string, size: number, source: readonly string[]): Fields {
  return { terms: { field, size }, aggs: { hit: newestHit(source) } };
}

/** Buckets of binaries, the newest first, each with its newest document. */
function related(field: string, size: number, source: readonly string[]): Fields {
  return { terms: { field, size, order: { newest: 'desc' } }, aggs: { hit: newestHit(source), newest: NEWEST } };
}

function submissions(size: number): Fields {
  const depth = { min: { field: 'depth' } };
  const references = {
    terms: { field: 'track_source_references', size, order: { depth: 'asc' } },
    aggs: { hit: newestHit(SUBMISSION_SOURCE), depth },
  };
  return { terms: { field: 'source.name', size }, aggs: { references } };
}

/** The binary's own documents. */
export function summarySearch({ sha256, details, author, bucketSize: size }: SummaryRequest): Search {
  const all: Partial<Record<Detail, Fields>> = {
    documents: NEWEST,
    security: { terms: { field: 'security', size } },
    sources: submissions(size),
    features: unique('uniq_features', size, ['features', 'sha256_author_action']),
    info: unique('uniq_info', size, ['info', 'sha256_author_action']),
    datastreams: unique('uniq_data', size, ['datastreams', 'sha256_author_action']),
    instances: unique('sha256_author_action', size, ['author', 'action', 'sha256_author_action', 'num_feature_values']),
    parents: related('parent.sha256', size, [...LINK_FIELDS, 'parent']),
  };
  const aggs = Object.fromEntries(Object.entries(all).filter(([detail]) => details.has(detail as Detail)));
  const filter = [{ term: { sha256 } }, ...(author ? [{ term: { 'author.name': author } }] : [])];
  const body = { query: { bool: { filter } }, size: 0, track_total_hits: details.has('total_hits') ? true : COUNTED_HITS, aggs };
  return { docname: 'binary2', routing: sha256, body, exact: true };
}

/** Documents of binaries that came out of it. */
export function childrenSearch({ sha256, bucketSize }: Pick<SummaryRequest, 'sha256' | 'bucketSize'>): Search {
  const body = {
    query: { bool: { filter: [{ term: { 'parent.sha256': sha256 } }] } },
    size: 0,
    track_total_hits: false,
    aggs: { children: related('sha256', bucketSize, LINK_FIELDS) },
  };
  return { docname: 'binary2', body, exact: true };
}

/** What came after a time. */
export function newerSearch(sha256: string, timestamp: string): Search {
  const filter = [{ term: { sha256 } }, { range: { timestamp: { gt: timestamp } } }];
  return { docname: 'binary2', routing: sha256, body: { query: { bool: { filter } }, size: 0, aggs: { newest: NEWEST } } };
}

/** Whole documents, so that each number is as it was stored. */
export function documentsSearch(sha256: string, action: string | undefined, size: number): Search {
  const must = [{ term: { sha256 } }, ...(action === undefined ? [] : [{ term: { action } }])];
  return { docname: 'binary2', routing: sha256, body: { query: { bool: { must } }, size, track_total_hits: true }, exact: true };
}
