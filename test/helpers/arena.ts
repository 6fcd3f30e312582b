/** A place of its own on the shared stack for one test: topic prefix, index partition and groups that nobody else uses, gone afterwards. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../schemas/json-text.js';
import { createTopicAdmin } from '../../streams/admin.js';
import { createProducer, DeliveryError, type OutgoingRecord } from '../../streams/producer.js';
import { deleteGroup } from './groups.js';
import { documentMap, HISTORIES, historyFile } from './history.js';
import { metafold, startMetafold, type Environment, type Outcome, type RunningCommand } from './metafold.js';
import { testStack } from './stack.js';

/** The fixtures' settings; tests change what they need. */
export interface ArenaSettings {
  metastore_partition: string;
  metafold_topic_prefix: string;
  metastore_sources: Record<string, object>;
  [name: string]: unknown;
}

export interface Arena {
  readonly prefix: string;
  readonly partition: string;
  readonly folder: string;
  readonly environment: Environment;
  readonly settings: ArenaSettings;
  /** Writes `settings` to the file that all commands read. */
  saveSettings(): void;
  /** Runs a command to its end; see `metafold`. */
  run(args: readonly string[], environment?: Environment, expected?: number): Promise<Outcome>;
  /** Starts a command, which is killed when the arena is closed. */
  start(args: readonly string[], environment?: Environment): RunningCommand;
  /** Publishes a fixture history, with more arguments of `publish`. */
  publish(history: string, ...options: readonly string[]): Promise<void>;
  /** A worker until all is folded. */
  fold(environment?: Environment): Promise<Outcome>;
  /** All documents, exported, by index and id. */
  documents(environment?: Environment): Promise<Map<string, JsonObject>>;
  /** Puts records into topics, which are created when they are missing; resolves when they are durable. */
  send(records: readonly OutgoingRecord[], partitions?: number): Promise<void>;
  /** Makes topics, those that are missing. */
  createTopics(topics: readonly string[], partitions: number): Promise<void>;
  /** Removes topics, groups, indices, templates, processes and files. */
  close(): Promise<void>;
}

const INDEX_CONFIG = JSON.stringify({ number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' });
/** Settings of a fold that lasts: few records a poll, small requests one at a time, a commit every tenth of a second. */
export const SLOWLY = {
  METAFOLD_FETCH_RECORDS: '3',
  METAFOLD_BULK_BYTES: '1024',
  METAFOLD_BULK_CONCURRENCY: '1',
  METAFOLD_COMMIT_INTERVAL_MS: '100',
  METAFOLD_MAX_IN_FLIGHT_BYTES: '1048576',
};
/** A client that has brokers delivers at once. */
const DELIVERY_MS = 30_000;
export const PROJECTIONS = ['binary', 'status', 'plugin', 'download'] as const;

/** Its names end in the suffix: a random one, unless several files share an arena. */
export function createArena(overrides: Environment = {}, suffix = randomBytes(4).toString('hex')): Arena {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-test-'));
  const settings = JSON.parse(readFileSync(new URL('settings.json', HISTORIES), 'utf8')) as ArenaSettings;
  settings.metastore_partition = `bench${suffix}`;
  settings.metafold_topic_prefix = `qa${suffix}`;
  const settingsFile = join(folder, 'settings.json');
  const stack = testStack();
  const started: RunningCommand[] = [];
  /** Topics that records were sent to. */
  const made = new Set<string>();
  const arena: Arena = {
    prefix: settings.metafold_topic_prefix,
    partition: settings.metastore_partition,
    folder,
    settings,
    environment: {
      METAFOLD_SETTINGS: settingsFile,
      METAFOLD_KAFKA_BROKERS: stack.brokers,
      METASTORE_OPENSEARCH_URL: stack.opensearchUrl,
      METAFOLD_REGISTRY_URL: stack.registryUrl,
      METASTORE_NO_SECURITY_PLUGIN_COMPATIBILITY: 'true',
      METASTORE_PROMETHEUS_PORT: '0',
      // Collections and the cache are for those tests that ask for a Redis.
      METAFOLD_REDIS_URL: '',
      METAFOLD_SETTLE_SECONDS: '1',
      METAFOLD_BINARY2_INDEX_CONFIG: INDEX_CONFIG,
      METASTORE_STATUS_INDEX_CONFIG: INDEX_CONFIG,
      METASTORE_PLUGIN_INDEX_CONFIG: INDEX_CONFIG,
      ...overrides,
    },
    saveSettings: () => writeFileSync(settingsFile, JSON.stringify(settings)),
    run: (args, environment = {}, expected = 0) => metafold(args, { ...arena.environment, ...environment }, expected),
    start(args, environment = {}) {
      const command = startMetafold(args, { ...arena.environment, ...environment });
      started.push(command);
      return command;
    },
    async publish(history, ...options) {
      await arena.run(['publish', historyFile(folder, history, arena.prefix), '--quiet', ...options]);
    },
    fold: (environment = {}) => arena.run(['worker', '--until-idle'], environment),
    async documents(environment = {}) {
      return documentMap((await arena.run(['export'], environment)).stdout);
    },
    async send(records, partitions = 1) {
      // Not again and again: a broker that has just stood still may take long to answer that a topic is there.
      const missing = new Set(records.map((record) => record.topic).filter((topic) => !made.has(topic)));
      await createTopics(stack.brokers, [...missing], partitions);
      for (const topic of missing) made.add(topic);
      await send(stack.brokers, records);
    },
    createTopics: (topics, partitions) => createTopics(stack.brokers, topics, partitions),
    async close() {
      for (const { process } of started) process.kill('SIGKILL');
      await Promise.all(started.map(({ outcome }) => outcome));
      await removeTopics(stack.brokers, arena);
      await removeIndices(arena.partition);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  arena.saveSettings();
  return arena;
}

/** One arena for the length of a test. */
export async function inArena(action: (arena: Arena) => Promise<void>): Promise<void> {
  const arena = createArena();
  try {
    await action(arena);
  } finally {
    await arena.close();
  }
}

/** Consumer group of a projection; the suffix is METASTORE_INGESTOR_VERSION_SUFFIX. */
export function groupOf({ partition }: Pick<Arena, 'partition'>, projection: string, suffix = 0): string {
  return `metafold.${partition}.${projection}.${suffix}`;
}

async function createTopics(brokers: string, topics: readonly string[], partitions: number): Promise<void> {
  if (topics.length === 0) return;
  const admin = createTopicAdmin({ brokers, client: {} });
  try {
    await Promise.all(
      topics.map((topic) => admin.createTopic({ topic, partitions, replication: 1, config: { 'max.message.bytes': '4194304' } })),
    );
  } finally {
    admin.close();
  }
}

async function send(brokers: string, records: readonly OutgoingRecord[], attempts = 3): Promise<void> {
  const producer = createProducer({ brokers, client: {}, lingerMs: 0, deliveryTimeoutMs: DELIVERY_MS });
  try {
    await producer.start();
    for (const record of records) await producer.send(record);
    await producer.flush();
    return;
  } catch (error) {
    // A client that has asked a broker which stood still until now may know of no brokers any more (see lost-brokers.ts): it has sent nothing.
    const nothingSent = error instanceof DeliveryError && [...error.failed.values()].reduce((a, b) => a + b, 0) === records.length;
    if (!nothingSent || attempts === 1) throw error;
  } finally {
    await producer.close();
  }
  await send(brokers, records, attempts - 1);
}

async function removeTopics(brokers: string, { prefix, partition }: Arena): Promise<void> {
  const admin = createTopicAdmin({ brokers, client: {} });
  try {
    const topics = await admin.listTopics();
    await Promise.all(topics.filter((name) => name.startsWith(`azul.${prefix}.`)).map((topic) => admin.deleteTopic(topic)));
  } finally {
    admin.close();
  }
  for (const projection of PROJECTIONS) {
    for (const suffix of [0, 1]) await deleteGroup(brokers, groupOf({ partition }, projection, suffix));
    for (const generation of [2, 3, 4, 5]) await deleteGroup(brokers, groupOf({ partition: `${partition}-g${generation}` }, projection));
  }
}

/** One request to the stack's OpenSearch. Rejects for a status of 400 and more that is not accepted. */
export async function opensearch<T>(method: string, path: string, body?: unknown, accept: readonly number[] = []): Promise<T> {
  const response = await fetch(`${testStack().opensearchUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (response.status >= 400 && !accept.includes(response.status))
    throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 1000)}`);
  return JSON.parse(text || '{}') as T;
}

async function removeIndices(partition: string): Promise<void> {
  const indices = await opensearch<{ index: string }[]>(
    'GET',
    `/_cat/indices/azul.o.${partition}*,azul.x.${partition}*?format=json&h=index`,
  );
  if (indices.length > 0) await opensearch('DELETE', `/${indices.map(({ index }) => index).join(',')}`, undefined, [404]);
  const templates = await opensearch<Record<string, unknown>>('GET', `/_template/azul.${partition}*`, undefined, [404]);
  for (const name of Object.keys(templates)) await opensearch('DELETE', `/_template/${name}`, undefined, [404]);
}
