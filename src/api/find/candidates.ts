/** Step A of find: which binaries match, and what of them matched (spec 05 §6, 04 §6.1 step 2). */
import { wrapQueries, type Query } from '../../search/term/index.js';
import type { Hit, Reader, Search, SearchAnswer } from '../reader.js';
import type { SearchedTerm } from './term.js';

export type FindSort = '_score' | 'source.timestamp' | 'timestamp';

export interface Question {
  readonly term: SearchedTerm | undefined;
  /** As `searchedHash` gives them. */
  readonly hashes: readonly string[];
  readonly sort: FindSort;
  readonly ascending: boolean;
  readonly limit: number;
  /** Whether all matches are to be counted. */
  readonly count: boolean;
  /** Where it is shown what matched. */
  readonly highlightFields: ReadonlySet<string>;
}

/** Matched values by field. */
export type Highlight = Readonly<Record<string, readonly string[]>>;

export interface Candidates {
  /** By sha256, in the order found. */
  readonly found: ReadonlyMap<string, Highlight>;
  /** Of all matches, if they were counted. */
  readonly total: number | undefined;
}

/** OpenSearch returns no more hits than this to one search. */
const MAX_HITS = 10_000;
/** Hashes of one search: there is room for two hits each. */
const HASHES_PER_SEARCH = MAX_HITS / 2;
const HASH_FIELDS = ['md5', 'sha1', 'sha256', 'sha512', 'ssdeep'];

/** A binary counts from its first event with a source on. */
export const SUBMITTED: Query = { has_child: { type: 'metadata', query: { exists: { field: 'source.name' } } } };
/** Holds the binary's sha256, also on the parent document, which has no other field. */
export const PARENT_ID = 'binary_info#binary';

/** Hashes in lower case, but for ssdeep, which has two colons and counts letters with their case. */
export function searchedHash(hash: string): string {
  return hash.split(':').length === 3 ? hash : hash.toLowerCase();
}

function hashQuery(hashes: readonly string[]): Query {
  return { bool: { should: HASH_FIELDS.map((field) => ({ terms: { [field]: hashes } })), minimum_should_match: 1 } };
}

/** Scores a parent by the time of its newest child, in milliseconds as far as a 32-bit float goes. */
function newestChild(field: string): Query {
  const script = `if(doc['${field}'].size() != 0){doc['${field}'].value.toInstant().toEpochMilli()}else{0}`;
  return { has_child: { type: 'metadata', score_mode: 'max', query: { function_score: { script_score: { script } } } } };
}

function candidateSearch({ term, sort, ascending, limit, count, highlightFields }: Question, hashes: readonly string[]): Search {
  const matching = [...(term === undefined ? [] : [term.query]), ...(hashes.length === 0 ? [] : [hashQuery(hashes)])];
  const wrapped = wrapQueries(matching, { highlight: term?.highlight === false ? undefined : highlightFields });
  return {
    docname: 'binary2',
    kind: 'complex',
    body: {
      query: { bool: { filter: [SUBMITTED, ...wrapped], ...(sort !== '_score' && { must: [newestChild(sort)] }) } },
      sort: [{ _score: { order: ascending ? 'asc' : 'desc' } }, { [PARENT_ID]: { order: 'asc', unmapped_type: 'keyword' } }],
      size: Math.max(2 * hashes.length, limit),
      _source: false,
      track_total_hits: count,
    },
  };
}

/** One search, or of many hashes several. */
export function candidateSearches(question: Question): Search[] {
  const { hashes } = question;
  if (hashes.length === 0) return [candidateSearch(question, [])];
  const searches: Search[] = [];
  for (let at = 0; at < hashes.length; at += HASHES_PER_SEARCH) {
    searches.push(candidateSearch(question, hashes.slice(at, at + HASHES_PER_SEARCH)));
  }
  return searches;
}

/** What matched in a hit, first seen first; not the sha256 that was searched for. */
function highlightOf({ inner_hits: inner = {} }: Hit, hashes: ReadonlySet<string>): Map<string, Set<string>> {
  const values = new Map<string, Set<string>>();
  for (const { highlight = {} } of Object.values(inner).flatMap(({ hits }) => hits.hits)) {
    for (const [field, fragments] of Object.entries(highlight)) {
      if (field === 'sha256' && hashes.has(fragments[0] ?? '')) continue;
      const known = values.get(field) ?? new Set();
      for (const fragment of fragments) known.add(fragment);
      values.set(field, known);
    }
  }
  return values;
}

/** Puts the answers of `candidateSearches` together. A binary that two of them found is one. */
export function candidatesOf(answers: readonly SearchAnswer[], hashes: readonly string[]): Candidates {
  const searched = new Set(hashes);
  const found = new Map<string, Map<string, Set<string>>>();
  let repeated = 0;
  for (const hit of answers.flatMap(({ hits }) => hits.hits)) {
    const highlight = highlightOf(hit, searched);
    const known = found.get(hit._id);
    if (known === undefined) {
      found.set(hit._id, highlight);
      continue;
    }
    repeated++;
    for (const [field, values] of highlight) known.set(field, new Set([...(known.get(field) ?? []), ...values]));
  }
  const totals = answers.flatMap(({ hits }) => (hits.total === undefined ? [] : [hits.total.value]));
  return {
    found: new Map(
      [...found].map(([id, highlight]) => [id, Object.fromEntries([...highlight].map(([field, values]) => [field, [...values]]))]),
    ),
    total: totals.length === 0 ? undefined : totals.reduce((sum, total) => sum + total, 0) - repeated,
  };
}

export async function findCandidates(reader: Reader, question: Question): Promise<Candidates> {
  const searches = candidateSearches(question);
  const answers = searches.length === 1 ? [await reader.search<never>(searches[0]!)] : await reader.searchAll<never>(searches);
  return candidatesOf(answers, question.hashes);
}
