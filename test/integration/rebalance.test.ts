/** Workers that join and leave while a fold is under way: no record is lost and the documents are the expected ones. */
import * as assert from 'uvu/assert';
import { createArena, groupOf, type Arena } from '../helpers/arena.js';
import { groupMembers } from '../helpers/groups.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import type { RunningCommand } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const HISTORY = 'history-plain';
const COPIES = 4;
const SLOWLY = {
  METAFOLD_FETCH_RECORDS: '5',
  METAFOLD_BULK_BYTES: '1024',
  METAFOLD_BULK_CONCURRENCY: '1',
  METAFOLD_MAX_IN_FLIGHT_BYTES: '1048576',
  METAFOLD_COMMIT_INTERVAL_MS: '200',
};
const test = integration('rebalance');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish(HISTORY, '--partitions', '6', '--repeat', String(COPIES));
});

/** Resolves when so many members of the status group have partitions. */
async function sharedBy(count: number): Promise<void> {
  const busy = async (): Promise<boolean> => {
    const members = await groupMembers(testStack().brokers, groupOf(arena, 'status'));
    return members.length === count && members.every(({ partitions }) => partitions > 0);
  };
  await waitFor(busy, { timeoutMs: 60_000, what: `${String(count)} members with partitions`, intervalMs: 50 });
}

const recordsRead = ({ stderr }: { readonly stderr: string }): number => Number(/"records":(\d+),/.exec(stderr)?.[1]);

async function stopped(worker: RunningCommand): Promise<number> {
  worker.process.kill('SIGTERM');
  const outcome = await worker.outcome;
  assert.is(outcome.code, 143, outcome.stderr);
  return recordsRead(outcome);
}

test('loses nothing when a second and a third worker join and leave again', async () => {
  const first = arena.start(['worker'], SLOWLY);
  await sharedBy(1);
  const second = arena.start(['worker'], SLOWLY);
  await sharedBy(2);
  const third = arena.start(['worker'], SLOWLY);
  await sharedBy(3);
  // However fast the first one was: now there is something to read for all three.
  await arena.publish(HISTORY, '--repeat', String(COPIES));
  const others = [await stopped(second)];
  await sharedBy(2);
  others.push(await stopped(third));
  first.process.kill('SIGTERM');
  const outcome = await first.outcome;
  assert.is(outcome.code, 143, outcome.stderr);
  assert.match(outcome.stderr, /"projection":"status".*partitions are taken away/);
  const last = recordsRead(await arena.fold());
  assert.ok(others.some((records) => records > 0), `the others read ${others.join(' and ')} records`); // prettier-ignore
  const read = recordsRead(outcome) + last + others.reduce((a, b) => a + b);
  assert.ok(read >= 2 * COPIES * 1014, `read ${String(read)} of ${String(2 * COPIES * 1014)}`);
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
  assert.is(recordsRead(await arena.fold()), 0);
});
