/** The benchmark of collections (spec 07 §11): the fold of tasks from the log into Redis against bare pipelines that write the same keys and values in the same run. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { compileQuery } from '../../projections/collections/linq/index.js';
import { tableNamed } from '../../projections/collections/tables/index.js';
import { topicFilter } from '../../projections/collections/tables/topics.js';
import { createDecoder } from '../../streams/decode.js';
import { readLog, type LogRange } from '../../streams/log-reader.js';
import { Catalogue } from '../collections/log/catalogue.js';
import { createCollectionsWorker } from '../collections/owner/index.js';
import { openKeyStore } from '../collections/redis/index.js';
import { createTask } from '../collections/requests/index.js';
import { moved, openTaskStore } from '../collections/tasks/index.js';
import type { KeyStore, KeyWrite, Task, TaskStore } from '../collections/types.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../log.js';
import { addressesOf, connectionOptions } from '../redis/options.js';
import {
  benchRecord,
  EXPIRE_IN,
  measureLookUps,
  measureMemory,
  timed,
  writeInBatches,
  type KeyMemory,
  type LookUpRates,
} from './collection-keys.js';
import { removeTopics } from './fold.js';
import { publishHistory } from './history.js';
import { median } from './median.js';

export interface CollectionsBenchOptions {
  readonly events: number;
  readonly rounds: number;
  readonly seed: number;
  /** Of the measurement of memory. */
  readonly keys: number;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
  readonly log: Logger;
}

/** Of one task, or of several that one worker folds together; medians over the rounds. */
export interface FoldedTasks {
  /** Queries, or what they are together. */
  readonly title: string;
  /** Records of the topics that are read. */
  readonly events: number;
  /** Rows that were matched. */
  readonly rows: number;
  readonly keys: number;
  readonly eventsPerSecond: number;
  readonly rowsPerSecond: number;
  readonly cpuMicrosPerEvent: number;
  /** Of the same records, read and let go: what the fold of one row an event cannot exceed. */
  readonly readPerSecond: number;
  /** Of the very same rows, already folded, through the store's own writing. */
  readonly storeRowsPerSecond: number;
  /** Of the very same rows through bare pipelines. */
  readonly bareRowsPerSecond: number;
  readonly foldShare: number;
  readonly storeShare: number;
}

export interface CollectionsBenchResult {
  readonly tasks: readonly FoldedTasks[];
  readonly lookUps: LookUpRates;
  readonly memory: KeyMemory;
}

interface BenchTask {
  readonly name: string;
  readonly query: string;
  readonly keyFields: readonly string[];
  readonly valueFields: readonly string[];
}

const TASKS: readonly BenchTask[] = [
  { name: 'statuses', query: 'from azul.status select author.name, sha256, status', keyFields: ['author.name', 'sha256'], valueFields: [] },
  { name: 'binaries', query: 'from azul.binary select sha256, source, mime', keyFields: ['sha256'], valueFields: ['source', 'mime'] },
  {
    name: 'features',
    query: 'from azul.feature select feature.name, feature.value, sha256',
    keyFields: ['feature.name', 'feature.value'],
    valueFields: ['sha256'],
  },
];
/** Each has one row an event, and all read the same ones. */
const STATUS_TASKS: readonly BenchTask[] = [
  TASKS[0]!,
  { name: 'states', query: 'from azul.status select sha256, status', keyFields: ['sha256', 'status'], valueFields: [] },
  { name: 'runs', query: 'from azul.status select author.name, author.version, sha256, status', keyFields: ['author.name', 'author.version', 'sha256'], valueFields: ['status'] }, // prettier-ignore
];
const SILENCE_MS = 30_000;
const PIPELINE = 100;
const PIPELINES = 4;

export type ConfigFor = (prefix: string) => Promise<Config<'kafka' | 'security'>>;

export async function benchCollections(configFor: ConfigFor, options: CollectionsBenchOptions): Promise<CollectionsBenchResult> {
  const prefix = `bench${randomBytes(4).toString('hex')}`;
  const config = await configFor(prefix);
  const redis = config.redis;
  if (redis === undefined) throw new Error('the benchmark of collections needs METAFOLD_REDIS_URL');
  const { log, signal } = options;
  const store = await openKeyStore({ redis, log });
  const tasks = await openTaskStore({ kafka: config.kafka, log });
  const bare = Array.from({ length: 2 }, () => new Redis({ ...connectionOptions(redis, SILENCE_MS), ...addressesOf(redis)[0]! }));
  const bench: Bench = { config, store, tasks, bare, options };
  try {
    await Promise.all(bare.map((client) => client.connect()));
    await publishHistory(config, prefix, options.events, options.seed, (done) => options.onProgress('publish', done, options.events));
    const folded: FoldedTasks[] = [];
    for (const task of TASKS) folded.push(await measure(bench, task.query, [task]));
    folded.push(await measure(bench, `these ${TASKS.length} at once`, TASKS));
    folded.push(await measure(bench, `${STATUS_TASKS.length} of azul.status at once`, STATUS_TASKS));
    signal.throwIfAborted();
    const lookUps = await measureLookUps(store, config, options);
    return { tasks: folded, lookUps, memory: await measureMemory(store, bare[0]!, options) };
  } finally {
    for (const client of bare) client.disconnect();
    await tasks.close();
    await store.close();
    await removeTopics(config, prefix);
  }
}

interface Bench {
  readonly config: Config<'kafka' | 'security'>;
  readonly store: KeyStore;
  readonly tasks: TaskStore;
  readonly bare: readonly Redis[];
  readonly options: CollectionsBenchOptions;
}

async function measure(bench: Bench, title: string, wanted: readonly BenchTask[]): Promise<FoldedTasks> {
  const { rounds, onProgress, signal } = bench.options;
  const runs: FoldedTasks[] = [];
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    onProgress(`fold of ${wanted.map(({ name }) => name).join(', ')}`, round, rounds);
    const { store, tasks } = bench;
    const created: Task[] = [];
    for (const task of wanted) created.push(await create(bench, task));
    const sweep = async (): Promise<void> => {
      for (const { record } of created) await store.sweep(record.redisKeyBase);
    };
    try {
      const ranges = await rangesOf(bench, created);
      const run = await fold(bench, created);
      const rows: KeyWrite[] = [];
      let keys = 0;
      for (const task of created) {
        const writes = await stored(store, task);
        keys += writes.length;
        // Each row that was matched is written once, as the fold met them: rows of one key over each other.
        for (let at = 0; at < run.rows.get(task.record.id)!; at++) rows.push(writes[at % writes.length]!);
      }
      await sweep();
      const storeSeconds = await timed(() => writeInBatches(store, rows));
      await sweep();
      const bareSeconds = await timed(() => writeBare(bench.bare, rows));
      const events = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
      const rowsPerSecond = rows.length / run.seconds;
      const readPerSecond = await readAlone(bench, ranges);
      runs.push({
        title,
        events,
        rows: rows.length,
        keys,
        eventsPerSecond: events / run.seconds,
        rowsPerSecond,
        cpuMicrosPerEvent: (run.cpuSeconds * 1e6) / events,
        readPerSecond,
        storeRowsPerSecond: rows.length / storeSeconds,
        bareRowsPerSecond: rows.length / bareSeconds,
        foldShare: rowsPerSecond / (rows.length / bareSeconds),
        storeShare: bareSeconds / storeSeconds,
      });
    } finally {
      for (const { record } of created) {
        await tasks.change(record.id, (now) => moved(now, 'REMOVED', Date.now()));
        await tasks.forget(record.id);
      }
      await sweep();
    }
  }
  return medianOf(runs);
}

async function create({ config, tasks }: Bench, { name, query, keyFields, valueFields }: BenchTask): Promise<Task> {
  const fields = { friendlyName: `${name} ${randomUUID()}`, expireIn: EXPIRE_IN, keyFields, valueFields };
  const outcome = await createTask(tasks, benchRecord(config, query, fields), 1_000);
  if (outcome.kind === 'refused') throw new Error(outcome.problem);
  return outcome.task;
}

interface Run {
  /** By task. */
  readonly rows: ReadonlyMap<string, number>;
  /** From the first record to the last acknowledged row. */
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const LOOK_MS = 10;

/** By a worker in this process, as `metafold worker` runs it. */
async function fold({ config, options: { log } }: Bench, created: readonly Task[]): Promise<Run> {
  const registry = new Registry();
  const worker = createCollectionsWorker(config, { decoder: createDecoder(), registry, log, timings: { progressMs: LOOK_MS } });
  const running = worker.run({ untilIdle: false });
  try {
    /** The last look at which no record had come. */
    let begun = { at: performance.now(), cpu: process.cpuUsage() };
    for (;;) {
      await Promise.race([sleep(LOOK_MS), running]);
      if ((await recordsRead(registry)) === 0) {
        begun = { at: performance.now(), cpu: process.cpuUsage() };
        continue;
      }
      const rows = new Map<string, number>();
      for (const { record } of created) {
        const counted = await countedOf(registry, record.id);
        if (counted !== undefined && counted.lag === 0 && counted.judged >= counted.matched) rows.set(record.id, counted.matched);
      }
      if (rows.size < created.length) continue;
      const { user, system } = process.cpuUsage(begun.cpu);
      return { rows, seconds: (performance.now() - begun.at) / 1_000, cpuSeconds: (user + system) / 1e6 };
    }
  } finally {
    worker.stop(10_000);
    await running;
  }
}

/** What is read for these tasks. */
async function rangesOf({ config: { kafka } }: Bench, created: readonly Task[]): Promise<LogRange[]> {
  const filters = created.map(({ record }) => {
    const { table, sources } = compileQuery(record.query, tableNamed);
    return topicFilter(table, sources, kafka.topicPrefix);
  });
  const catalogue = new Catalogue(kafka);
  try {
    await catalogue.look();
    return catalogue
      .partitions((topic) => filters.some((reads) => reads(topic)))
      .map((one) => ({ ...one, from: 0, to: catalogue.endOf(one) }));
  } finally {
    catalogue.close();
  }
}

/** Records a second, as they come from the client, behind the first batch. */
async function readAlone({ config: { kafka }, options }: Bench, ranges: readonly LogRange[]): Promise<number> {
  let begun: number | undefined;
  let records = 0;
  for await (const batch of readLog(ranges, { brokers: kafka.brokers, client: kafka.client, signal: options.signal })) {
    if (begun === undefined) begun = performance.now();
    else records += batch.length;
  }
  return records / ((performance.now() - (begun ?? NaN)) / 1_000);
}

async function recordsRead(registry: Registry): Promise<number> {
  return (await registry.getSingleMetric('metafold_collection_records_read_total')?.get())?.values[0]?.value ?? 0;
}

interface Counted {
  readonly lag: number;
  readonly matched: number;
  /** Rows of which it is known what became of them. */
  readonly judged: number;
}

async function countedOf(registry: Registry, id: string): Promise<Counted | undefined> {
  const read = async (name: string, outcome?: string): Promise<number | undefined> =>
    (await registry.getSingleMetric(name)?.get())?.values.find(({ labels }) => labels.task === id && labels.outcome === outcome)?.value;
  const rows = async (outcome: string): Promise<number> => (await read('metafold_collection_rows_total', outcome)) ?? 0;
  const [lag, matched] = [await read('metafold_collection_lag'), await rows('matched')];
  if (lag === undefined || matched === 0) return undefined;
  return { lag, matched, judged: (await rows('written')) + (await rows('notNewer')) + (await rows('expired')) };
}

/** Everything under the task's keys, as writes that make it. */
async function stored(store: KeyStore, { record }: Task): Promise<KeyWrite[]> {
  const keys = new Set<string>();
  for await (const page of store.scan(record.redisKeyBase)) for (const key of page) keys.add(key);
  const names = [...keys];
  const [values, expiries] = [await store.get(names), await store.expiries(names)];
  return names.map((key, at) => ({ key, value: values[at]!, pxat: expiries[at]!, force: false }));
}

async function writeBare(clients: readonly Redis[], rows: readonly KeyWrite[]): Promise<void> {
  let next = 0;
  const lane = async (client: Redis): Promise<void> => {
    while (next < rows.length) {
      const part = rows.slice(next, (next += PIPELINE));
      const pipeline = client.pipeline();
      for (const { key, value, pxat } of part) pipeline.set(key, value, 'PXAT', pxat);
      await pipeline.exec();
    }
  };
  await Promise.all(Array.from({ length: PIPELINES }, (_, at) => lane(clients[at % clients.length]!)));
}

function medianOf(runs: readonly FoldedTasks[]): FoldedTasks {
  const of = (pick: (run: FoldedTasks) => number): number => median(runs.map(pick));
  return {
    ...runs[0]!,
    eventsPerSecond: of((run) => run.eventsPerSecond),
    rowsPerSecond: of((run) => run.rowsPerSecond),
    cpuMicrosPerEvent: of((run) => run.cpuMicrosPerEvent),
    readPerSecond: of((run) => run.readPerSecond),
    storeRowsPerSecond: of((run) => run.storeRowsPerSecond),
    bareRowsPerSecond: of((run) => run.bareRowsPerSecond),
    foldShare: of((run) => run.foldShare),
    storeShare: of((run) => run.storeShare),
  };
}
