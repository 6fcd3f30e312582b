// test-mostly-waits
import * as assert from 'uvu/assert';
import { createKeyHasher } from '../../projections/collections/key.js';
import { systemTopic } from '../../streams/topics.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import type { Arena } from '../helpers/arena.js';
import { events, inFold, type FoldCollections } from '../helpers/fold-collections.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';
import { deletes } from '../unit/projections/removal/events.js';

const test = integration('collections worker: groups');

const hash = createKeyHasher(['str'], 'md5');
const COUNT = 'from azul.binary.enriched group every 1h by sha256 select count() as n';
const N = { valueFields: [{ name: 'n', type: 'int8' }] } as const;
/** Start of a window of an hour that is due as soon as the log is silent; the same for all tests, which an hour's end may come into. */
const OLD = Math.floor(Date.now() / 3_600_000 - 3) * 3_600_000;

let redis: RedisServer;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
});

type Task = Parameters<FoldCollections['keys']>[0];

/** Values of `n` by sha256. */
async function counts(fold: FoldCollections, task: Task, ...shas: readonly string[]): Promise<(number | undefined)[]> {
  const keys = await fold.keys(task);
  return shas.map((sha) => {
    const value = keys.get(hash([sha]));
    return value === undefined ? undefined : (JSON.parse(value) as number[])[2];
  });
}

/** Events of one window, dated from its first half on: 3 of `x`, 2 of `y` and 1 of `z` in each round. */
function round(arena: Arena, number: number): OutgoingRecord[] {
  const shas = ['x', 'y', 'z', 'x', 'y', 'x'];
  return events(arena, 6, { first: number * 6, from: OLD + 60_000, sha: (index) => shas[index % 6]! });
}

const until = (fold: FoldCollections, task: Task, expected: readonly (number | undefined)[]): Promise<unknown> =>
  waitFor(async () => JSON.stringify(await counts(fold, task, 'x', 'y', 'z')) === JSON.stringify(expected), {
    timeoutMs: 30_000,
    what: `counts ${JSON.stringify(expected)}`,
  });

const deletion = ({ prefix }: Arena, ...ids: readonly string[]): OutgoingRecord => ({
  topic: systemTopic(prefix, 'delete'),
  key: ids.join(' '),
  value: encodeEvent('delete', deletes.ids(...ids)),
});

test('counts by window, goes on after a restart, and knows what it has counted', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(COUNT, N);
    await arena.send([...round(arena, 0), ...round(arena, 0)], 2);
    await fold.fold();
    assert.equal(await counts(fold, task, 'x', 'y', 'z'), [3, 2, 1]);
    await arena.send([...round(arena, 1), ...round(arena, 0)], 2);
    await fold.fold();
    assert.equal(await counts(fold, task, 'x', 'y', 'z'), [6, 4, 2]);
  }));

test('withdraws what a filter refuses now, also after a restart and a flush', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(`${COUNT} where n < 4`, N);
    await arena.send(round(arena, 0));
    const worker = fold.start();
    await until(fold, task, [3, 2, 1]);
    await arena.send(round(arena, 1));
    await until(fold, task, [undefined, undefined, 2]);
    await waitFor(() => fold.tasks.get(task.id)!.progress!.counters.late === 6, { timeoutMs: 30_000, what: 'six late events to be told' });
    await redis.client.flushall();
    await until(fold, task, [undefined, undefined, 2]);
    await worker.stop();
    // What a worker that died has left behind.
    await redis.client.set(`${task.redisKeyBase}:${hash(['x'])}`, '[1,3,3]');
    await fold.fold();
    assert.equal(await counts(fold, task, 'x', 'y', 'z'), [undefined, undefined, 2]);
  }));

test('counts down when events are deleted', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(COUNT, N);
    await arena.send(round(arena, 0));
    const worker = fold.start();
    await until(fold, task, [3, 2, 1]);
    await arena.send([deletion(arena, 'key0', 'key2')]);
    await until(fold, task, [2, 2, undefined]);
    await arena.send(round(arena, 1));
    await until(fold, task, [5, 4, 1]);
    await worker.stop();
  }));

test('keeps the windows that were emitted when a stopped task is rebuilt, the last one of a silent log, too', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create(COUNT, N);
    await arena.send(round(arena, 0));
    const worker = fold.start();
    await until(fold, task, [3, 2, 1]);
    await fold.move(task, 'STOPPED');
    await worker.stop();
    await arena.send([deletion(arena, 'key2')]);
    await fold.fold();
    assert.equal(await counts(fold, task, 'x', 'y', 'z'), [3, 2, undefined]);
    assert.is(fold.status(task), 'STOPPED');
  }));

test('emits a window of the present only when it is over, one over the whole range at its completion', () =>
  inFold(redis, async (arena, fold) => {
    const open = await fold.create('from azul.binary.enriched group every 1d by sha256 select count() as n', N);
    const whole = await fold.create('from azul.binary.enriched group by sha256 select count() as n', { ...N, to: Date.now() });
    await arena.send(events(arena, 6, { from: Date.now() - 1_000, sha: () => 'x' }));
    const worker = fold.start({ timings: { completionMs: 3_000 } });
    await fold.waitForStatus(whole, 'COMPLETED');
    assert.equal(await counts(fold, whole, 'x'), [6]);
    assert.is((await fold.keys(open)).size, 0);
    await worker.stop();
  }));

test('stops a task whose sum is beyond its type', () =>
  inFold(redis, async (arena, fold) => {
    const task = await fold.create('from azul.binary.enriched group every 1h by sha256 select sum(size) as n', N);
    await arena.send(events(arena, 2, { sha: () => 'x', from: OLD, size: 9_000_000_000_000_000_000n }));
    await fold.fold();
    assert.is(fold.status(task), 'STOPPED');
    assert.match(fold.tasks.get(task.id)!.progress!.error.at(-1)!, /int8 overflow/);
    assert.is((await fold.keys(task)).size, 0);
  }));
