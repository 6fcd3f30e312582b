/** The servers that are asked by their own plain protocols: registry, Redis, and our own port. */
import { once } from 'node:events';
import { connect as connectPlain, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '../errors.js';
import { maskUrl } from '../config/mask.js';
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

function redisCommand(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** Answer lines of the commands, one each; both commands that are sent answer with a single line. */
async function askRedis(address: string): Promise<string> {
  const { url, username, password } = split(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 6379);
  const tls = url.protocol === 'rediss:';
  const socket = tls ? connectTls({ host, port, servername: host }) : connectPlain({ host, port });
  try {
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    await once(socket, tls ? 'secureConnect' : 'connect');
    const login = password === '' ? '' : username === '' ? redisCommand('AUTH', password) : redisCommand('AUTH', username, password);
    socket.write(login + redisCommand('PING'));
    const lines = login === '' ? 1 : 2;
    let received = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received += chunk.toString('latin1');
      if (received.split('\r\n').length > lines) break;
    }
    return received.trim();
  } finally {
    socket.destroy();
  }
}

export async function checkRedis(address: string | undefined): Promise<Check> {
  const name = 'redis';
  if (address === undefined) return skipped(name, 'METAFOLD_REDIS_URL is not set: the read API computes counts each time');
  const todo = 'check METAFOLD_REDIS_URL, its account, and that the server runs';
  try {
    const answer = await askRedis(address);
    return answer.endsWith('+PONG')
      ? ok(name, `${maskUrl(address)} answers`)
      : failed(name, `${maskUrl(address)}: ${answer.slice(0, 200) || 'no answer'}`, todo);
  } catch (error) {
    return failed(name, `${maskUrl(address)}: ${messageOf(error)}`, todo);
  }
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
