/**
 * Random small histories with deletes, inserts and tombstones, folded by real workers however it comes: the documents are those of the model.
 * Many histories share one log, apart from each other by all their names; what happens around them differs from log to log.
 */
// test-mostly-waits
// test-timeout-s: 1800
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createRandom, type Random } from '../../src/generate/random.js';
import { binaryTopic, systemTopic } from '../../streams/topics.js';
import { EXPIRING } from '../helpers/arbitrary-history.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import type { ModelRecord } from '../helpers/model.js';
import { openPlacedProducer, type PlacedProducer } from '../helpers/placed-records.js';
import { arbitrarySharedLog, cut, interleaved, type SharedLog } from '../helpers/shared-log.js';
import { testStack } from '../helpers/stack.js';
import { openWorkers, type RunningWorker, type Workers } from '../helpers/workers.js';

/** The same cases each time, and others each time; a failure names its seed. */
const FIXED_SEED = 20_260_301;
const RANDOM_SEED = Number(process.env['METAFOLD_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const LOGS = 8;
const HISTORIES = 20;
/** Folds wait most of their time. */
const AT_ONCE = 2;

const test = integration('live folds against the model');

interface Stage {
  readonly workers: number;
  /** Whether records come before the workers or while they run. */
  readonly comes: 'before' | 'meanwhile';
  /** Whether workers end when all is folded, or in the middle with what they have in hand. */
  readonly ends: 'idle' | 'cut';
  /** Longest time between two parts of the records: longer than the repetition of removals, or not. */
  readonly paceMs: number;
  readonly fetchRecords: number;
  readonly bulkBytes: number;
  readonly commitIntervalMs: number;
}

interface Plan {
  readonly partitions: number;
  readonly tables: 'first' | 'last' | 'anywhere';
  /** Whether everything comes once more: published again, or read again by a new group. */
  readonly again: 'no' | 'published' | 'read';
  readonly stages: readonly Stage[];
}

function stageOf(random: Random): Stage {
  return {
    workers: random.int(1, 3),
    comes: random.pick(['before', 'meanwhile'] as const),
    ends: random.pick(['idle', 'cut'] as const),
    paceMs: random.pick([100, 1_500]),
    fetchRecords: random.pick([1, 7, 100]),
    bulkBytes: random.pick([1_024, 100_000]),
    commitIntervalMs: random.pick([100, 300, 2_000]),
  };
}

function planOf(random: Random): Plan {
  return {
    partitions: random.int(1, 3),
    tables: random.weighted([['anywhere', 3], ['first', 1], ['last', 1]] as const), // prettier-ignore
    again: random.weighted([['no', 2], ['published', 1], ['read', 1]] as const), // prettier-ignore
    stages: [...Array.from({ length: random.int(1, 3) }, () => stageOf(random)), { ...stageOf(random), ends: 'idle' }],
  };
}

interface Field {
  readonly workers: Workers;
  readonly producer: PlacedProducer;
  readonly random: Random;
}

/** Much longer than any fold of so few records. */
const STUCK_MS = 120_000;

/** Waits for workers; when that takes too long their logs are shown, since the file may be ended before it can fail. */
async function ended({ lines }: Workers, plan: Stage, crew: readonly RunningWorker[]): Promise<void> {
  const show = (): void => void process.stderr.write(`workers do not end: ${JSON.stringify(plan)}\n${lines.slice(-80).join('')}\n`);
  const timer = setTimeout(show, STUCK_MS);
  await Promise.all(crew.map((one) => one.ended)).finally(() => clearTimeout(timer));
}

async function run(stage: Stage, records: readonly ModelRecord[], suffix: string, { workers, producer, random }: Field): Promise<void> {
  const environment = {
    METAFOLD_FETCH_RECORDS: String(stage.fetchRecords),
    METAFOLD_BULK_BYTES: String(stage.bulkBytes),
    METAFOLD_COMMIT_INTERVAL_MS: String(stage.commitIntervalMs),
    METASTORE_INGESTOR_VERSION_SUFFIX: suffix,
  };
  if (stage.comes === 'before') await producer.publish(records);
  const crew = [];
  for (let n = 0; n < stage.workers; n++) crew.push(await workers.start({ untilIdle: false, environment }));
  if (stage.comes === 'meanwhile') {
    for (const piece of cut(records, 4, random)) {
      await sleep(random.int(0, stage.paceMs));
      await producer.publish(piece);
    }
  }
  if (stage.ends === 'cut') {
    await sleep(random.int(200, 1_500));
    for (const one of crew) one.stop(0);
    await ended(workers, stage, crew);
    return;
  }
  const last = await workers.start({ untilIdle: true, environment });
  await ended(workers, stage, [last]);
  for (const one of crew) one.stop(30_000);
  await ended(workers, stage, crew);
  for (const { failure } of [last, ...crew]) if (failure() !== undefined) throw failure();
}

async function createTopics(arena: Arena, { histories }: SharedLog, partitions: number): Promise<void> {
  const topics = new Set(histories.flat().map(({ topic }) => topic));
  for (const name of ['delete', 'insert', 'expedite']) topics.add(systemTopic(arena.prefix, name));
  topics.add(binaryTopic(arena.prefix, 's1', 'sourced'));
  await arena.createTopics([...topics], partitions);
}

/** The plan that failed and what is not as the model says; empty when all is. */
async function differencesOf(seed: number): Promise<string[]> {
  const random = createRandom(seed);
  const plan = planOf(random);
  const arena = createArena({ METAFOLD_SETTLE_SECONDS: '1' });
  arena.settings.metastore_sources[EXPIRING.source] = { expire_events_after: EXPIRING.text };
  arena.saveSettings();
  const workers = await openWorkers(arena);
  const producer = await openPlacedProducer(testStack().brokers);
  try {
    const now = BigInt(Date.now()) * 1000n;
    const log = arbitrarySharedLog({
      prefix: arena.prefix,
      settings: await workers.settings(),
      now,
      seed,
      histories: HISTORIES,
      partitions: plan.partitions,
    });
    await createTopics(arena, log, plan.partitions);
    const records = interleaved(log.histories, random, plan.tables);
    const pieces = cut(plan.again === 'published' ? [...records, ...records] : records, plan.stages.length, random);
    const field = { workers, producer, random };
    for (const [n, stage] of plan.stages.entries()) await run(stage, pieces[n]!, '0', field);
    if (plan.again === 'read') await run(plan.stages[0]!, [], '1', field);
    if (plan.again === 'read' && plan.stages[0]!.ends === 'cut') await run(plan.stages.at(-1)!, [], '1', field);
    const found = differences(await workers.documents(), log.expected);
    return found.length === 0 ? [] : [JSON.stringify(plan), ...found];
  } finally {
    await producer.close();
    await workers.close();
    await arena.close();
  }
}

process.stdout.write(`random seed of this run: METAFOLD_TEST_SEED=${RANDOM_SEED}\n`);
for (const first of [FIXED_SEED, RANDOM_SEED]) {
  for (let n = 0; n < LOGS; n += AT_ONCE) {
    const seeds = Array.from({ length: AT_ONCE }, (_, i) => first + (n + i) * HISTORIES);
    test(`${AT_ONCE * HISTORIES} histories from seed ${seeds[0]!} on`, async () => {
      const found = await Promise.all(seeds.map((seed) => differencesOf(seed)));
      for (const [i, list] of found.entries()) assert.equal(list, [], `METAFOLD_TEST_SEED=${seeds[i]!}`);
    });
  }
}
