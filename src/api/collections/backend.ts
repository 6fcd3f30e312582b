/** The task topic and Redis as the API uses them: opened when they are first asked for, and again after an outage. */
import { openKeyStore, StoreOutage } from '../../collections/redis/index.js';
import { openTaskStore, TopicOutage } from '../../collections/tasks/index.js';
import type { KeyStore, TaskStore } from '../../collections/types.js';
import type { KafkaConfig, RedisConfig } from '../../config/index.js';
import type { Logger } from '../../log.js';

export interface CollectionsBackend {
  /** Rejects with TopicOutage when Kafka is away or not configured. */
  tasks(): Promise<TaskStore>;
  /** Rejects with StoreOutage when Redis is away or not configured. */
  store(): Promise<KeyStore>;
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly kafka: KafkaConfig | undefined;
  readonly redis: RedisConfig | undefined;
  readonly log: Pick<Logger, 'warn' | 'info' | 'error'>;
}

/** Callers wait for it. */
const TIMEOUT_MS = 5_000;

export function createCollectionsBackend({ kafka, redis, log }: BackendOptions): CollectionsBackend {
  const tasks = once(() =>
    kafka === undefined ? Promise.reject(new TopicOutage('no Kafka is configured')) : openTaskStore({ kafka, log, timeoutMs: TIMEOUT_MS }),
  );
  const store = once(() =>
    redis === undefined ? Promise.reject(new StoreOutage('no Redis is configured')) : openKeyStore({ redis, log, silenceMs: TIMEOUT_MS }),
  );
  return {
    tasks: tasks.get,
    store: store.get,
    async close() {
      await (await tasks.opened())?.close();
      await (await store.opened())?.close();
    },
  };
}

/** Opened once; after a failure whoever asks next tries again. */
function once<T>(open: () => Promise<T>): { readonly get: () => Promise<T>; readonly opened: () => Promise<T | undefined> } {
  let opened: Promise<T> | undefined;
  return {
    get: () =>
      (opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      })),
    opened: async () => opened?.catch(() => undefined),
  };
}
