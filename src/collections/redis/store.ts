/** Redis as the store of all collections (spec 07 §6, §8, §9, §11). */
import { bookkeepingPrefix } from '../../../projections/collections/key.js';
import { openServers, readKeys, runCommands, type RedisCommand, type ServerOptions, type Servers } from '../../redis/index.js';
import type { RedisNode } from '../../redis/node.js';
import type { Guard, KeyStore } from '../types.js';
import { checkpointText, readCheckpoint } from './checkpoint.js';
import { RowSink } from './rows.js';
import { ADVANCE } from './scripts.js';

const SCAN_COUNT = 1_000;
const CLUSTER_CHECKPOINTS = 64;
const ALWAYS: Guard = () => undefined;

/**
 * Connects to the server or cluster. Rejects with StoreOutage while it is away, with StoreRefusal when it refuses the account, with MF_CONFIG for files of
 * the configuration that cannot be read.
 */
export async function openKeyStore(options: ServerOptions): Promise<KeyStore> {
  return createKeyStore(await openServers(options));
}

function createKeyStore(servers: Servers): KeyStore {
  const rows = new RowSink(servers);
  const checkpointKeys = (base: string): string[] =>
    Array.from({ length: servers.cluster ? CLUSTER_CHECKPOINTS : 1 }, (_, i) => `${bookkeepingPrefix(base)}ckpt:${i}`);
  const each = (name: string, keys: readonly string[], guard: Guard, args: RedisCommand['args'] = []): Promise<unknown[]> =>
    runCommands(
      servers,
      keys.map((key) => ({ name, keys: [key], args })),
      guard,
    );

  return {
    cluster: servers.cluster,
    write: (writes, guard) => rows.write(writes, guard),
    async remove(keys, guard) {
      return (await each('unlink', keys, guard)).filter((reply) => reply === 1).length;
    },
    get: (keys) => readKeys(servers, keys),
    expiries: (keys) => each('pexpiretime', keys, ALWAYS) as Promise<number[]>,
    async *scan(base) {
      const hidden = bookkeepingPrefix(base);
      for await (const keys of scanAll(servers, base)) {
        const shown = keys.filter((key) => !key.startsWith(hidden));
        if (shown.length > 0) yield shown;
      }
    },
    async sweep(base) {
      for (let removed = 0; ;) {
        let found = 0;
        for await (const keys of scanAll(servers, base)) {
          found += keys.length;
          removed += await this.remove(keys, ALWAYS);
        }
        if (found === 0) return removed;
      }
    },
    checkpoints: async (base) => (await readKeys(servers, checkpointKeys(base))).map(readCheckpoint),
    async resetCheckpoint(base, checkpoint, guard) {
      await each('set', checkpointKeys(base), guard, [checkpointText(checkpoint)]);
    },
    async advanceCheckpoint(base, checkpoint, previousSeq, guard) {
      const args = [checkpointText(checkpoint), checkpoint.id, previousSeq];
      const commands = checkpointKeys(base).map((key): RedisCommand => ({ name: 'evalsha', keys: [key], args, script: ADVANCE }));
      return (await runCommands(servers, commands, guard)).every((reply) => reply === 1);
    },
    onConnected: (listener) => servers.onConnected(listener),
    async ping() {
      await Promise.all(servers.masters().map((node) => node.ask((redis) => redis.ping())));
    },
    close: () => {
      servers.close();
      return Promise.resolve();
    },
  };
}

/** Keys with the prefix at every server that holds keys; a key may come twice, and more often while slots move. */
async function* scanAll(servers: Servers, base: string): AsyncGenerator<readonly string[]> {
  for (const node of servers.masters()) yield* scanNode(node, base);
}

async function* scanNode(node: RedisNode, base: string): AsyncGenerator<readonly string[]> {
  const pattern = `${base.replace(/[\\*?[\]]/g, '\\$&')}:*`;
  let cursor = '0';
  do {
    const [next, keys] = await node.ask((redis) => redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT));
    cursor = next;
    if (keys.length > 0) yield keys;
  } while (cursor !== '0');
}
