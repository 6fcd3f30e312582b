/** Servers that stop, restart or refuse writes in the middle of a checkpoint or of a removal: the documents are the expected ones all the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { signalService, stackUp, type ServiceName } from '../../src/stack/index.js';
import { createRandom } from '../../src/generate/random.js';
import { systemTopic } from '../../streams/topics.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { differences } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import { openPlacedProducer, type PlacedProducer } from '../helpers/placed-records.js';
import { arbitrarySharedLog, interleaved } from '../helpers/shared-log.js';
import { testStack } from '../helpers/stack.js';
import type { Step } from '../helpers/steps.mjs';
import { openWorkers } from '../helpers/workers.js';

const SEED = Number(process.env['METAFOLD_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = 12;
/** Longer than the requests' time limit here: they fail, and the server executes them later all the same. */
const AWAY_MS = 5_000;
const REQUEST_TIMEOUT_MS = 2_000;
const QUICK = {
  METAFOLD_SETTLE_SECONDS: '1',
  METAFOLD_COMMIT_INTERVAL_MS: '200',
  METAFOLD_SESSION_TIMEOUT_MS: '6000',
  METAFOLD_BULK_BYTES: '4096',
};

const test = integration('faults: servers');
process.stdout.write(`random seed of this run: METAFOLD_TEST_SEED=${SEED}\n`);

/** Not every history makes workers take every step in each part. */
const ATTEMPTS = 5;

/** Folds histories of chance by two workers. The fault begins when a step is about to be taken in a part; the second part holds deletes and inserts. */
async function assertFolds(step: Step, part: 'first' | 'second', fault: (arena: Arena) => Promise<void>): Promise<void> {
  for (let n = 0; n < ATTEMPTS; n++) if (await fellAndFolded(SEED + n * HISTORIES, step, part, fault)) return;
  assert.unreachable(`no worker came to ${step} in ${ATTEMPTS} logs, METAFOLD_TEST_SEED=${SEED}`);
}

/** Whether a worker came to the step; the documents are the expected ones either way. */
async function fellAndFolded(seed: number, step: Step, part: 'first' | 'second', fault: (arena: Arena) => Promise<void>): Promise<boolean> {
  const arena = createArena(QUICK);
  let armed = false;
  let fallen: Promise<void> | undefined;
  const workers = await openWorkers(arena, {
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    onStep: (taken) => {
      if (armed && taken === step) fallen ??= fault(arena);
    },
  });
  let producer: PlacedProducer | undefined;
  try {
    producer = await openPlacedProducer(testStack().brokers);
    const now = BigInt(Date.now()) * 1000n;
    const log = arbitrarySharedLog({
      prefix: arena.prefix,
      settings: await workers.settings(),
      now,
      seed,
      histories: HISTORIES,
      partitions: 2,
    });
    const topics = new Set(log.histories.flat().map(({ topic }) => topic));
    for (const name of ['delete', 'insert']) topics.add(systemTopic(arena.prefix, name));
    await arena.createTopics([...topics], 2);
    const records = interleaved(log.histories, createRandom(seed), 'last');
    const half = Math.floor(records.length / 2);
    for (const [name, list] of [
      ['first', records.slice(0, half)],
      ['second', records.slice(half)],
    ] as const) {
      const other = await workers.start({ untilIdle: false });
      armed = name === part;
      await producer.publish(list);
      const one = await workers.start({ untilIdle: true });
      await one.ended;
      other.stop(30_000);
      await other.ended;
      assert.is(one.failure() ?? other.failure(), undefined, workers.lines.slice(-20).join(''));
    }
    await fallen;
    assert.equal(differences(await workers.documents(), log.expected), [], `METAFOLD_TEST_SEED=${seed}`);
    return fallen !== undefined;
  } finally {
    await fallen?.catch(() => undefined);
    await producer?.close();
    await workers.close();
    await arena.close();
  }
}

async function away(...services: readonly ServiceName[]): Promise<void> {
  const { dataDir } = testStack();
  for (const service of services) signalService(dataDir, service, 'SIGSTOP');
  await sleep(AWAY_MS);
  for (const service of services) signalService(dataDir, service, 'SIGCONT');
}

let restart: Promise<void> | undefined;

/** Kills OpenSearch and starts it again; whoever asks meanwhile waits for the same. */
function restarted(): Promise<void> {
  const { dataDir } = testStack();
  restart ??= (async () => {
    signalService(dataDir, 'opensearch', 'SIGKILL');
    await sleep(1_000);
    await stackUp({ data: dataDir }, () => undefined);
  })();
  return restart;
}

/** What the disk watermark does to indices, and what an operator does afterwards. */
async function readOnly(arena: Arena): Promise<void> {
  const block = (value: true | null): Promise<unknown> =>
    opensearch('PUT', `/azul.*.${arena.partition}.*/_settings`, { 'index.blocks.read_only_allow_delete': value });
  await block(true);
  await sleep(AWAY_MS);
  await waitFor(() => block(null), { timeoutMs: 30_000, what: 'the block to go' });
}

/** Two folds side by side, which saves half of the time: each gets the faults of both. */
async function together(...folds: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(folds);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

const opensearchAway = (): Promise<void> => away('opensearch');
const kafkaAway = (): Promise<void> => away('kafka');

test('OpenSearch stops before the parents of a checkpoint, and in the middle of a removal', () =>
  together(assertFolds('parents', 'first', opensearchAway), assertFolds('delete', 'second', opensearchAway)));

test('Kafka stops before the parents of a checkpoint, and in the middle of a removal', () =>
  together(assertFolds('parents', 'first', kafkaAway), assertFolds('search', 'second', kafkaAway)));

test('both stop in the middle of a batch, and of a removal', () =>
  together(
    assertFolds('create', 'first', () => away('kafka', 'opensearch')),
    assertFolds('count', 'second', () => away('kafka', 'opensearch')),
  ));

test('OpenSearch restarts in the middle of a batch, and of a removal', () =>
  together(assertFolds('merge', 'second', restarted), assertFolds('count', 'second', restarted)));

test('indices become read-only in the middle of a batch, and of a removal', () =>
  together(assertFolds('merge', 'first', readOnly), assertFolds('search', 'second', readOnly)));
