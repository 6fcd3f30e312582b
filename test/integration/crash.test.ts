/** Workers that die, or are told to stop, in the middle of a fold: nothing is lost and the documents are the expected ones. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { systemTopicPattern } from '../../streams/topics.js';
import { createArena, groupOf, PROJECTIONS, SLOWLY, type Arena } from '../helpers/arena.js';
import { evictMembers } from '../helpers/groups.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import type { RunningCommand } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const HISTORY = 'history-plain';
const RECORDS = 1014;
const test = integration('crash');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish(HISTORY, '--partitions', '3');
});

const recordsRead = (log: string): number => Number(/"records":(\d+),/.exec(log)?.[1]);

async function whenFolding(worker: RunningCommand): Promise<void> {
  await waitFor(() => /"projection":"binary".*partitions assigned/.test(worker.log()) || worker.process.exitCode !== null, {
    timeoutMs: 60_000,
    what: 'the worker to get its partitions',
    intervalMs: 10,
  });
}

async function killed(worker: RunningCommand, afterMs: number): Promise<void> {
  await whenFolding(worker);
  await sleep(afterMs);
  if (worker.process.exitCode !== null) return;
  worker.process.kill('SIGKILL');
  await once(worker.process, 'close');
}

test('loses nothing when a worker is killed ten times in one fold', async () => {
  const moments: number[] = [];
  let hits = 0;
  for (let n = 0; n < 10; n++) {
    const moment = Math.round(Math.random() * 500);
    moments.push(moment);
    const worker = arena.start(['worker', '--until-idle'], SLOWLY);
    await killed(worker, moment);
    if (worker.process.signalCode === 'SIGKILL') hits++;
    for (const projection of PROJECTIONS) await evictMembers(testStack().brokers, groupOf(arena, projection));
  }
  const last = await arena.fold();
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), [], `moments ${moments.join(' ')}`);
  assert.ok(hits >= 8, `only ${hits} workers were killed in the middle of the fold, after ${moments.join(' ')} ms`);
  assert.ok(recordsRead(last.stderr) > 0, 'nothing was left for the last worker');
});

test('is stopped by SIGTERM in the middle of a fold with everything it has read committed', async () => {
  const again = { METASTORE_INGESTOR_VERSION_SUFFIX: '1' };
  const worker = arena.start(['worker', '--until-idle'], { ...SLOWLY, ...again });
  const reader = createGroupLagReader(testStack().brokers, {});
  const committed = async (): Promise<boolean> => {
    const partitions = await reader.lag(groupOf(arena, 'status', 1), [systemTopicPattern(arena.prefix, 'status')]);
    return partitions.some((partition) => (partition.committed ?? 0) > 0);
  };
  await waitFor(committed, { timeoutMs: 60_000, what: 'the first commit', intervalMs: 10 }).finally(() => reader.close());
  worker.process.kill('SIGTERM');
  const { code, stderr } = await worker.outcome;
  assert.is(code, 143, stderr);
  const first = recordsRead(stderr);
  assert.ok(first > 0 && first < RECORDS, `read ${first} of ${RECORDS}`);
  const rest = recordsRead((await arena.fold(again)).stderr);
  assert.is(first + rest, RECORDS);
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
});
