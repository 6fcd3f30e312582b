/** What collections need of Redis and Kafka (spec 07 §6, §8, §11). */
import { createTopicAdmin } from '../../streams/admin.js';
import { LOCK_PARTITIONS, lockTopic } from '../collections/owner/lock.js';
import type { KafkaConfig, RedisConfig } from '../config/index.js';
import { messageOf } from '../errors.js';
import { openServers, type Servers } from '../redis/index.js';
import { failed, ok, skipped, warning, type Check } from './check.js';

const TIMEOUT_MS = 8_000;
/** The first with `SET … PXAT`. */
const OLDEST_REDIS = [6, 2] as const;
const STORE = 'collections: redis';
const SILENT = { warn: () => undefined, info: () => undefined };

/** Whether this Redis may hold collections, of a cluster each of its masters. That it answers at all is a check of its own. */
export async function checkCollectionsStore(redis: RedisConfig | undefined): Promise<Check[]> {
  if (redis === undefined) return [skipped(STORE, 'METAFOLD_REDIS_URL is not set: collections are neither folded nor served')];
  let servers: Servers | undefined;
  try {
    servers = await openServers({ redis, log: SILENT, silenceMs: TIMEOUT_MS });
    const infos = await Promise.all(
      servers
        .masters()
        .map((node) => node.ask(async (client) => ({ server: await client.info('server'), memory: await client.info('memory') }))),
    );
    return [worst(infos.map(({ server }) => checkRelease(server))), worst(infos.map(({ memory }) => checkEviction(memory)))];
  } catch (error) {
    return [
      warning(
        STORE,
        `not asked: ${messageOf(error)}`,
        'see the check of redis; its account needs the commands INFO and, for a cluster, CLUSTER',
      ),
    ];
  } finally {
    servers?.close();
  }
}

function worst(checks: readonly Check[]): Check {
  const of = (status: Check['status']): Check | undefined => checks.find((check) => check.status === status);
  return of('failed') ?? of('warning') ?? checks[0]!;
}

/** Whether two workers may ever own one task. */
export async function checkLockTopic({ brokers, client, topicPrefix }: KafkaConfig): Promise<Check> {
  const name = 'collections: task lock';
  const topic = lockTopic(topicPrefix);
  const admin = createTopicAdmin({ brokers, client, timeoutMs: TIMEOUT_MS });
  try {
    const partitions = (await admin.listTopics()).includes(topic) ? (await admin.partitionCounts([topic])).get(topic) : undefined;
    if (partitions === undefined) return skipped(name, `${topic} is not there yet: the first worker makes it`);
    return partitions === LOCK_PARTITIONS
      ? ok(name, `${topic} has ${partitions} partitions`)
      : failed(
          name,
          `${topic} has ${partitions} partitions, expected ${LOCK_PARTITIONS}`,
          'stop the workers, delete the topic and start them again: it holds nothing',
        );
  } catch (error) {
    return skipped(name, `not asked: ${messageOf(error)}`);
  } finally {
    admin.close();
  }
}

function checkRelease(info: string): Check {
  const release = field(info, 'redis_version');
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const fits = major > OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor >= OLDEST_REDIS[1]);
  return fits
    ? ok(STORE, `release ${release}`)
    : failed(STORE, `release ${release || 'not told'}`, `use Redis ${OLDEST_REDIS.join('.')} or newer, or Valkey`);
}

function checkEviction(info: string): Check {
  const name = 'collections: redis eviction';
  const policy = field(info, 'maxmemory_policy');
  if (policy === 'noeviction') return ok(name, policy);
  const todo = 'set maxmemory-policy noeviction: with any other, a full Redis drops keys of collections and nobody is told';
  // Without a bound nothing is ever evicted.
  return field(info, 'maxmemory') === '0' ? warning(name, `${policy}, without maxmemory`, todo) : failed(name, policy || 'not told', todo);
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
}
