/** The two searches of a round around a binary (spec 05 §10). */
import type { Search } from '../reader.js';
import { NODE_FIELDS, SUBMISSION_SOURCE } from './stored.js';

/** With more, the buckets of one search could pass the limit of OpenSearch. */
const MAX_BINARIES = 10_000;

const KEY_FIELDS = [...NODE_FIELDS, 'sha256_author_action'];
const LINK_SOURCE = { includes: [...KEY_FIELDS, 'parent.sha256', 'parent.encoded.sha256_author_action'] };
const TOP_LEVEL_SOURCE = { ...SUBMISSION_SOURCE, includes: [...KEY_FIELDS, ...SUBMISSION_SOURCE.includes] };

/** Documents that know the size and format are preferred; mapped ones may not. */
function hit(source: object) {
  return { top_hits: { size: 1, _source: source, sort: [{ size: 'asc' }, { file_format: 'desc' }, { timestamp: 'desc' }] } };
}

function search(field: string, binaries: readonly string[], aggs: object): Search {
  const filter = [{ terms: { action: ['sourced', 'extracted', 'mapped'] } }, { terms: { [field]: binaries } }];
  const byBinary = { terms: { field, size: binaries.length }, aggs };
  const body = { query: { bool: { filter } }, size: 0, track_total_hits: false, aggs: { binaries: byBinary } };
  return { docname: 'binary2', body, exact: true };
}

/** Links to at most `perBinary` children of each of the binaries. */
export function childrenOfSearch(binaries: ReadonlySet<string>, perBinary: number): Search {
  const links = { terms: { field: 'sha256', size: perBinary }, aggs: { hit: hit(LINK_SOURCE) } };
  return search('parent.sha256', [...binaries].slice(0, MAX_BINARIES), { links });
}

/** Links to at most `perBinary` parents of each of the binaries, and to as many sources that it was submitted to. */
export function parentsOfSearch(binaries: ReadonlySet<string>, perBinary: number): Search {
  const links = { terms: { field: 'parent.sha256', size: perBinary }, aggs: { hit: hit(LINK_SOURCE) } };
  const names = { terms: { field: 'source.name', size: perBinary }, aggs: { hit: hit(TOP_LEVEL_SOURCE) } };
  const sources = { filter: { term: { depth: 0 } }, aggs: { names } };
  return search('sha256', [...binaries].slice(0, MAX_BINARIES), { links, sources });
}
