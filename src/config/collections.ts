/** What collections are set to (spec 07; `collections.someName` there is `metafold_collections_some_name` here). */
import { readFileSync } from 'node:fs';
import { messageOf, MetafoldError } from '../errors.js';
import type { Values } from './raw.js';
import type { Reader } from './values.js';

/** Who signs requests with this key. */
export interface ApiKey {
  readonly secret: string;
  readonly domain: string;
  /** In text form. */
  readonly labels: readonly string[];
}

export type ApiKeys = Readonly<Record<string, ApiKey>>;

export interface CollectionsConfig {
  readonly keys: ApiKeys;
  readonly tokenDomain: string;
  readonly clockSkewMs: number;
  readonly keyHash: 'md5' | 'sha256-128';
  readonly maxTasks: number;
  readonly maxOutOfOrderMs: number;
  readonly maxGroups: number;
  readonly maxGroupRows: number;
  readonly deleteVisibility: 'serve' | 'hide';
  readonly adminListen: { readonly host: string; readonly port: number };
  /** "" = the private endpoint is not served. */
  readonly adminToken: string;
}

const DOMAIN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const MEMBERS = new Set(['secret', 'domain', 'labels']);

/** API keys as an object or its JSON text. Secrets never show in an error. */
export const apiKeys: Reader<ApiKeys> = (name, value) => {
  const given = typeof value === 'string' ? parsed(name, value) : value;
  if (!isObject(given)) throw wrong(name, 'a JSON object of API keys, each with secret, domain and labels');
  return Object.fromEntries(Object.entries(given).map(([key, entry]) => [key, apiKey(`${name}.${key}`, entry)]));
};

function parsed(name: string, value: string): unknown {
  if (value.trim() === '') return {};
  try {
    return JSON.parse(value);
  } catch {
    throw wrong(name, 'a JSON object of API keys');
  }
}

function apiKey(name: string, entry: unknown): ApiKey {
  if (!isObject(entry)) throw wrong(name, 'an object with secret, domain and labels');
  const unknown = Object.keys(entry).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) throw wrong(`${name}.${unknown}`, 'nothing: an API key has secret, domain and labels');
  const { secret, domain, labels } = entry;
  if (typeof secret !== 'string' || secret === '') throw wrong(`${name}.secret`, 'a text that is not empty');
  if (typeof domain !== 'string' || !DOMAIN.test(domain)) {
    throw wrong(`${name}.domain`, 'a domain: 1 to 64 letters, digits, ".", "_", "@" and "-"');
  }
  if (!Array.isArray(labels) || !labels.every((label): label is string => typeof label === 'string')) {
    throw wrong(`${name}.labels`, 'a list of security labels');
  }
  return { secret, domain, labels };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, expected: string): MetafoldError {
  return new MetafoldError('MF_CONFIG', `${name}: the value (not shown) is not valid, expected ${expected}`, { setting: name });
}

export function collectionsConfig(values: Values): CollectionsConfig {
  const listen = values.metafold_collections_admin_listen;
  const colon = listen.lastIndexOf(':');
  return {
    keys: { ...keysOfFile(values.metafold_collections_keys_file), ...values.metafold_collections_keys },
    tokenDomain: values.metafold_collections_token_domain,
    clockSkewMs: values.metafold_collections_clock_skew * 1_000,
    keyHash: values.metafold_collections_key_hash,
    maxTasks: values.metafold_collections_max_tasks,
    maxOutOfOrderMs: values.metafold_collections_max_out_of_order * 1_000,
    maxGroups: values.metafold_collections_max_groups,
    maxGroupRows: values.metafold_collections_max_group_rows,
    deleteVisibility: values.metafold_collections_delete_visibility,
    adminListen: { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) },
    adminToken: values.metafold_collections_admin_token,
  };
}

function keysOfFile(file: string): ApiKeys {
  const name = 'metafold_collections_keys_file';
  if (file === '') return {};
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new MetafoldError('MF_CONFIG', `${name}: "${file}" can't be read: ${messageOf(error)}`, { setting: name }, { cause: error });
  }
  return apiKeys(name, text);
}
