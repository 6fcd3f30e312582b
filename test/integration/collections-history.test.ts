/** Collections over a history: the same keys however the log came about, by one worker or several (spec 07 §13). */
// test-mostly-waits
import * as assert from 'uvu/assert';
import { SLOWLY } from '../helpers/arena.js';
import { modelKeys } from '../helpers/collections-model.js';
import { assertModel, createTasks, inPlace, lines, publish, shuffled, stored, TASKS, WORKER } from '../helpers/collections-place.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, startRedisCluster, type RedisCluster, type RedisServer } from '../helpers/redis-servers.js';

const test = integration('collections over a history');

let redis: RedisServer;
let cluster: RedisCluster;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
  cluster = await startRedisCluster();
  test.closing(() => cluster.close());
});

test('in the order of the file, and rows of labels that the creator lacks are not there', () =>
  inPlace(redis, [redis], async (place) => {
    await publish(place, lines);
    await createTasks(place);
    await place.arena.run(WORKER);
    await assertModel(place);
    const [all, low] = [
      await stored(place, 'seen by low'),
      modelKeys({ ...TASKS.find(({ name }) => name === 'seen by low')!, labels: undefined }, lines, place.policy, Date.now()),
    ];
    assert.ok(all.size < low.size, 'some are denied');
  }));

test('shuffled, every record twice, with tasks that were there before', () =>
  inPlace(redis, [redis], async (place) => {
    await createTasks(place);
    await publish(place, shuffled(lines.flatMap((line) => (line.event === null ? [line] : [line, line]))));
    await place.arena.run(WORKER);
    await assertModel(place);
  }));

test('in several partitions on a cluster, by three workers of which one is killed', () =>
  inPlace(cluster, cluster.servers, async (place) => {
    const { arena } = place;
    await publish(place, lines, '--partitions', '5');
    await createTasks(place);
    const workers = [1, 2, 3].map(() => arena.start(['worker', '--projections', 'collections'], SLOWLY));
    await waitFor(() => workers.some((worker) => worker.log().includes('collection task is folded')), {
      timeoutMs: 60_000,
      what: 'a fold',
    });
    workers[0]!.process.kill('SIGKILL');
    for (const worker of workers.slice(1)) worker.process.kill('SIGTERM');
    for (const { outcome } of workers) await outcome;
    await arena.run(WORKER);
    await assertModel(place);
  }));
