/** How every connection to Redis is made: nothing is queued while a server is away, nothing is sent twice by the client, nothing waits for ever. */
import { readFileSync } from 'node:fs';
import type { RedisOptions } from 'ioredis';
import type { RedisConfig } from '../config/redis.js';
import { unreadableFile } from '../errors.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2_000;

export function addressesOf({ urls }: RedisConfig): Address[] {
  return urls.map((text) => {
    const { hostname, port } = new URL(text);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || '6379') };
  });
}

/**
 * Account, database, TLS and patience. `silenceMs`: a server that owes an answer and says nothing for so long is stuck; whatever waits for it fails and
 * another connection is made. Throws MF_CONFIG for a file that cannot be read.
 */
export function connectionOptions({ urls, tls }: RedisConfig, silenceMs: number): RedisOptions {
  const { username, password, pathname, protocol } = new URL(urls[0]!);
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    connectTimeout: Math.min(CONNECT_TIMEOUT_MS, silenceMs),
    socketTimeout: silenceMs,
    retryStrategy: (attempt) => Math.min(attempt * FIRST_RECONNECT_MS, MAX_RECONNECT_MS),
    // A master that was demoted: its name may lead to the new one by now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
    ...(protocol === 'rediss:' && {
      tls: {
        ca: pem('metafold_redis_ssl_ca_location', tls.ca),
        cert: pem('metafold_redis_ssl_certificate_location', tls.certificate),
        key: pem('metafold_redis_ssl_key_location', tls.key),
      },
    }),
  };
}

function pem(setting: string, path: string): Buffer | undefined {
  if (path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadableFile(setting, path, error);
  }
}
