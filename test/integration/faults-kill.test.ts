/** Workers killed at each of the steps of a batch, of a checkpoint, and of what a delete, an insert or a tombstone asks for: the next one makes all of it right. */
// test-mostly-waits
// test-timeout-s: 1800
import * as assert from 'uvu/assert';
import { systemTopic } from '../../streams/topics.js';
import { createRandom } from '../../src/generate/random.js';
import { createArena, groupOf, PROJECTIONS, type Arena } from '../helpers/arena.js';
import { evictMembers } from '../helpers/groups.js';
import { differences } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { kindOf } from '../helpers/model-claims.js';
import type { ModelRecord } from '../helpers/model.js';
import { openPlacedProducer, type PlacedProducer } from '../helpers/placed-records.js';
import { arbitrarySharedLog, interleaved, type SharedLog } from '../helpers/shared-log.js';
import { testStack } from '../helpers/stack.js';
import { openWorkers, type Workers } from '../helpers/workers.js';

/** Fixed, so that the steps that workers come to do not depend on luck; another one comes from the environment. */
const SEED = Number(process.env['METAFOLD_TEST_SEED'] ?? 20_260_301);
/** All of a batch, of a checkpoint and of a removal. */
const STEPS = [
  'create',
  'merge',
  'parents',
  'refresh',
  'search',
  'count',
  'read',
  'delete',
  'losers',
  'replace',
  'letter',
  'commit',
] as const;
const MOMENTS = ['before', 'amid', 'after'] as const;
const DEATHS = STEPS.flatMap((step) => MOMENTS.map((moment) => ({ step, moment })));
/** What comes to one worker. */
const HISTORIES_A_PART = 8;
/** Parts for workers that did not come to their step with the one before. */
const SPARES = 16;
const PARTS = DEATHS.length + SPARES;
const ATTEMPTS = 6;

const test = integration('faults: kill -9');
let arena: Arena;
let workers: Workers;
let producer: PlacedProducer;
let log: SharedLog;

test.setup(async () => {
  process.stdout.write(`seed of this run: METAFOLD_TEST_SEED=${SEED}\n`);
  arena = createArena({ METAFOLD_SETTLE_SECONDS: '1', METAFOLD_COMMIT_INTERVAL_MS: '100', METAFOLD_BULK_BYTES: '4096' });
  test.closing(() => arena.close());
  workers = await openWorkers(arena);
  test.closing(() => workers.close());
  producer = await openPlacedProducer(testStack().brokers);
  test.closing(() => producer.close());
  const now = BigInt(Date.now()) * 1000n;
  const settings = await workers.settings();
  log = arbitrarySharedLog({
    prefix: arena.prefix,
    settings,
    now,
    seed: SEED,
    histories: PARTS * HISTORIES_A_PART,
    partitions: 2,
  });
  const topics = new Set(log.histories.flat().map(({ topic }) => topic));
  for (const name of ['delete', 'insert']) topics.add(systemTopic(arena.prefix, name));
  await arena.createTopics([...topics], 2);
});

/** The first half of the records without tables is folded by the time the rest comes. */
function halves(records: readonly ModelRecord[]): { readonly early: readonly ModelRecord[]; readonly late: readonly ModelRecord[] } {
  const others = records.filter((record) => !['delete', 'insert'].includes(kindOf(record)!));
  const early = new Set(others.slice(0, Math.ceil(others.length / 2)));
  return { early: [...early], late: records.filter((record) => !early.has(record)) };
}

async function killedAt({ step, moment }: (typeof DEATHS)[number]): Promise<boolean> {
  const worker = arena.start(['worker', '--until-idle'], {
    NODE_OPTIONS: `--import ${new URL('../helpers/die-at-step.mjs', import.meta.url).href}`,
    METAFOLD_TEST_DIE: `${moment} ${step} 1`,
  });
  const { code, stderr } = await worker.outcome;
  for (const projection of PROJECTIONS) await evictMembers(testStack().brokers, groupOf(arena, projection));
  if (code !== 'SIGKILL') assert.is(code, 0, stderr);
  return code === 'SIGKILL';
}

test('every step of a worker may be its last', async () => {
  const random = createRandom(SEED);
  const parts = Array.from({ length: PARTS }, (_, n) => {
    const own = log.histories.slice(n * HISTORIES_A_PART, (n + 1) * HISTORIES_A_PART);
    return halves(interleaved(own, random, 'last'));
  });
  await producer.publish(parts.flatMap(({ early }) => early));
  const first = await workers.start({ untilIdle: true });
  await first.ended;
  assert.is(first.failure(), undefined);
  const survived: string[] = [];
  const waiting = [...parts];
  for (const [n, death] of DEATHS.entries()) {
    let killed = false;
    for (let attempt = 0; attempt < ATTEMPTS && !killed && waiting.length >= DEATHS.length - n; attempt++) {
      await producer.publish(waiting.shift()!.late);
      killed = await killedAt(death);
    }
    if (!killed) survived.push(`${death.moment} ${death.step}`);
  }
  await producer.publish(waiting.flatMap(({ late }) => late));
  const last = await workers.start({ untilIdle: true });
  await last.ended;
  assert.is(last.failure(), undefined);
  assert.equal(differences(await workers.documents(), log.expected), [], `METAFOLD_TEST_SEED=${SEED}`);
  assert.equal(survived, [], 'steps that no worker came to');
});
