/** Where Redis is: one server, or some of a cluster's, with what is needed to be let in. */
import { MetafoldError } from '../errors.js';
import type { Values } from './raw.js';
import type { Reader } from './values.js';

export interface RedisConfig {
  /** `redis://` or `rediss://`, never empty. Several: members of one cluster; the account is that of the first. */
  readonly urls: readonly string[];
  readonly tls: RedisTls;
}

/** Paths of PEM files; "" = not given. */
export interface RedisTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const EXPECTED = 'one address such as "redis://host:6379", or several of a cluster, comma-separated, that differ in host and port only';
const BETWEEN = /\s*,\s*(?=[a-z]+:\/\/)/i;

/** The addresses in a setting's text. */
export function splitAddresses(text: string): string[] {
  return text.trim().split(BETWEEN);
}

/** Comma-separated addresses; "" = not set. Values are never part of a message: there are passwords in them. */
export const redisAddresses: Reader<string> = (name, value) => {
  const wrong = (): MetafoldError =>
    new MetafoldError('MF_CONFIG', `${name}: the value (not shown) is not valid, expected ${EXPECTED}`, { setting: name });
  if (value === '') return '';
  if (typeof value !== 'string') throw wrong();
  const addresses = splitAddresses(value).map((address) => address.replace(/\/+$/, ''));
  const [first, ...others] = addresses.map((address) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || url.hostname === '' || !['redis:', 'rediss:'].includes(url.protocol)) throw wrong();
    return url;
  });
  for (const other of others) {
    const own = other.username !== '' || other.password !== '';
    const differs = own && (other.username !== first!.username || other.password !== first!.password);
    if (differs || other.protocol !== first!.protocol || other.pathname.length > 1) throw wrong();
  }
  return addresses.join(',');
};

export function redisConfig(values: Values): RedisConfig | undefined {
  if (values.metafold_redis_url === '') return undefined;
  return {
    urls: splitAddresses(values.metafold_redis_url),
    tls: {
      ca: values.metafold_redis_ssl_ca_location,
      certificate: values.metafold_redis_ssl_certificate_location,
      key: values.metafold_redis_ssl_key_location,
    },
  };
}

/** What is allowed but has no effect. */
export function redisRemarks(values: Values): string[] {
  const files = ['metafold_redis_ssl_ca_location', 'metafold_redis_ssl_certificate_location', 'metafold_redis_ssl_key_location'] as const;
  if (values.metafold_redis_url === '' || values.metafold_redis_url.startsWith('rediss:')) return [];
  return files.filter((name) => values[name] !== '').map((name) => `${name}: has no effect, METAFOLD_REDIS_URL is not a rediss:// address`);
}
