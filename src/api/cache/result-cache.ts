/**
 * What was computed for a caller and may be answered again to whoever sees the same documents (spec 05 §14): counts, and documents
 * such as the binaries that are like another. In Redis, so that all servers share it; without Redis, counts are computed each time
 * and documents are kept in this process. A key carries all that decides what its caller reads, so no filter is asked again.
 */
import { LRUCache } from 'lru-cache';
import { SecurityError } from '../../../projections/security/errors.js';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import type { Query } from '../../access/query.js';
import type { Context } from '../caller.js';
import type { ApiMetrics } from '../metrics.js';
import { countKey, countTtlSeconds, documentKey, filtersDigest, type CountCategory, type CountGroup, type DocumentName } from './keys.js';
import type { RedisCommand } from '../../redis/index.js';
import type { RedisLink } from './redis.js';

/** Documents that are kept in this process. */
const MAX_DOCUMENTS = 1_000;

export interface CountsWanted {
  readonly category: CountCategory;
  /** The filters beside the caller's. */
  readonly filters: readonly Query[];
  readonly ids: readonly string[];
  /** Only those that are kept: none is computed. */
  readonly keptOnly?: boolean;
}

export interface Computed {
  readonly counts: ReadonlyMap<string, number>;
  /** Counts of which not all documents were seen are answered and not kept. */
  readonly whole: boolean;
}

/** One document of the cache. Nothing here fails: what cannot be kept is computed again. */
export interface KeptDocument {
  readonly key: string;
  read(): Promise<string | undefined>;
  /** For ever, unless seconds are given. */
  write(text: string, ttlSeconds?: number): void;
  /** Writes and answers what stood there. */
  replace(text: string, ttlSeconds: number): Promise<string | undefined>;
  remove(): void;
}

type Asker = Pick<Context, 'rule' | 'access'>;

export interface ResultCache {
  /** Counts by id: those that are kept, and computed ones for the others. Throws what `compute` throws. */
  counts(
    asker: Asker,
    wanted: CountsWanted,
    compute: (missing: readonly string[]) => Promise<Computed>,
  ): Promise<ReadonlyMap<string, number>>;
  document(asker: Asker, name: DocumentName): Promise<KeptDocument>;
  close(): void;
}

export interface ResultCacheOptions {
  /** Undefined without Redis. */
  readonly redis: RedisLink | undefined;
  readonly policy: SecurityPolicy;
  /** Name of the generation that is read; undefined when it is not known. May fail. */
  readonly generation: () => Promise<string | undefined>;
  readonly metrics: Pick<ApiMetrics, 'cache'>;
}

export function createResultCache({ redis, policy, generation, metrics }: ResultCacheOptions): ResultCache {
  const local = new LRUCache<string, string>({ max: MAX_DOCUMENTS });

  /** Whose entries the asker shares; undefined when they must not be shared. */
  async function securityOf({ rule, access }: Asker): Promise<string | undefined> {
    if (!isLabel(policy, access.max_access)) return undefined;
    const read = await generation().catch(() => undefined);
    return read === undefined ? undefined : rule.digestWith(read);
  }

  async function keptCounts(link: RedisLink, group: CountGroup, ids: readonly string[]): Promise<Map<string, number>> {
    const texts = (await link.read(ids.map((id) => countKey(group, id)))) ?? [];
    const counts = new Map<string, number>();
    texts.forEach((text, n) => {
      if (text !== null) counts.set(ids[n]!, Number(text));
    });
    metrics.cache.inc({ outcome: 'hit' }, counts.size);
    metrics.cache.inc({ outcome: 'miss' }, ids.length - counts.size);
    return counts;
  }

  return {
    async counts(asker, { category, filters, ids, keptOnly = false }, compute) {
      const security = redis === undefined || ids.length === 0 ? undefined : await securityOf(asker);
      const group = security === undefined ? undefined : { category, security, uniq: filtersDigest(filters) };
      const counts = redis === undefined || group === undefined ? new Map<string, number>() : await keptCounts(redis, group, ids);
      const missing = ids.filter((id) => !counts.has(id));
      if (missing.length === 0 || keptOnly) return counts;
      const computed = await compute(missing);
      for (const [id, count] of computed.counts) counts.set(id, count);
      if (redis !== undefined && group !== undefined && computed.whole) {
        void redis.run([...computed.counts].map(([id, count]) => setCommand(countKey(group, id), String(count), countTtlSeconds(count))));
      }
      return counts;
    },
    async document(asker, name) {
      const security = await securityOf(asker);
      const shared = security === undefined ? undefined : redis;
      const key = documentKey(name, security ?? asker.rule.digest);
      return keptDocument(key, local, shared);
    },
    close: () => redis?.close(),
  };
}

/** A caller's access may be one that no document can be labelled with (spec 03 §6): what is found with it is not kept. */
function isLabel(policy: SecurityPolicy, text: string): boolean {
  try {
    policy.normalise(text);
    return true;
  } catch (error) {
    if (error instanceof SecurityError) return false;
    throw error;
  }
}

function setCommand(key: string, text: string, ttlSeconds?: number, ...more: readonly string[]): RedisCommand {
  return { name: 'set', keys: [key], args: [text, ...(ttlSeconds === undefined ? [] : ['EX', ttlSeconds]), ...more] };
}

/** In Redis where there is one, and in this process, which goes on when Redis does not. */
function keptDocument(key: string, local: LRUCache<string, string>, redis: RedisLink | undefined): KeptDocument {
  const keepHere = (text: string, ttlSeconds?: number): void => {
    local.set(key, text, ttlSeconds === undefined ? {} : { ttl: ttlSeconds * 1_000 });
  };
  return {
    key,
    async read() {
      return (await redis?.read([key]))?.[0] ?? local.get(key);
    },
    write(text, ttlSeconds) {
      keepHere(text, ttlSeconds);
      void redis?.run([setCommand(key, text, ttlSeconds)]);
    },
    async replace(text, ttlSeconds) {
      const [before] = (await redis?.run([setCommand(key, text, ttlSeconds, 'GET')])) ?? [];
      const earlier = typeof before === 'string' ? before : local.get(key);
      keepHere(text, ttlSeconds);
      return earlier;
    },
    remove() {
      local.delete(key);
      void redis?.run([{ name: 'del', keys: [key], args: [] }]);
    },
  };
}
