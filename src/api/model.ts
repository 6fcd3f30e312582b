/** The searchable keys, from the mappings of the indices (spec 04 §6.4, 05 §4.2). */
import type { Client } from '@opensearch-project/opensearch';
import { readAlias } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import { openSearchRequest } from '../opensearch/request.js';
import { modelKeys } from '../search/term/index.js';
import { kept } from './kept.js';
import { searchFailure } from './search-failure.js';

const MODEL_TTL_MS = 60_000;
const FEATURE = 'features_map.';
const NO_KEYS: ReadonlyMap<string, string> = new Map();
const LABELS = 'encoded_security.';

export interface Model {
  /** Dotted keys with their OpenSearch types, at most a minute old. Throws ApiError when they cannot be read. */
  keys(): Promise<ReadonlyMap<string, string>>;
  /** Names of all features that any binary has, in no order. Throws as `keys`. */
  featureNames(): Promise<readonly string[]>;
  /** Fields of every index whose values may be shown as what matched: labels never are. Throws as `keys`. */
  highlightFields(): Promise<ReadonlySet<string>>;
}

/** `client` is the service account's: which names there are is no secret (spec 03 §10.4). */
export function createModel(client: Client, partition: string): Model {
  const known = kept(MODEL_TTL_MS, async () => {
    const mappings = await readMappings(client, partition);
    return { keys: modelKeys(mappings), highlightFields: highlightFieldsOf(mappings) };
  });
  return {
    keys: async () => (await known()).keys,
    highlightFields: async () => (await known()).highlightFields,
    async featureNames() {
      return [...(await known()).keys.keys()].filter((key) => key.startsWith(FEATURE)).map((key) => key.slice(FEATURE.length));
    },
  };
}

/** Of several mappings a field counts if all have it. */
export function highlightFieldsOf(mappings: readonly Mapping[]): Set<string> {
  const [first = NO_KEYS, ...others] = mappings.map((mapping) => modelKeys([mapping]));
  return new Set([...first.keys()].filter((key) => !key.startsWith(LABELS) && others.every((keys) => keys.has(key))));
}

type Mappings = Readonly<Record<string, { readonly mappings: Mapping }>>;

async function readMappings(client: Client, partition: string): Promise<Mapping[]> {
  try {
    const path = `/${readAlias(partition, 'binary2')}/_mapping`;
    const { status, body } = await openSearchRequest<Mappings>(client, 'GET', path, { accept: [404] });
    return status === 404 ? [] : Object.values(body).map(({ mappings }) => mappings);
  } catch (error) {
    throw searchFailure(error);
  }
}
