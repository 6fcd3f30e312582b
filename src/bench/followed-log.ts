/** A log of a given length in topics and indices of its own, which a worker has folded and goes on following. */
import { randomBytes } from 'node:crypto';
import type { Client } from '@opensearch-project/opensearch';
import { readAlias } from '../../projections/index-names.js';
import { systemTopic } from '../../streams/topics.js';
import type { Config } from '../config/index.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { openSession, type PublishSession } from '../publish/session.js';
import { removePartition } from './arena.js';
import { removeTopics, type BenchSettings } from './fold.js';
import { publishHistory } from './history.js';
import { startLiveWorker, type LiveWorker } from './live-worker.js';

export interface FollowedLog {
  /** Topic prefix and index partition. */
  readonly name: string;
  readonly alias: string;
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  readonly client: Client;
  readonly session: PublishSession;
  readonly worker: LiveWorker;
}

export interface FollowOptions {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
}

/** Publishes the log, waits until a worker has folded it, measures, and removes all of it. */
export async function onFollowedLog(
  settings: BenchSettings,
  events: number,
  options: FollowOptions,
  measure: (log: FollowedLog) => Promise<void>,
): Promise<void> {
  const name = `bench${randomBytes(4).toString('hex')}`;
  const config = await settings.configFor(name, name);
  const client = createOpenSearchClient(config.opensearch);
  const session = await openSession(config, { partitions: 1, replication: 1, onError: () => undefined });
  try {
    for (const topic of ['delete', 'insert']) await session.keeper.ensure(systemTopic(name, topic));
    await publishHistory(config, name, events, options.seed, (done) => options.onProgress('publish', done, events));
    const environment = settings.environmentFor(name, name);
    const worker = await startLiveWorker(environment, options.signal);
    try {
      options.onProgress(`fold ${events} events`, 0, null);
      await worker.caughtUp();
      await measure({ name, alias: readAlias(name, 'binary2'), config, environment, client, session, worker });
    } finally {
      await worker.stop();
    }
  } finally {
    await session.close();
    await removePartition(client, name);
    await client.close();
    await removeTopics(config, name);
  }
}
