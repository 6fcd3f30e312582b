// test-mostly-waits
import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { createKeyHasher } from '../../projections/collections/key.js';
import { createGroupAdmin } from '../../streams/group-admin.js';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { systemTopic } from '../../streams/topics.js';
import { loadConfig } from '../../src/config/index.js';
import { events, inFold, type FoldCollections } from '../helpers/fold-collections.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';

const test = integration('collections worker');

const QUERY = 'from azul.binary.enriched select sha256';
const hash = createKeyHasher(['str'], 'md5');

let redis: RedisServer;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
});

const hasKeys = (fold: FoldCollections, task: Parameters<FoldCollections['keys']>[0], count: number): Promise<unknown> =>
  waitFor(async () => (await fold.keys(task)).size === count, { timeoutMs: 30_000, what: `${count} keys` });

test('folds what is there until it is idle, and pauses the task', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 50), 3);
    const task = await fold.create(QUERY);
    await fold.fold();
    const keys = await fold.keys(task);
    assert.is(keys.size, 50);
    assert.match(keys.get(hash(['s7']))!, /^[0-9]{13}$/);
    assert.is(await redis.client.pexpiretime(`${task.redisKeyBase}:${hash(['s7'])}`), Number(keys.get(hash(['s7']))) + 1_000_000_000);
    assert.is(fold.status(task), 'PAUSED');
    const { progress } = fold.tasks.get(task.id)!;
    assert.equal([progress!.counters.received, progress!.counters.written, progress!.lag], [50, 50, 0]);
  }));

test('shows how far a task is as a consumer group, which goes when the task is removed', () =>
  inFold(redis, async (arena, fold) => {
    const { kafka } = await loadConfig(arena.environment, { need: ['kafka'] });
    const lags = createGroupLagReader(kafka.brokers, kafka.client);
    const groups = createGroupAdmin(kafka.brokers, kafka.client);
    try {
      await arena.send(events(arena, 50), 3);
      const task = await fold.create(QUERY);
      const group = `azul-${arena.prefix}-collection-${task.id}`;
      const shown = async (): Promise<readonly number[]> => {
        const found = await lags.lag(group, [`^azul\\.${arena.prefix}\\.[a-z0-9]+\\.binary\\.enriched$`]);
        const committed = found.reduce((sum, one) => sum + (one.committed ?? 0), 0);
        return [found.length, committed, found.reduce((sum, one) => sum + one.lag, 0)];
      };
      await fold.fold();
      assert.equal(await shown(), [3, 50, 0]);
      await arena.send(events(arena, 60).slice(50), 3);
      assert.equal(await shown(), [3, 50, 10]);
      const worker = fold.start({ timings: { groupOffsetsMs: 100 } });
      await waitFor(async () => (await shown()).join() === '3,60,0', { timeoutMs: 30_000, what: 'a commit while it folds' });
      await fold.move(task, 'REMOVED');
      await waitFor(async () => !(await groups.listGroups()).includes(group), { timeoutMs: 30_000, what: 'the group to be gone' });
      await worker.stop();
    } finally {
      lags.close();
      groups.close();
    }
  }));

test('reads the log once for tasks that begin together, each as if it were alone', () =>
  inFold(redis, async (arena, fold) => {
    const count = 20_000;
    await arena.send(events(arena, count), 3);
    const tasks = [];
    for (let n = 0; n < 3; n++) tasks.push(await fold.create(QUERY));
    const worker = fold.start();
    for (const task of tasks) await hasKeys(fold, task, count);
    const read = Number(/^metafold_collection_records_read_total (\d+)$/m.exec(await worker.metrics())![1]);
    assert.ok(read >= count && read < 2.5 * count, `${read} records read for three tasks over ${count}`);
    await worker.stop();
  }));

test('follows what comes, on topics that come, too, and goes on after a stop and a start', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(QUERY);
    const worker = fold.start();
    await fold.waitForStatus(task, 'RUNNING');
    await arena.send(events(arena, 10));
    await hasKeys(fold, task, 10);
    await fold.move(task, 'STOPPED');
    await arena.send(events(arena, 10, { first: 10 }));
    await waitFor(() => fold.lines.some((line) => line.includes('is folded')), { timeoutMs: 10_000, what: 'start' });
    assert.is((await fold.keys(task)).size, 10);
    await fold.move(task, 'RUNNING');
    await hasKeys(fold, task, 20);
    assert.is(worker.readiness(), undefined);
    assert.match(await worker.metrics(), /metafold_collection_rows_total\{task="[^"]+",outcome="received"\} \d+/);
    await worker.stop();
    assert.is(fold.status(task), 'PAUSED');
  }));

test('sweeps the keys of a removed task, and those of no other', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 10));
    const [gone, stays] = [await fold.create(QUERY), await fold.create(QUERY)];
    const worker = fold.start({ timings: { forgetMs: 500 } });
    await hasKeys(fold, gone, 10);
    await hasKeys(fold, stays, 10);
    await fold.move(gone, 'REMOVED');
    await waitFor(() => fold.tasks.get(gone.id) === undefined, { timeoutMs: 20_000, what: 'the removed task to be forgotten' });
    assert.equal(await redis.client.keys(`${gone.redisKeyBase}*`), []);
    assert.is((await fold.keys(stays)).size, 10);
    await worker.stop();
  }));

test('forgets a task that came second to its name when its creator has not', () =>
  inFold(redis, async (arena, fold) => {
    const winner = await fold.create(QUERY);
    const loser = { ...winner, id: randomUUID() };
    await arena.send([{ topic: systemTopic(arena.prefix, 'collection-task'), key: loser.id, value: Buffer.from(JSON.stringify(loser)) }]);
    await fold.tasks.catchUp();
    assert.equal(fold.tasks.losers(), [loser.id]);
    const worker = fold.start();
    await waitFor(() => fold.tasks.losers().length === 0, { timeoutMs: 20_000, what: 'the second task to be forgotten' });
    await fold.move(winner, 'REMOVED');
    await fold.tasks.catchUp();
    assert.is(fold.tasks.get(loser.id), undefined);
    await worker.stop();
  }));

test('completes finite tasks, and those with a limit once they have their rows', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 20, { from: Date.now() - 600_000 }));
    const finite = await fold.create(QUERY, { to: Date.now() - 300_000 });
    const limited = await fold.create(`${QUERY} limit 5`);
    const worker = fold.start();
    await fold.waitForStatus(finite, 'COMPLETED');
    await fold.waitForStatus(limited, 'COMPLETED');
    assert.is((await fold.keys(finite)).size, 20);
    assert.is((await fold.keys(limited)).size, 5);
    // By which its keys are made again should Redis lose them.
    const offsets = Object.values(fold.tasks.get(finite.id)!.progress!.offsets);
    assert.is(
      offsets.reduce((sum, offset) => sum + offset, 0),
      20,
    );
    await worker.stop();
    assert.is(fold.status(finite), 'COMPLETED');
  }));

test('stops a task whose query does not compile, and says why', () =>
  inFold(redis, async (_, fold) => {
    const task = await fold.create(QUERY, { query: 'from azul.nothing' });
    await fold.fold();
    assert.is(fold.status(task), 'STOPPED');
    assert.match(fold.tasks.get(task.id)!.progress!.error[0]!, /LINQ_UNKNOWN_TABLE/);
  }));

test('is run by the command, which needs a Redis for it and no OpenSearch', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 10));
    const task = await fold.create(QUERY);
    const args = ['worker', '--projections', 'collections', '--until-idle'];
    const { stderr } = await arena.run(args, { METAFOLD_REDIS_URL: redis.url, METASTORE_OPENSEARCH_URL: '' });
    assert.match(stderr, /"projections":\["collections"\]/);
    assert.is((await fold.keys(task)).size, 10);
    const refused = await arena.run(args, { METAFOLD_REDIS_URL: '' }, 1);
    assert.match(refused.stderr, /METAFOLD_REDIS_URL is not set/);
  }));

test('goes on after it was killed', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(QUERY);
    let sent = 0;
    for (let round = 0; round < 3; round++) {
      await arena.send(events(arena, 200, { first: sent }), 2);
      sent += 200;
      const { process } = arena.start(['worker', '--projections', 'collections'], { METAFOLD_REDIS_URL: redis.url });
      await waitFor(async () => (await fold.keys(task)).size > sent - 200, { timeoutMs: 60_000, what: 'first keys' });
      process.kill('SIGKILL');
    }
    await fold.fold();
    assert.is((await fold.keys(task)).size, sent);
  }));
