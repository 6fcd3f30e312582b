/**
 * The servers that hold the keys, one alone or the masters of a cluster: which of them it is, the server is asked. Of a cluster the client library finds
 * out who has which slot; commands go over connections of our own, which neither queue nor repeat them.
 */
import calculateSlot from 'cluster-key-slot';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig } from '../config/redis.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { isReply, StoreOutage, StoreRefusal, storeError } from './errors.js';
import { inTime } from './in-time.js';
import { RedisNode } from './node.js';
import { addressesOf, connectionOptions, type Address } from './options.js';

export interface ServerOptions {
  readonly redis: RedisConfig;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Milliseconds without an answer after which a server is stuck, and what waits for it fails. */
  readonly silenceMs?: number;
}

export interface Servers {
  readonly cluster: boolean;
  /** Throws StoreOutage while nobody has the key's slot. */
  nodeOf(key: string): RedisNode;
  /** The server at an address that a redirection names; an empty host is that of `asked`. */
  nodeAt(address: Address, asked: RedisNode): RedisNode;
  /** All servers that hold keys. */
  masters(): readonly RedisNode[];
  /** Asks anew who has which slot. */
  refresh(): Promise<void>;
  /** Called after each new connection to any of them; returns how to stop that. */
  onConnected(listener: () => void): () => void;
  close(): void;
}

const SILENCE_MS = 10_000;
const SLOTS = 16_384;
const REFRESH_MS = 5_000;
const FORGET_MS = 30_000;
/** A server that loads its data is connected only when it has: longer than this nobody waits. */
const OPEN_MS = 20_000;

/** Connects. Rejects with StoreOutage when no server answers, with StoreRefusal when it refuses the account, with MF_CONFIG for files that cannot be read. */
export async function openServers(options: ServerOptions): Promise<Servers> {
  const { redis, silenceMs = SILENCE_MS } = options;
  const shared = connectionOptions(redis, silenceMs);
  const addresses = addressesOf(redis);
  const isCluster = await firstAnswer(addresses, (address) => asksAsCluster(address, shared));
  if (!isCluster && addresses.length > 1) {
    throw new StoreRefusal('METAFOLD_REDIS_URL has several addresses, but the first that answers is not the member of a cluster');
  }
  return isCluster ? clustered(addresses, shared, options.log) : standalone(addresses[0]!, shared, options.log);
}

/** The first that does not fail, asked one after the other. A refusal is final: the others would refuse as well. */
async function firstAnswer<T>(addresses: readonly Address[], ask: (address: Address) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await ask(address);
    } catch (error) {
      failure = error;
      if (error instanceof StoreRefusal) break;
    }
  }
  throw failure;
}

async function asksAsCluster(address: Address, options: RedisOptions): Promise<boolean> {
  const redis = new Redis({ ...options, ...address });
  let problem: unknown;
  redis.on('error', (error: unknown) => (problem = error));
  try {
    return await inTime(OPEN_MS, async () => {
      await redis.connect();
      // The select of the handshake fails on its own.
      if (isReply(problem)) throw problem;
      return /^cluster_enabled:1\s*$/m.test(await redis.info('cluster'));
    });
  } catch (error) {
    // "Connection is closed." says less than what closed it.
    throw storeError(isReply(error) ? error : (problem ?? error));
  } finally {
    redis.disconnect();
  }
}

function listeners(): { readonly tell: () => void; readonly onConnected: Servers['onConnected'] } {
  const list = new Set<() => void>();
  return {
    tell: () => list.forEach((listener) => listener()),
    onConnected(listener) {
      list.add(listener);
      return () => list.delete(listener);
    },
  };
}

async function standalone(address: Address, options: RedisOptions, log: ServerOptions['log']): Promise<Servers> {
  const { tell, onConnected } = listeners();
  const node = new RedisNode(address, options, log, tell);
  await opened([node]);
  return {
    cluster: false,
    nodeOf: () => node,
    nodeAt: () => node,
    masters: () => [node],
    refresh: () => Promise.resolve(),
    onConnected,
    close: () => node.close(),
  };
}

async function opened(nodes: readonly RedisNode[]): Promise<void> {
  try {
    await inTime(OPEN_MS, () => Promise.all(nodes.map((node) => node.connected())));
  } catch (error) {
    for (const node of nodes) node.close();
    throw storeError(error);
  }
}

async function clustered(addresses: readonly Address[], options: RedisOptions, log: ServerOptions['log']): Promise<Servers> {
  const { retryStrategy, ...shared } = options;
  const topology = new Cluster([...addresses], {
    lazyConnect: true,
    enableOfflineQueue: false,
    redisOptions: shared,
    clusterRetryStrategy: (attempt) => Number(retryStrategy!(attempt)),
    slotsRefreshTimeout: Math.min(shared.socketTimeout!, REFRESH_MS),
    slotsRefreshInterval: REFRESH_MS,
  });
  let problem: unknown;
  topology.on('node error', (error: unknown) => (problem = error));
  topology.on('error', (error: unknown) =>
    log.warn({ problem: messageOf(problem ?? error) }, 'the Redis cluster does not say who has its slots'),
  );
  const { tell, onConnected } = listeners();
  const nodes = new Map<string, RedisNode>();
  const nodeNamed = (name: string): RedisNode => {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    const at = name.lastIndexOf(':');
    const node = new RedisNode({ host: name.slice(0, at), port: Number(name.slice(at + 1)) }, options, log, tell);
    nodes.set(name, node);
    return node;
  };
  const names = (): ReadonlySet<string> => {
    const found = new Set<string>();
    for (let slot = 0; slot < SLOTS; slot++) {
      const name = topology.slots[slot]?.[0];
      if (name !== undefined) found.add(name);
    }
    return found;
  };
  /** Connects to new masters and leaves those that have no slot any more; a slot may just be moving to one that has none yet. */
  const follow = (): void => {
    const named = names();
    for (const name of named) nodeNamed(name);
    for (const [name, node] of nodes) {
      if (named.has(name) || node.idleMs < FORGET_MS) continue;
      nodes.delete(name);
      node.close();
    }
  };
  const close = (): void => {
    topology.disconnect();
    for (const node of nodes.values()) node.close();
  };
  try {
    await inTime(OPEN_MS, () => topology.connect());
    follow();
    topology.on('refresh', follow);
    await inTime(OPEN_MS, () => Promise.all([...nodes.values()].map((node) => node.connected())));
  } catch (error) {
    close();
    throw storeError(isReply(error) ? error : (problem ?? error));
  }
  return {
    cluster: true,
    nodeOf(key) {
      const name = topology.slots[calculateSlot(key)]?.[0];
      if (name === undefined) throw new StoreOutage('Redis: no server of the cluster has the slot of a key');
      return nodeNamed(name);
    },
    nodeAt: ({ host, port }, asked) => nodeNamed(`${host === '' ? asked.address.host : host}:${port}`),
    masters: () => [...names()].map(nodeNamed),
    refresh: () => new Promise((resolve) => topology.refreshSlotsCache(() => resolve())),
    onConnected,
    close,
  };
}
