/** Binaries whose feature values a test chooses itself, put into an arena without a fold: the histories share hardly any values. */
import type { StoredDocument } from './api-history.js';
import { policyOf } from './api-history.js';
import { opensearch, type Arena } from './arena.js';

export interface MadeDocument {
  readonly sha256: string;
  /** Name of the plugin. */
  readonly author: string;
  readonly security: string;
  readonly values: readonly (readonly [name: string, value: string])[];
}

const KEYWORD = { type: 'keyword' };
const ENCODED = { properties: { exclusive: KEYWORD, inclusive: KEYWORD, markings: KEYWORD, num_exclusive: { type: 'integer' } } };
const AUTHOR = { properties: { category: KEYWORD, name: KEYWORD, version: KEYWORD } };

/** The fields of binary2 that queries for features use, with their types. */
const mappings = (names: Iterable<string>) => ({
  _routing: { required: true },
  properties: {
    binary_info: { type: 'join', relations: { binary: ['metadata'] } },
    encoded_security: ENCODED,
    security: KEYWORD,
    author: AUTHOR,
    sha256: KEYWORD,
    uniq_features: KEYWORD,
    num_feature_values: { type: 'integer' },
    timestamp: { type: 'date' },
    features: { type: 'object', enabled: false },
    features_map: { properties: Object.fromEntries(Array.from(names, (name) => [name, KEYWORD])) },
  },
});

async function createIndex(arena: Arena, name: string, docname: string, mapping: object): Promise<void> {
  const settings = { number_of_shards: 1, number_of_replicas: 0 };
  await opensearch('PUT', `/${name}`, { settings, mappings: mapping, aliases: { [`azul.${arena.partition}.${docname}`]: {} } });
}

/** Makes the documents and their parents; gives the documents as they are stored. */
export async function makeBinaries(arena: Arena, documents: readonly MadeDocument[]): Promise<StoredDocument[]> {
  const policy = policyOf(arena);
  const indexOf = (sha256: string) => `azul.x.${arena.partition}.binary2.${sha256[0]!}`;
  const sha256s = [...new Set(documents.map(({ sha256 }) => sha256))];
  const names = new Set(documents.flatMap(({ values }) => values.map(([name]) => name)));
  for (const index of new Set(sha256s.map(indexOf))) await createIndex(arena, index, 'binary2', mappings(names));
  const anyone = { exclusive: ['s-any'], inclusive: ['s-any'], markings: [], num_exclusive: 1 };
  for (const sha256 of sha256s) {
    const parent = { binary_info: { name: 'binary' }, encoded_security: anyone, security: 's-any' };
    await opensearch('PUT', `/${indexOf(sha256)}/_doc/${sha256}?routing=${sha256}`, parent);
  }
  const stored = documents.map(({ sha256, author, security, values }, n): StoredDocument => {
    const map = new Map<string, string[]>();
    for (const [name, value] of values) map.set(name, [...(map.get(name) ?? []), value]);
    const source = {
      binary_info: { name: 'metadata', parent: sha256 },
      security,
      encoded_security: policy.encode(security),
      author: { category: 'plugin', name: author, version: '1.0' },
      sha256,
      features: values.map(([name, value]) => ({ name, value, type: 'string' })),
      features_map: Object.fromEntries(map),
      num_feature_values: values.length,
      uniq_features: `${sha256}.${author}.${JSON.stringify(values)}`,
      timestamp: '2024-01-01T00:00:00Z',
    };
    return { index: indexOf(sha256), id: `${sha256}.${n}`, docname: 'binary2', source };
  });
  for (const { index, id, source } of stored) await opensearch('PUT', `/${index}/_doc/${id}?routing=${source['sha256'] as string}`, source);
  await opensearch('POST', `/azul.x.${arena.partition}.binary2.*/_refresh`);
  return stored;
}

/** Registers features, each described by its name, by one plugin with the label. */
export async function registerFeatures(arena: Arena, security: string, names: readonly string[]): Promise<void> {
  const encoded = policyOf(arena).encode(security);
  const index = `azul.x.${arena.partition}.plugin`;
  await createIndex(arena, index, 'plugin', { properties: { encoded_security: ENCODED, author: AUTHOR, timestamp: { type: 'date' } } });
  const features = names.map((name) => ({ name, type: 'string', desc: `about ${name}` }));
  const author = { category: 'plugin', name: 'registrar', version: '1.0' };
  const source = { author, security, encoded_security: encoded, timestamp: '2024-01-01T00:00:00Z', entity: { ...author, features } };
  await opensearch('PUT', `/${index}/_doc/1?refresh=true`, source);
}
