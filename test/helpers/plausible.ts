/** Requests that make sense for any route: values by the names of its parameters, from what the history holds. */
import type { ApiHistory, StoredDocument } from './api-history.js';
import { addressOf, type Operation, type Schema, type Values } from './operations.js';

export interface PlausibleRequest {
  readonly path: string;
  readonly body: unknown;
}

type Table = Readonly<Record<string, readonly string[]>>;

/** Values that occur for each name of a parameter or a member of a body. */
export function valuesByName({ arena, documents }: ApiHistory): Table {
  const pick = (read: (source: Fields) => unknown): string[] => spread(strings(documents, read));
  const hashes = pick(({ sha256 }) => sha256);
  const features = documents.flatMap(({ source }) => (source['features'] ?? []) as readonly { name: string; value: string }[]);
  const authors = pick(({ author }) => author?.name);
  const tags = pick(({ tag }) => tag);
  const sources = [...new Set([...Object.keys(arena.settings.metastore_sources), ...pick(({ source }) => source?.name)])];
  const featureNames = spread([...new Set(features.map(({ name }) => name))]);
  const featureValues = spread([...new Set(features.map(({ value }) => value))]);
  return {
    sha256: hashes,
    sha256A: hashes,
    sha256B: [...hashes].reverse(),
    hashes,
    sha256s: hashes,
    term: ['', ...hashes.map((hash) => `sha256:"${hash}"`), ...tags.map((tag) => `binary.tag:"${tag}"`), 'size:>0', ...featureValues],
    tag: tags,
    source: sources,
    author: authors,
    author_version: pick(({ author }) => author?.version),
    version: pick(({ author }) => author?.version),
    plugin: authors,
    feature: featureNames,
    feature_name: featureNames,
    feature_value: featureValues,
    value: featureValues,
    part: ['filepath', 'scheme', 'netloc', 'ip', 'filepath_unix'],
    document: spread(documents.map(({ id }) => id)),
    ssdeep: pick(({ ssdeep }) => ssdeep),
    tlsh: pick(({ tlsh }) => tlsh),
    track_source_references: pick(({ source }) => source?.track_source_references),
    timestamp: pick(({ source }) => source?.timestamp),
    // Which it is depends on the route.
    name: [...new Set([...featureNames, ...authors, ...sources])],
  };
}

interface Fields {
  readonly sha256?: unknown;
  readonly ssdeep?: unknown;
  readonly tlsh?: unknown;
  readonly tag?: unknown;
  readonly author?: { readonly name?: unknown; readonly version?: unknown };
  readonly source?: { readonly name?: unknown; readonly track_source_references?: unknown; readonly timestamp?: unknown };
}

function strings(documents: readonly StoredDocument[], read: (source: Fields) => unknown): string[] {
  const values = documents.map(({ source }) => read(source));
  return [...new Set(values.filter((value): value is string => typeof value === 'string'))];
}

const KEPT = 12;

/** Some of many, from everywhere among them. */
function spread(values: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(values.length / KEPT));
  return values.filter((_value, n) => n % step === 0).slice(0, KEPT);
}

/** The nth plausible request of an operation. */
export function plausibleRequest(operation: Operation, table: Table, n: number): PlausibleRequest {
  const values: Record<string, Values[string]> = {};
  operation.parameters.forEach(({ name, in: place, required, schema }, position) => {
    // Optional parameters come and go, each at another pace.
    const given = place === 'path' || required || ((n >> (position % 3)) & 1) === 1;
    if (!given || name === 'x' || name === 'i') return;
    const value = plausible(name, nameIn(operation, name), schema, table, n);
    if (value !== undefined && value !== null) values[name] = value as Values[string];
  });
  return {
    path: addressOf(operation, values),
    body: operation.body === undefined ? undefined : plausible('', '', operation.body, table, n),
  };
}

/** What a bare `name` means is told by the path. */
function nameIn({ path }: Operation, name: string): string {
  if (name !== 'name') return name;
  if (path.includes('/plugins/')) return 'author';
  return path.includes('/sources/') ? 'source' : 'name';
}

function plausible(name: string, meaning: string, schema: Schema, table: Table, n: number): unknown {
  if (schema.anyOf !== undefined) return plausible(name, meaning, schema.anyOf[n % schema.anyOf.length]!, table, n);
  if (schema.enum !== undefined) return schema.enum[n % schema.enum.length];
  switch (schema.type) {
    case 'null':
      return null;
    case 'boolean':
      return n % 2 === 1;
    case 'integer':
    case 'number':
      return n % 2 === 0 && typeof schema.default === 'number' ? schema.default : Math.min(schema.maximum ?? 100, 100);
    case 'array':
      return Array.from({ length: KEPT }, (_item, at) => plausible(name, meaning, schema.items ?? {}, table, n + at));
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, inner]) => [member, plausible(member, member, inner, table, n)]),
      );
    default:
      return plausibleText(meaning, schema, table, n);
  }
}

function plausibleText(meaning: string, schema: Schema, table: Table, n: number): string {
  const known = table[meaning] ?? (meaning.includes('sha256') ? table['sha256'] : undefined);
  if (known !== undefined && known.length > 0) return known[n % known.length]!;
  return typeof schema.default === 'string' ? schema.default : '';
}
