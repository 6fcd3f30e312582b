/** Collections over a history: the same keys whatever befell the fold (spec 07 §13). */
// test-mostly-waits
import { setTimeout as sleep } from 'node:timers/promises';
import { SLOWLY } from '../helpers/arena.js';
import type { HistoryLine, ModelTask } from '../helpers/collections-model.js';
import {
  assertModel,
  assertModelWithoutDeletes,
  createTasks,
  inPlace,
  lines,
  publish,
  TASKS,
  WORKER,
} from '../helpers/collections-place.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';

const test = integration('collections over a history: losses and deletes');

let redis: RedisServer;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
});

test('keys that are lost at any moment of the fold', () =>
  inPlace(redis, [redis], async (place) => {
    const { arena } = place;
    // A task whose range is over ends with the log as it is: not before all is published.
    const isOver = ({ to }: ModelTask): boolean => to !== undefined;
    await createTasks(
      place,
      TASKS.filter((task) => !isOver(task)),
    );
    const worker = arena.start(['worker', '--projections', 'collections'], SLOWLY);
    const flushes = (async () => {
      for (let times = 0; times < 8; times++) {
        await sleep(Math.random() * 2_000);
        await redis.client.flushall();
      }
    })();
    await publish(place, lines, '--partitions', '3');
    await createTasks(place, TASKS.filter(isOver));
    await flushes;
    worker.process.kill('SIGKILL');
    await worker.outcome;
    await arena.run(WORKER);
    await assertModel(place);
    await arena.run(['collections', 'verify', '--all']);
  }));

test('deletes that come when all is folded, and keys that are lost', () =>
  inPlace(redis, [redis], async (place) => {
    const { arena } = place;
    const isLate = ({ topic, event }: HistoryLine): boolean => topic.endsWith('.system.delete') || event === null;
    const early = lines.filter((line) => !isLate(line));
    await publish(place, early);
    await createTasks(place);
    await arena.run(WORKER);
    await assertModelWithoutDeletes(place, early);
    await publish(place, lines.filter(isLate));
    // Killed between having read the deletes and having rebuilt all of the collections.
    const killed = arena.start(['worker', '--projections', 'collections']);
    await waitFor(() => killed.log().includes('collection is rebuilt'), { timeoutMs: 60_000, what: 'a rebuild' });
    killed.process.kill('SIGKILL');
    await killed.outcome;
    await arena.run(WORKER);
    // Everything that tombstones name stands before them in the log now.
    await assertModel(place, [...early, ...lines.filter(isLate)]);
    await redis.client.flushall();
    await arena.run(WORKER);
    // The completed tasks among them, too.
    await assertModel(place, [...early, ...lines.filter(isLate)]);
    await arena.run(['collections', 'verify', '--all']);
    await arena.run(['collections', 'rebuild', '--all', '--no-wait']);
    await arena.run(WORKER);
    await assertModel(place, [...early, ...lines.filter(isLate)]);
    await arena.run(['collections', 'verify', '--all']);
  }));
