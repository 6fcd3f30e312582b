import { runCommands, type RedisCommand } from './pipelines.js';
import type { Servers } from './servers.js';

/** Keys of one MGET. */
const KEYS = 1_000;
const ALWAYS = (): void => undefined;

type Values = (string | null)[];

/**
 * Values in the order of the keys, null for one that is not there; from masters. A cluster is asked for each key, since MGET must not cross slots. A server
 * alone is asked once for all that is read in one turn of the event loop: many callers of a key each cost it one command, not one each.
 */
export function readKeys(servers: Servers, keys: readonly string[]): Promise<Values> {
  if (servers.cluster) return read(servers, 'get', keys, 1);
  return new Promise((resolve, reject) => {
    const together = waiting.get(servers) ?? [];
    if (together.push({ keys, resolve, reject }) > 1) return;
    waiting.set(servers, together);
    setImmediate(() => {
      waiting.delete(servers);
      void readTogether(servers, together);
    });
  });
}

interface Reader {
  readonly keys: readonly string[];
  readonly resolve: (values: Values) => void;
  readonly reject: (error: unknown) => void;
}

const waiting = new WeakMap<Servers, Reader[]>();

/** Never rejects: its failure is that of each reader. */
async function readTogether(servers: Servers, readers: readonly Reader[]): Promise<void> {
  try {
    const keys = readers.length === 1 ? readers[0]!.keys : readers.flatMap((reader) => reader.keys);
    const values = await read(servers, 'mget', keys, KEYS);
    let at = 0;
    for (const reader of readers) reader.resolve(values.slice(at, (at += reader.keys.length)));
  } catch (error) {
    for (const { reject } of readers) reject(error);
  }
}

async function read(servers: Servers, name: 'get' | 'mget', keys: readonly string[], size: number): Promise<Values> {
  const commands: RedisCommand[] = [];
  for (let from = 0; from < keys.length; from += size) commands.push({ name, keys: keys.slice(from, from + size), args: [] });
  return ((await runCommands(servers, commands, ALWAYS)) as (string | null | Values)[]).flat();
}
