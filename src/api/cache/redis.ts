/**
 * Redis as a server that may be away at any time: nothing waits for it longer than a moment, nothing is queued for it, and it is
 * connected again in the background.
 */
import { Redis } from 'ioredis';
import type { Logger } from '../../log.js';
import { messageOf } from '../../errors.js';

const COMMAND_TIMEOUT_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_MS = 5_000;
/** How long the start waits, so that the first requests find what is kept. */
const FIRST_CONNECT_MS = 500;
export interface RedisLink {
  /** What the action answers; undefined, at the latest after a quarter of a second, when Redis does not. */
  ask<T>(action: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  close(): void;
}

export interface RedisLinkOptions {
  readonly url: string;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** Told of each action that got no answer. */
  readonly onFailure: () => void;
}

export async function connectRedis({ url, log, onFailure }: RedisLinkOptions): Promise<RedisLink> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 200, MAX_RECONNECT_MS),
  });
  logChanges(redis, log);
  await firstConnection(redis);
  return {
    async ask<T>(action: (redis: Redis) => Promise<T>) {
      if (redis.status !== 'ready') {
        onFailure();
        return undefined;
      }
      try {
        return await action(redis);
      } catch (error) {
        // On a connection that is stuck every request would wait: until there is another, none does.
        if (redis.status === 'ready' && !isRefusal(error)) redis.disconnect(true);
        onFailure();
        return undefined;
      }
    },
    close: () => redis.disconnect(),
  };
}

/** Whether Redis did answer, with an error: without memory it refuses to write and still reads. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function logChanges(redis: Redis, log: RedisLinkOptions['log']): void {
  let away = false;
  redis.on('error', (error: unknown) => {
    if (!away) log.warn({ problem: messageOf(error) }, 'Redis does not answer: results are computed and not kept');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis answers again');
    away = false;
  });
}

function firstConnection(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FIRST_CONNECT_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    // What fails here is logged, and tried again.
    redis.connect().then(done, done);
  });
}
