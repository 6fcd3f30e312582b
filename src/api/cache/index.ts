/** The result cache as `serve` makes it. */
import type { Client } from '@opensearch-project/opensearch';
import type { Config } from '../../config/index.js';
import type { Logger } from '../../log.js';
import { kept } from '../kept.js';
import type { ApiMetrics } from '../metrics.js';
import { readGeneration } from './generation.js';
import { connectRedis } from './redis.js';
import { createResultCache, type ResultCache } from './result-cache.js';

export type { Computed, CountsWanted, KeptDocument, ResultCache } from './result-cache.js';

/** For so long entries of a generation are still used after another was made active. */
const GENERATION_TTL_MS = 5_000;

export interface OpenCacheOptions {
  readonly config: Config<'security'>;
  /** The service account's. */
  readonly client: Client;
  readonly metrics: ApiMetrics;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

/** Connects to Redis if one is configured. Does not fail when it is away. */
export async function openResultCache({ config, client, metrics, log }: OpenCacheOptions): Promise<ResultCache> {
  const onFailure = (): void => metrics.cache.inc({ outcome: 'failed' });
  const redis = config.redis === undefined ? undefined : await connectRedis({ redis: config.redis, log, onFailure });
  const generation = kept(GENERATION_TTL_MS, () => readGeneration(client, config.partition));
  return createResultCache({ redis, policy: config.security, generation, metrics });
}
