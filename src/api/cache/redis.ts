/**
 * Redis as a server that may be away at any time: nothing waits for it longer than a moment, nothing is queued for it, and it is
 * connected again in the background.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConfig } from '../../config/redis.js';
import { messageOf, MetafoldError } from '../../errors.js';
import type { Logger } from '../../log.js';
import { inTime, openServers, readKeys, runCommands, type RedisCommand, type Servers } from '../../redis/index.js';

const ANSWER_MS = 250;
const MAX_RECONNECT_MS = 5_000;
/** How long the start waits, so that the first requests find what is kept. */
const FIRST_CONNECT_MS = 500;
const ALWAYS = (): void => undefined;

/** What Redis answers; undefined, at the latest after a quarter of a second, when it does not. */
export interface RedisLink {
  read(keys: readonly string[]): Promise<readonly (string | null)[] | undefined>;
  /** Replies in the order of the commands. */
  run(commands: readonly RedisCommand[]): Promise<readonly unknown[] | undefined>;
  close(): void;
}

export interface RedisLinkOptions {
  readonly redis: RedisConfig;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Told of each question that got no answer. */
  readonly onFailure: () => void;
}

/** Does not fail when Redis is away; rejects with MF_CONFIG for files of the configuration that cannot be read. */
export async function connectRedis({ redis, log, onFailure }: RedisLinkOptions): Promise<RedisLink> {
  const closed = new AbortController();
  let servers: Servers | undefined;

  async function connect(): Promise<void> {
    for (let attempt = 1; !closed.signal.aborted; attempt++) {
      try {
        const opened = await openServers({ redis, log, silenceMs: ANSWER_MS });
        if (closed.signal.aborted) opened.close();
        else servers = opened;
        if (attempt > 1) log.info('Redis answers: results are kept');
        return;
      } catch (error) {
        if (error instanceof MetafoldError) throw error;
        if (attempt === 1) log.warn({ problem: messageOf(error) }, 'Redis does not answer: results are computed and not kept');
        await sleep(Math.min(attempt * 200, MAX_RECONNECT_MS), undefined, { signal: closed.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  async function ask<T>(action: (opened: Servers) => Promise<T>): Promise<T | undefined> {
    try {
      if (servers !== undefined) return await inTime(ANSWER_MS, () => action(servers!));
    } catch {
      // Counted below; a server that is away says so in the log.
    }
    onFailure();
    return undefined;
  }

  const waited = sleep(FIRST_CONNECT_MS, undefined, { ref: false });
  await Promise.race([connect(), waited]);
  return {
    read: (keys) => ask((opened) => readKeys(opened, keys)),
    run: (commands) => ask((opened) => runCommands(opened, commands, ALWAYS)),
    close: () => {
      closed.abort();
      servers?.close();
    },
  };
}
