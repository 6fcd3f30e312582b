/**
 * Counting by features (spec 05 §8): how many values a feature has, and how many binaries have a feature, a value or a part of one.
 * A kind says how its items are told apart in the cache and asked for; many items are asked for in chunks, in one request.
 */
import { md5 } from '../../../projections/digest.js';
import type { Fields, Query } from '../../access/query.js';
import type { Computed, ResultCache } from '../cache/index.js';
import type { CountCategory } from '../cache/keys.js';
import type { Context } from '../caller.js';
import { refused } from '../api-error.js';
import { isPartial, type SearchAnswer } from '../reader.js';

/** Filters in one search: OpenSearch takes 1024 clauses. */
const CHUNK = 500;
const MAX_IDS = 10_000;
const PARTIAL_AFTER_MS = 5_000;
/** Up to so many binaries are counted exactly. */
const PRECISION = 100;

export interface FeatureValue {
  readonly name: string;
  readonly value: string;
}

export interface ValuePart {
  readonly value: string;
  readonly part: string;
}

type Aggregations = Readonly<Record<string, unknown>>;

export interface CountKind<T> {
  readonly category: CountCategory;
  idOf(item: T): string;
  body(items: readonly T[], filters: readonly Query[]): Fields;
  /** The counts in the order of the items. */
  read(aggregations: Aggregations): number[];
}

interface Counted {
  readonly value: number;
}

function countBody(filters: readonly Query[], should: readonly Query[], aggs: Fields): Fields {
  return { size: 0, track_total_hits: false, query: { bool: { filter: filters, should, minimum_should_match: 1 } }, aggs };
}

function existing(name: string): Query {
  return { exists: { field: `features_map.${name}` } };
}

/** Different values of features. */
export const VALUES_OF_FEATURES: CountKind<string> = {
  category: 'feature.values',
  idOf: (name) => name,
  body: (names, filters) =>
    countBody(
      filters,
      names.map(existing),
      Object.fromEntries(names.map((name, n) => [String(n), { cardinality: { field: `features_map.${name}` } }])),
    ),
  read: (aggregations) => Array.from(Object.keys(aggregations), (_, n) => (aggregations[String(n)] as Counted).value),
};

/** Binaries that any of the queries finds, counted for each of these. */
function binariesBody(filters: readonly Query[], should: readonly Query[], each: readonly Query[]): Fields {
  const binaries = { cardinality: { field: 'sha256', precision_threshold: PRECISION } };
  return countBody(filters, should, { found: { filters: { filters: each }, aggs: { binaries } } });
}

function readBinaries(aggregations: Aggregations): number[] {
  const { buckets } = aggregations['found'] as { readonly buckets: readonly { readonly binaries: Counted }[] };
  return buckets.map(({ binaries }) => binaries.value);
}

/** One `terms` for each field, with its values in order. */
function termsByField(terms: readonly { readonly field: string; readonly value: string }[]): Query[] {
  const byField = new Map<string, Set<string>>();
  for (const { field, value } of terms) byField.set(field, (byField.get(field) ?? new Set()).add(value));
  return Array.from(byField, ([field, values]) => ({ terms: { [field]: [...values].sort() } }));
}

function termsBody(filters: readonly Query[], terms: readonly { readonly field: string; readonly value: string }[]): Fields {
  return binariesBody(
    filters,
    termsByField(terms),
    terms.map(({ field, value }) => ({ term: { [field]: value } })),
  );
}

export const BINARIES_WITH_FEATURE: CountKind<string> = {
  category: 'feature.entities',
  idOf: (name) => name,
  body: (names, filters) => binariesBody(filters, names.map(existing), names.map(existing)),
  read: readBinaries,
};

export const BINARIES_WITH_VALUE: CountKind<FeatureValue> = {
  category: 'feature_value.entities',
  idOf: ({ name, value }) => `${name}.${md5(value)}`,
  body: (items, filters) =>
    termsBody(
      filters,
      items.map(({ name, value }) => ({ field: `features_map.${name}`, value })),
    ),
  read: readBinaries,
};

/** Parts of paths are indexed beside them. */
const PART_FIELDS: ReadonlyMap<string, string> = new Map([
  ['filepath_unix', 'filepath.tree'],
  ['filepath_unixr', 'filepath.tree_reversed'],
]);

export const BINARIES_WITH_PART: CountKind<ValuePart> = {
  category: 'feature_derived.entities',
  idOf: ({ value, part }) => `${part}.${md5(value)}`,
  body: (items, filters) =>
    termsBody(
      filters,
      items.map(({ value, part }) => ({ field: `features.enriched.${PART_FIELDS.get(part) ?? part}`, value })),
    ),
  read: readBinaries,
};

export interface Counting<T> {
  readonly kind: CountKind<T>;
  readonly items: readonly T[];
  readonly filters: readonly Query[];
  readonly keptOnly: boolean;
}

/** Different items with their counts; without those that are not kept if only such are wanted. Throws 422 for more than 10,000. */
export async function countItems<T>(
  cache: ResultCache,
  context: Context,
  { kind, items, filters, keptOnly }: Counting<T>,
): Promise<readonly (readonly [T, number])[]> {
  const byId = new Map(items.map((item) => [kind.idOf(item), item]));
  if (byId.size > MAX_IDS) throw refused(422, `too many items have been requested max is ${byId.size}/${MAX_IDS}`);
  const compute = async (ids: readonly string[]): Promise<Computed> => computeCounts(context, kind, filters, ids, byId);
  const counts = await cache.counts(context, { category: kind.category, filters, ids: [...byId.keys()], keptOnly }, compute);
  return Array.from(byId).flatMap(([id, item]) => {
    const count = counts.get(id);
    return count === undefined ? [] : [[item, count] as const];
  });
}

async function computeCounts<T>(
  { reader }: Context,
  kind: CountKind<T>,
  filters: readonly Query[],
  ids: readonly string[],
  byId: ReadonlyMap<string, T>,
): Promise<Computed> {
  const chunks = chunksOf(ids);
  const answers: readonly SearchAnswer<unknown, Aggregations>[] = await reader.searchAll(
    chunks.map((chunk) => ({
      docname: 'binary2',
      body: kind.body(
        chunk.map((id) => byId.get(id)!),
        filters,
      ),
      partialAfterMs: PARTIAL_AFTER_MS,
    })),
  );
  const counts = new Map<string, number>();
  answers.forEach(({ aggregations }, n) => {
    const read = aggregations === undefined ? [] : kind.read(aggregations);
    chunks[n]!.forEach((id, at) => counts.set(id, read[at] ?? 0));
  });
  return { counts, whole: !answers.some(isPartial) };
}

function chunksOf(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, n) => ids.slice(n * CHUNK, (n + 1) * CHUNK));
}
