// test-mostly-waits
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { events, inFold, type FoldCollections } from '../helpers/fold-collections.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';

const test = integration('collections worker: loss and ownership');

const QUERY = 'from azul.binary.enriched select sha256';

let redis: RedisServer;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
});

const hasKeys = (fold: FoldCollections, task: Parameters<FoldCollections['keys']>[0], count: number): Promise<unknown> =>
  waitFor(async () => (await fold.keys(task)).size === count, { timeoutMs: 30_000, what: `${count} keys` });

test('folds again what a flush took, without anybody doing anything', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 30), 2);
    const task = await fold.create(QUERY);
    const worker = fold.start();
    await hasKeys(fold, task, 30);
    const before = await fold.keys(task);
    await redis.client.flushall();
    await hasKeys(fold, task, 30);
    assert.equal(await fold.keys(task), before);
    assert.match(await worker.metrics(), /metafold_collection_losses_total 1/);
    await worker.stop();
  }));

test('has every key in the end, whenever flushes come', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(QUERY);
    const worker = fold.start();
    let sent = 0;
    for (let round = 0; round < 15; round++) {
      await arena.send(events(arena, 40, { first: sent }), 2);
      sent += 40;
      await sleep(Math.random() * 300);
      await redis.client.flushall();
    }
    await worker.stop();
    await redis.client.flushall();
    await fold.fold();
    assert.is((await fold.keys(task)).size, sent);
  }));

test('reconnects when Redis dies, and folds again what it had', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 20));
    const task = await fold.create(QUERY);
    const worker = fold.start();
    await hasKeys(fold, task, 20);
    await redis.kill();
    await arena.send(events(arena, 20, { first: 20 }));
    await fold.waitForStatus(task, 'RECONNECTING');
    assert.match(worker.readiness()!, /reconnects/);
    await redis.restart();
    await fold.waitForStatus(task, 'RUNNING');
    await hasKeys(fold, task, 40);
    assert.match(fold.tasks.get(task.id)!.progress!.error.at(-1)!, /^\d{4}-.*Z reconnecting: /);
    await worker.stop();
  }));

test('shares tasks between workers, and hands them over', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 20), 2);
    const tasks = [];
    for (let i = 0; i < 12; i++) tasks.push(await fold.create(QUERY));
    const first = fold.start();
    for (const task of tasks) await hasKeys(fold, task, 20);
    const second = fold.start();
    const owners = (): Set<string | undefined> => new Set(fold.tasks.tasks().map(({ progress }) => progress?.owner));
    await waitFor(() => owners().size === 2, { timeoutMs: 40_000, what: 'both workers to own tasks' });
    await arena.send(events(arena, 20, { first: 20 }), 2);
    for (const task of tasks) await hasKeys(fold, task, 40);
    await first.stop();
    await arena.send(events(arena, 20, { first: 40 }), 2);
    for (const task of tasks) await hasKeys(fold, task, 60);
    await waitFor(() => owners().size === 1, { timeoutMs: 20_000, what: 'one owner' });
    await second.stop();
    assert.not(
      fold.lines.some((line) => line.includes('has lost data')),
      'a handover is no loss',
    );
  }));
