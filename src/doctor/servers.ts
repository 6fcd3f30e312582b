/** The servers that are asked in a plain way: registry, Redis, and our own port. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import type { RedisConfig } from '../config/index.js';
import { messageOf } from '../errors.js';
import { maskUrl } from '../config/mask.js';
import { addressesOf, connectionOptions } from '../redis/options.js';
import { failed, ok, skipped, warning, type Check } from './check.js';

const TIMEOUT_MS = 8_000;

/** The address without account, and the account. */
function split(text: string): { url: URL; username: string; password: string } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return { url, username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

export async function checkRegistry(address: string | undefined): Promise<Check> {
  const name = 'schema registry';
  if (address === undefined) return skipped(name, 'METAFOLD_REGISTRY_URL is not set: framed records are read by their own version number');
  const todo = 'check METAFOLD_REGISTRY_URL: the base of the Confluent API, such as http://host:8081';
  try {
    const { url, username, password } = split(address);
    const headers: Record<string, string> =
      username === '' ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    const response = await fetch(`${url.href.replace(/\/$/, '')}/subjects`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body: unknown = response.ok ? await response.json() : undefined;
    if (!Array.isArray(body)) return failed(name, `${maskUrl(address)} answers ${response.status} to /subjects`, todo);
    return ok(name, `${maskUrl(address)} knows ${body.length} subjects`);
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    return failed(name, `${maskUrl(address)}: ${messageOf(cause ?? error)}`, todo);
  }
}

/** Asks each address for itself: a cluster goes on without some of its servers, but starts from those that are named. */
export async function checkRedis(redis: RedisConfig | undefined): Promise<Check> {
  const name = 'redis';
  if (redis === undefined) return skipped(name, 'METAFOLD_REDIS_URL is not set: the read API computes counts each time');
  const todo = 'check METAFOLD_REDIS_URL, its account and certificates, and that the server runs';
  const problems = await Promise.all(redis.urls.map((url) => problemOf(redis, url)));
  const found = redis.urls.map((url, index) => `${maskUrl(url)}${problems[index] === undefined ? ' answers' : `: ${problems[index]}`}`);
  return problems.every((problem) => problem === undefined) ? ok(name, found.join(', ')) : failed(name, found.join(', '), todo);
}

async function problemOf({ urls, tls }: RedisConfig, url: string): Promise<string | undefined> {
  let problem: unknown;
  try {
    const [address] = addressesOf({ urls: [url], tls });
    const client = new Redis({ ...connectionOptions({ urls, tls }, TIMEOUT_MS), ...address, retryStrategy: () => null });
    client.on('error', (error: unknown) => (problem = error));
    try {
      await client.connect();
      await client.ping();
    } finally {
      client.disconnect();
    }
  } catch (error) {
    return messageOf(problem ?? error);
  }
  return problem === undefined ? undefined : messageOf(problem);
}

export async function checkPort(port: number): Promise<Check> {
  const name = 'metrics port';
  if (port === 0) return skipped(name, 'METASTORE_PROMETHEUS_PORT is 0: no metrics');
  const server = createServer();
  try {
    server.listen(port);
    await once(server, 'listening');
    return ok(name, `${port} is free`);
  } catch (error) {
    return warning(
      name,
      `${port}: ${messageOf(error)}`,
      'a worker takes another port and logs it; set METASTORE_PROMETHEUS_PORT to a free one to know it',
    );
  } finally {
    server.close();
  }
}
