/** Step B of find: what is shown of a binary, from the best document of each of its sources (spec 05 §6, 04 §6.1 step 3). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { Hit, Search, SearchAnswer } from '../reader.js';

export interface FoundSource {
  readonly depth: number | undefined;
  readonly name: string;
  readonly references: Readonly<Record<string, unknown>>;
  readonly timestamp: string | undefined;
}

export interface Summary {
  readonly exists: boolean;
  readonly has_content: boolean;
  readonly sha256: string;
  readonly sources?: readonly FoundSource[];
  readonly file_size?: number | bigint;
  readonly file_format?: string;
  readonly file_extension?: string;
  readonly magic?: string;
  readonly mime?: string;
  readonly filenames?: readonly string[];
  readonly md5?: string;
  readonly sha1?: string;
  readonly sha512?: string;
  readonly ssdeep?: string;
  readonly tlsh?: string;
}

/** Fields that are shown as they are, of the first source that has them. */
const SCALARS = ['file_format', 'file_extension', 'magic', 'mime', 'md5', 'sha1', 'sha512', 'ssdeep', 'tlsh'] as const;

type Document = { readonly [field in (typeof SCALARS)[number]]?: string } & {
  readonly size?: number | bigint;
  readonly depth?: number;
  readonly filename?: string | readonly string[];
  readonly datastreams?: readonly { readonly label?: string | readonly string[] }[];
  readonly source?: { readonly name: string; readonly timestamp?: string; readonly references?: Readonly<Record<string, unknown>> };
};

interface SourceBucket {
  readonly SUMMARY: { readonly hits: { readonly hits: readonly Hit<Document>[] } };
}

export interface SummaryBuckets {
  readonly SHA256: {
    readonly buckets: readonly { readonly key: string; readonly SOURCE: { readonly buckets: readonly SourceBucket[] } }[];
  };
}

/** Binaries of one search: each has several buckets. */
const BINARIES_PER_SEARCH = 1_000;
const MAX_SOURCES = 3;

const SHOWN = [
  ...['depth', 'source.name', 'source.references', 'source.timestamp', 'file_format', 'file_extension', 'size', 'magic', 'mime'],
  ...['md5', 'sha1', 'sha256', 'sha512', 'tlsh', 'ssdeep', 'datastreams.label', 'filename'],
];

/** Documents with a name and a kind come first, then those with content, then the least deep and newest. */
const BEST_FIRST = [
  ...['filename', 'file_format', 'mime', 'magic'].map((field) => ({ [field]: { order: 'desc' } })),
  { 'datastreams.label': { order: 'asc' } },
  { depth: { order: 'asc' } },
  { 'source.timestamp': { order: 'desc' } },
];

function summarySearch(ids: readonly string[]): Search {
  const SUMMARY = { top_hits: { size: 1, _source: SHOWN, sort: BEST_FIRST } };
  const SOURCE = { terms: { field: 'source.name', size: MAX_SOURCES }, aggs: { SUMMARY } };
  return {
    docname: 'binary2',
    body: {
      query: { bool: { filter: [{ terms: { sha256: ids } }] } },
      size: 0,
      aggs: { SHA256: { terms: { field: 'sha256', size: ids.length }, aggs: { SOURCE } } },
    },
  };
}

/** Searches for the summaries of all these binaries. */
export function summarySearches(ids: readonly string[]): Search[] {
  const searches: Search[] = [];
  for (let at = 0; at < ids.length; at += BINARIES_PER_SEARCH) searches.push(summarySearch(ids.slice(at, at + BINARIES_PER_SEARCH)));
  return searches;
}

/** The first value that is neither empty nor zero. */
function firstOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find(Boolean);
}

function sourcesOf(documents: readonly Document[]): FoundSource[] {
  const byNameAndTime = new Map<string, FoundSource>();
  for (const { source, depth } of documents) {
    if (source === undefined) continue;
    const { name, timestamp, references = {} } = source;
    byNameAndTime.set(`${name}${timestamp ?? ''}`, { depth, name, references, timestamp });
  }
  return [...byNameAndTime.values()].sort(
    (a, b) => compareCodePoints(a.name, b.name) || compareCodePoints(a.timestamp ?? '', b.timestamp ?? ''),
  );
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function hasContent({ datastreams = [] }: Document): boolean {
  return datastreams.some(({ label }) => listOf(label).includes('content'));
}

/** One binary from the best documents of its sources; nothing that is empty is in it. */
export function summarise(sha256: string, documents: readonly Document[]): Summary {
  const filenames = documents.flatMap(({ filename }) => listOf(filename)).filter((name) => name !== '');
  const sources = sourcesOf(documents);
  const size = firstOf(documents.map((document) => document.size));
  const scalars = SCALARS.map((field) => [field, firstOf(documents.map((document) => document[field]))] as const);
  return {
    exists: documents.some(({ source }) => source !== undefined),
    has_content: documents.some(hasContent),
    sha256,
    ...(sources.length > 0 && { sources }),
    ...(size !== undefined && { file_size: size }),
    ...(filenames.length > 0 && { filenames }),
    ...Object.fromEntries(scalars.filter(([, value]) => value !== undefined)),
  };
}

/** Summaries by sha256 of the answers of `summarySearches`: of those binaries that the caller may read something of. */
export function summariesOf(answers: readonly SearchAnswer<unknown, SummaryBuckets>[]): Map<string, Summary> {
  const summaries = new Map<string, Summary>();
  for (const { key, SOURCE } of answers.flatMap(({ aggregations }) => aggregations?.SHA256.buckets ?? [])) {
    const documents = SOURCE.buckets.flatMap(({ SUMMARY }) => SUMMARY.hits.hits.map(({ _source }) => _source));
    summaries.set(key, summarise(key, documents));
  }
  return summaries;
}
