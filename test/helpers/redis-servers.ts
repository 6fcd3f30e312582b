/** Redis servers of a test's own, which it may flush, stop and kill: one alone, one with TLS and accounts, or a cluster of three. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig } from '../../src/config/index.js';
import { connectionOptions } from '../../src/redis/options.js';
import { defaultCacheFolder } from '../../src/stack/index.js';
import { installStack } from '../../src/stack/install.js';
import { makeCertificates } from './certificates.js';
import { freePort } from './free-port.js';
import { waitFor } from './wait-for.js';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly config: RedisConfig;
  readonly process: ChildProcess;
  /** A client of its own for each server; closed with it. */
  readonly client: Redis;
  kill(): Promise<void>;
  /** Starts it again, as empty as it was configured to be. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface SecureRedis extends RedisServer {
  /** The configuration of the account `METAFOLD_ACCOUNT`; `config` is that of an administrator. */
  readonly leastRights: RedisConfig;
}

export interface RedisCluster {
  readonly url: string;
  /** Names all of its servers. */
  readonly config: RedisConfig;
  readonly servers: readonly RedisServer[];
  close(): Promise<void>;
}

/** Rights that metafold needs, as the README lists them. */
export const LEAST_RIGHTS = [
  '~*#*',
  '~mf:*',
  ...['info', 'ping', 'select', 'get', 'mget', 'set', 'del', 'unlink', 'scan', 'pexpiretime', 'evalsha', 'script|load'].map(
    (name) => `+${name}`,
  ),
  ...['asking', 'cluster|slots', 'cluster|info'].map((name) => `+${name}`),
];

export const NO_TLS = { ca: '', certificate: '', key: '' } as const;

/** The bus of a cluster takes the port 10000 above. */
const BUS = 10_000;
const run = promisify(execFile);

let binary: Promise<string> | undefined;

/** The server that the local stack uses. */
function redisBinary(): Promise<string> {
  return (binary ??= installStack(defaultCacheFolder(), ['redis'], () => undefined).then(({ redis }) => redis));
}

interface StartOptions {
  readonly port: number;
  readonly folder: string;
  readonly config: RedisConfig;
  readonly args: readonly string[];
  /** Beside this process's own. */
  readonly env?: NodeJS.ProcessEnv;
}

async function start({ port, folder, config, args, env }: StartOptions): Promise<RedisServer> {
  const command = await redisBinary();
  const spawned = (): ChildProcess =>
    spawn(command, ['--bind', '127.0.0.1', '--save', '', '--dir', folder, ...args], { stdio: 'ignore', env: { ...process.env, ...env } });
  let child = spawned();
  const options: RedisOptions = { ...connectionOptions(config, 60_000), host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const client = new Redis({ ...options, enableOfflineQueue: true });
  client.on('error', () => undefined);
  const answers = (): Promise<unknown> =>
    waitFor(async () => (await client.ping()) === 'PONG' || undefined, { what: `Redis on port ${port}`, timeoutMs: 20_000 });
  await client.connect().catch(() => undefined);
  await answers();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    port,
    url: config.urls[0]!,
    config,
    get process() {
      return child;
    },
    client,
    kill,
    async restart() {
      await kill();
      child = spawned();
      await answers();
    },
    async close() {
      client.disconnect();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'metafold-redis-'));
}

/** Starts a server; `more` are further arguments of redis-server. */
export function startRedis(...more: readonly string[]): Promise<RedisServer> {
  return startRedisIn({}, ...more);
}

/** The same with environment variables. */
export async function startRedisIn(env: NodeJS.ProcessEnv, ...more: readonly string[]): Promise<RedisServer> {
  const port = await freePort(BUS);
  const config = { urls: [`redis://127.0.0.1:${port}`], tls: NO_TLS };
  return start({ port, folder: newFolder(), config, args: ['--port', String(port), ...more], env });
}

/** A server that speaks TLS only, asks clients for certificates, and lets nobody in without an account. */
export async function startSecureRedis(): Promise<SecureRedis> {
  const [port, folder] = [await freePort(BUS), newFolder()];
  const tls = makeCertificates(folder);
  const config = (account: string): RedisConfig => ({ urls: [`rediss://${account}:p%40ss@127.0.0.1:${port}`], tls });
  const args = ['--port', '0', '--tls-port', String(port)];
  args.push('--tls-ca-cert-file', tls.ca, '--tls-cert-file', tls.certificate, '--tls-key-file', tls.key);
  for (const user of [
    ['default', 'off'],
    ['admin', 'on', '>p@ss', '~*', '+@all'],
    ['metafold', 'on', '>p@ss', ...LEAST_RIGHTS],
    ['nobody', 'on', '>p@ss'],
  ])
    args.push('--user', ...user);
  return Object.assign(await start({ port, folder, config: config('admin'), args }), { leastRights: config('metafold') });
}

/** Three masters without replicas, all slots served. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const servers = await Promise.all([1, 2, 3].map(() => startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '3000')));
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const server = await redisBinary();
  const cli = join(dirname(server), basename(server).replace('server', 'cli'));
  await run(cli, ['--cluster', 'create', ...addresses, '--cluster-yes']);
  for (const { client } of servers) {
    await waitFor(async () => (await client.cluster('INFO')).includes('cluster_state:ok') || undefined, {
      what: 'the cluster',
      timeoutMs: 20_000,
    });
  }
  return {
    url: servers[0]!.url,
    config: { urls: servers.map(({ url }) => url), tls: NO_TLS },
    servers,
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
