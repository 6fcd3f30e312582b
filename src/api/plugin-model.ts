/**
 * The registered plugins in memory: all plugin documents, read by the service account and kept for a short time. Every answer is made
 * for one caller, from the documents that its rule lets it read (spec 03 §10.2).
 */
import type { Client } from '@opensearch-project/opensearch';
import { readAlias } from '../../projections/index-names.js';
import { pythonJson } from '../../projections/python-json.js';
import type { EncodedSecurity } from '../../projections/security/encode.js';
import type { ReadRule } from '../access/read-rule.js';
import { openSearchRequest } from '../opensearch/request.js';
import { kept } from './kept.js';
import { searchFailure } from './search-failure.js';

/** An author as documents hold it; those of downloads hold null for what they lack. */
export interface StoredAuthor {
  readonly name: string;
  readonly category?: string | null;
  readonly version?: string | null;
  readonly security?: string;
}

/** A document of the plugin index (spec 02 §5.4). */
export interface Registration {
  readonly timestamp: string;
  readonly author: StoredAuthor;
  readonly security: string;
  readonly encoded_security?: EncodedSecurity;
  readonly entity: {
    readonly name: string;
    readonly version?: string;
    readonly category?: string;
    readonly contact?: string;
    readonly description?: string;
    readonly security?: string;
    readonly features?: readonly { readonly name: string; readonly desc?: string; readonly type?: string }[];
    /** Values are JSON texts. */
    readonly config?: Readonly<Record<string, string>>;
  };
}

/** A plugin's configuration with its values decoded. */
export type PluginConfig = Readonly<Record<string, unknown>>;

export interface PluginModel {
  /** What the caller may read, newest first; equally old ones by id. Throws ApiError 503 when OpenSearch does not answer. */
  registrations(rule: ReadRule): Promise<readonly Registration[]>;
  /** Configurations by `entity.name`, each the newest that the caller may read; a newest one without configuration is not there (spec 05 §13). */
  configs(rule: ReadRule): Promise<ReadonlyMap<string, PluginConfig>>;
}

export interface PluginModelOptions {
  /** The service account's. */
  readonly client: Client;
  readonly partition: string;
  /** How long documents are used before they are read again. */
  readonly ttlSeconds: number;
}

const MAX_REGISTRATIONS = 10_000;
const MAX_CONFIGURED_PLUGINS = 1_000;

export function createPluginModel({ client, partition, ttlSeconds }: PluginModelOptions): PluginModel {
  const all = kept(ttlSeconds * 1_000, () => readAll(client, partition));
  const decoded = new WeakMap<Registration, PluginConfig>();

  function configOf(registration: Registration): PluginConfig | undefined {
    const { config } = registration.entity;
    if (config === undefined) return undefined;
    let values = decoded.get(registration);
    if (values === undefined) decoded.set(registration, (values = decodeConfig(config)));
    return values;
  }

  async function registrations(rule: ReadRule): Promise<readonly Registration[]> {
    return (await all()).filter(({ encoded_security: encoded }) => rule.mayRead(encoded));
  }

  return {
    registrations,
    async configs(rule) {
      const configs = new Map<string, PluginConfig>();
      for (const [name, registration] of newestByName(await registrations(rule), MAX_CONFIGURED_PLUGINS)) {
        const config = configOf(registration);
        if (config !== undefined) configs.set(name, config);
      }
      return configs;
    },
  };
}

/** The first of each `entity.name` in a list that is newest first; at most `max` names. */
export function newestByName(registrations: readonly Registration[], max: number): ReadonlyMap<string, Registration> {
  const newest = new Map<string, Registration>();
  for (const registration of registrations) {
    if (newest.size === max) break;
    if (!newest.has(registration.entity.name)) newest.set(registration.entity.name, registration);
  }
  return newest;
}

/** Values are JSON as Python takes it; NaN and the infinities, which JSON lacks, become null. */
function decodeConfig(config: Readonly<Record<string, string>>): PluginConfig {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, JSON.parse(pythonJson(value))]));
}

interface Found {
  readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source: Registration }[] };
}

async function readAll(client: Client, partition: string): Promise<readonly Registration[]> {
  try {
    const { body } = await openSearchRequest<Found>(client, 'POST', `/${readAlias(partition, 'plugin')}/_search`, {
      body: { size: MAX_REGISTRATIONS, sort: [{ timestamp: 'desc' }], _source: { excludes: ['fold'] } },
      query: { ignore_unavailable: true, allow_partial_search_results: false },
      maxRetries: 0,
    });
    return newestFirst(body.hits.hits);
  } catch (error) {
    throw searchFailure(error);
  }
}

/** To the millisecond, which is what OpenSearch compares dates by. */
function newestFirst(hits: Found['hits']['hits']): readonly Registration[] {
  return hits
    .map(({ _id: id, _source: registration }) => ({ id, registration, time: Date.parse(registration.timestamp) }))
    .sort((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1))
    .map(({ registration }) => registration);
}
