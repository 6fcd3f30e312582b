/** Workers that come and go all the time, and workers whose clock is set back and forth: the documents are the expected ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createRandom } from '../../src/generate/random.js';
import { systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import type { ModelRecord } from '../helpers/model.js';
import { openPlacedProducer, type PlacedProducer } from '../helpers/placed-records.js';
import { arbitrarySharedLog, cut, interleaved } from '../helpers/shared-log.js';
import { testStack } from '../helpers/stack.js';
import { openWorkers, type RunningWorker, type Workers } from '../helpers/workers.js';

const SEED = Number(process.env['METAFOLD_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = 40;
const PARTITIONS = 3;

const test = integration('faults: workers');
process.stdout.write(`random seed of this run: METAFOLD_TEST_SEED=${SEED}\n`);

interface Field {
  readonly arena: Arena;
  readonly workers: Workers;
  readonly producer: PlacedProducer;
  /** In the order of publication. */
  readonly records: readonly ModelRecord[];
}

/** What `fold` leaves must be what the histories come to. */
async function assertFolds(seed: number, fold: (field: Field) => Promise<void>): Promise<void> {
  const arena = createArena({ METAFOLD_SETTLE_SECONDS: '1', METAFOLD_COMMIT_INTERVAL_MS: '200', METAFOLD_SESSION_TIMEOUT_MS: '6000' });
  const workers = await openWorkers(arena);
  const producer = await openPlacedProducer(testStack().brokers);
  try {
    const now = BigInt(Date.now()) * 1000n;
    const settings = await workers.settings();
    const log = arbitrarySharedLog({ prefix: arena.prefix, settings, now, seed, histories: HISTORIES, partitions: PARTITIONS });
    const topics = new Set(log.histories.flat().map(({ topic }) => topic));
    for (const name of ['delete', 'insert']) topics.add(systemTopic(arena.prefix, name));
    await arena.createTopics([...topics], PARTITIONS);
    await fold({ arena, workers, producer, records: interleaved(log.histories, createRandom(seed), 'anywhere') });
    assert.equal(differences(await workers.documents(), log.expected), [], `METAFOLD_TEST_SEED=${seed}`);
  } finally {
    await producer.close();
    await workers.close();
    await arena.close();
  }
}

test('a worker that is told to end before its first record has nothing to fail with', async () => {
  const arena = createArena();
  const workers = await openWorkers(arena);
  try {
    const one = await workers.start({ untilIdle: false });
    one.stop(30_000);
    await one.ended;
    assert.is(one.failure(), undefined, String(one.failure()));
  } finally {
    await workers.close();
    await arena.close();
  }
});

const ROUNDS = 15;
const AT_ONCE = 3;

test('workers that join and leave every second, some with something in hand', () =>
  assertFolds(SEED, async ({ workers, producer, records }) => {
    const random = createRandom(SEED);
    const slowly = { METAFOLD_FETCH_RECORDS: '5', METAFOLD_BULK_BYTES: '1024' };
    const crew: RunningWorker[] = [];
    const leaving: RunningWorker[] = [];
    for (const piece of cut(records, ROUNDS, random)) {
      await producer.publish(piece);
      crew.push(await workers.start({ untilIdle: false, environment: slowly }));
      if (crew.length > AT_ONCE) {
        const [one] = crew.splice(random.int(0, AT_ONCE - 1), 1);
        one!.stop(random.pick([0, 30_000]));
        leaving.push(one!);
      }
      await sleep(1_000);
    }
    const last = await workers.start({ untilIdle: true });
    await last.ended;
    assert.is(last.failure(), undefined);
    for (const one of crew) one.stop(30_000);
    await Promise.all([...crew, ...leaving].map(({ ended }) => ended));
  }));

test('clocks that are set back and forth by hours', () =>
  assertFolds(SEED + HISTORIES, async ({ arena, producer, records }) => {
    const environment = { NODE_OPTIONS: `--import ${new URL('../helpers/step-clock.mjs', import.meta.url).href}` };
    const one = arena.start(['worker'], environment);
    for (const piece of cut(records, 6, createRandom(SEED))) {
      await producer.publish(piece);
      await sleep(1_200);
    }
    const last = arena.start(['worker', '--until-idle'], environment);
    const outcome = await Promise.race([last.outcome, sleep(60_000, undefined, { ref: false })]);
    assert.ok(outcome, `no worker came to its end:\n${one.log().slice(-2_000)}`);
    assert.is(outcome.code, 0, outcome.stderr);
    one.process.kill('SIGTERM');
    const { code, stderr } = await one.outcome;
    assert.is(code, 143, stderr);
  }));
