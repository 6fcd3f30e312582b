/**
 * The documents of a binary that a caller may see, in an order that stays: binary documents by what their ids are made of, then statuses by time.
 *
 * Nothing that can be sorted by is unique, so documents that are alike in all of it are read as a whole and ordered by id: there is no
 * bound between two documents that a page could not end at.
 */
import { foldFromSource } from '../../../projections/fold-json.js';
import { compareContributions } from '../../../projections/contribution.js';
import type { Contribution } from '../../../projections/types.js';
import type { Query } from '../../access/query.js';
import type { Hit, Reader, Search } from '../reader.js';

/** Families whose documents are about a binary, in the order of the list. */
export const LISTED = ['binary2', 'status'] as const;
export type Listed = (typeof LISTED)[number];

/** What a document is sorted by, as OpenSearch tells it. */
export type Place = readonly (string | number | null)[];

/** Where a list goes on: with the rest of this document, if it is still there. */
export interface Point {
  readonly docname: Listed;
  readonly place: Place;
  readonly id: string;
}

export interface ProvenanceDocument extends Point {
  /** The winner first; undefined when the document does not say where it comes from. */
  readonly contributions: readonly Contribution[] | undefined;
  readonly truncated: boolean;
  readonly action: string | undefined;
  readonly author: unknown;
}

export interface Target {
  /** In lower case. */
  readonly sha256: string;
  /** Only the document with this id. */
  readonly document: string | undefined;
}

interface Source {
  readonly fold?: unknown;
  readonly action?: string;
  readonly author?: unknown;
}

interface Kind {
  readonly ofBinary: (sha256: string) => Query;
  readonly routed: boolean;
  /** Fields to sort by; one that a document lacks counts as the empty text or as 1970. */
  readonly sort: readonly { readonly field: string; readonly date?: boolean }[];
}

const KINDS: Readonly<Record<Listed, Kind>> = {
  binary2: {
    ofBinary: (sha256) => ({ term: { sha256 } }),
    routed: true,
    sort: [
      { field: 'sha256_author_action' },
      { field: 'security' },
      { field: 'track_source_references' },
      { field: 'source.timestamp', date: true },
      { field: 'source.security' },
      { field: 'parent.sha256' },
    ],
  },
  status: {
    // As received: hashes are written in lower or in upper case.
    ofBinary: (sha256) => ({ terms: { 'entity.input.entity.sha256': [sha256, sha256.toUpperCase()] } }),
    routed: false,
    sort: [{ field: 'timestamp', date: true }, { field: 'encoded.author' }, { field: 'security' }],
  },
};

const SOURCE = ['fold.contributions', 'fold.truncated', 'action', 'author'];
/** Documents of one place: binary documents of one differ in the microseconds of a source time, so there are a thousand at most. */
const MOST_ALIKE = 10_000;

/** How many values a place has. */
export function placeLength(docname: Listed): number {
  return KINDS[docname].sort.length;
}

/** In their order, in lists of `batch` documents or so, read when they are asked for. Throws ApiError as searches do. */
export async function* readDocuments(
  reader: Reader,
  target: Target,
  from: Point | undefined,
  batch: number,
): AsyncGenerator<readonly ProvenanceDocument[]> {
  const rest = from === undefined ? LISTED : LISTED.slice(LISTED.indexOf(from.docname));
  for (const docname of rest) yield* readKind(reader, docname, target, docname === from?.docname ? from : undefined, batch);
}

async function* readKind(
  reader: Reader,
  docname: Listed,
  target: Target,
  from: Point | undefined,
  batch: number,
): AsyncGenerator<readonly ProvenanceDocument[]> {
  const reached = ({ _id: id }: Hit<Source>): boolean => from === undefined || id >= from.id;
  let place = from?.place;
  for (let first = true; ; first = false) {
    const searches = [...(place === undefined ? [] : [alikeSearch(docname, target, place)]), nextSearch(docname, target, place, batch)];
    const answers = await reader.searchAll<Source>(searches);
    const found = answers.at(-1)!.hits.hits;
    const alike = place === undefined ? [] : answers[0]!.hits.hits;
    const known = first ? alike.filter(reached) : alike;
    // Of the last place there may be more.
    place = found.length < batch ? undefined : placeOf(found.at(-1)!);
    const whole = place === undefined ? found : found.filter((hit) => !samePlace(placeOf(hit), place!));
    yield [...byId(known), ...inOrder(whole)].map((hit) => documentOf(docname, hit));
    if (place === undefined) return;
  }
}

function baseSearch(docname: Listed, { sha256, document }: Target, more: readonly Query[]): Search & { readonly body: object } {
  const { ofBinary, routed, sort } = KINDS[docname];
  const filter = [ofBinary(sha256), ...(document === undefined ? [] : [{ ids: { values: [document] } }]), ...more];
  return {
    docname,
    ...(routed && { routing: sha256 }),
    body: {
      query: { bool: { filter } },
      sort: sort.map(({ field, date }) => ({ [field]: { order: 'asc', missing: date === true ? 0 : '_first' } })),
      _source: SOURCE,
      track_total_hits: false,
    },
  };
}

function nextSearch(docname: Listed, target: Target, after: Place | undefined, size: number): Search {
  const search = baseSearch(docname, target, []);
  return { ...search, body: { ...search.body, size, ...(after !== undefined && { search_after: after }) } };
}

function alikeSearch(docname: Listed, target: Target, place: Place): Search {
  const search = baseSearch(
    docname,
    target,
    KINDS[docname].sort.map(({ field, date }, at) => sameValue(field, date === true, place[at] ?? null)),
  );
  return { ...search, body: { ...search.body, size: MOST_ALIKE } };
}

function sameValue(field: string, date: boolean, value: string | number | null): Query {
  const absent = { bool: { must_not: [{ exists: { field } }] } };
  if (!date) return value === null ? absent : { term: { [field]: value } };
  const at = { range: { [field]: { gte: value, lte: value, format: 'epoch_millis' } } };
  return value === 0 ? { bool: { should: [at, absent], minimum_should_match: 1 } } : at;
}

function placeOf({ sort = [] }: Hit<Source>): Place {
  return sort as Place;
}

function samePlace(a: Place, b: Place): boolean {
  return a.every((value, at) => value === b[at]);
}

function byId(hits: readonly Hit<Source>[]): Hit<Source>[] {
  return [...hits].sort((a, b) => (a._id < b._id ? -1 : 1));
}

/** Sorted by place already. */
function inOrder(hits: readonly Hit<Source>[]): Hit<Source>[] {
  const ordered: Hit<Source>[] = [];
  for (let start = 0; start < hits.length;) {
    let end = start + 1;
    while (end < hits.length && samePlace(placeOf(hits[start]!), placeOf(hits[end]!))) end++;
    ordered.push(...byId(hits.slice(start, end)));
    start = end;
  }
  return ordered;
}

function documentOf(docname: Listed, hit: Hit<Source>): ProvenanceDocument {
  const { fold, action, author } = hit._source;
  const set = contributionsOf(fold);
  return {
    docname,
    place: placeOf(hit),
    id: hit._id,
    contributions: set && [...set.contributions].sort((a, b) => compareContributions(b, a)),
    truncated: set?.truncated ?? false,
    action,
    author,
  };
}

/** What is no provenance says nothing, as if it were not there; `verify` tells of it. */
function contributionsOf(fold: unknown): ReturnType<typeof foldFromSource> | undefined {
  if (fold === undefined) return undefined;
  try {
    return foldFromSource(fold);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
