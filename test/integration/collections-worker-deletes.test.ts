// test-mostly-waits
import * as assert from 'uvu/assert';
import { createKeyHasher } from '../../projections/collections/key.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { systemTopic } from '../../streams/topics.js';
import type { Arena } from '../helpers/arena.js';
import { events, inFold, type FoldCollections } from '../helpers/fold-collections.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';
import { deletes } from '../unit/projections/removal/events.js';

const test = integration('collections worker: deletes');

const QUERY = 'from azul.binary.enriched select sha256';
const hash = createKeyHasher(['str'], 'md5');
const keyOf = (sha: string): string => hash([sha]);

let redis: RedisServer;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
});

type Task = Parameters<FoldCollections['keys']>[0];

/** A delete of events by their keys. */
function deletion({ prefix }: Arena, ...ids: readonly string[]): OutgoingRecord {
  const event = { ...deletes.ids(...ids), kafka_key: `delete ${ids.join(' ')}` };
  return { topic: systemTopic(prefix, 'delete'), key: event.kafka_key, value: encodeEvent('delete', event) };
}

const hasKeys = (fold: FoldCollections, task: Task, count: number): Promise<unknown> =>
  waitFor(async () => (await fold.keys(task)).size === count, { timeoutMs: 30_000, what: `${count} keys` });

/** Two events for each binary: `key0` and `key10` give `s0`, the latter later. */
const twice = (arena: Arena): OutgoingRecord[] => [
  ...events(arena, 10, { from: Date.now() - 60_000 }),
  ...events(arena, 10, { first: 10, from: Date.now() - 30_000, sha: (index) => `s${index - 10}` }),
];

test('never folds what was deleted before', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send([...events(arena, 5), deletion(arena, 'key1', 'key3')]);
    const task = await fold.create(QUERY);
    await fold.fold();
    assert.equal([...(await fold.keys(task)).keys()].sort(), ['s0', 's2', 's4'].map(keyOf).sort());
    assert.is(fold.tasks.get(task.id)!.progress!.counters.deleted, 2);
  }));

test('takes back what a later delete names: the key goes, or falls back to what is left', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(twice(arena));
    const task = await fold.create(QUERY);
    const worker = fold.start();
    await hasKeys(fold, task, 10);
    const before = await fold.keys(task);
    await arena.send([deletion(arena, 'key10', 'key1', 'key11')]);
    await hasKeys(fold, task, 9);
    const after = await fold.keys(task);
    assert.is(after.get(keyOf('s1')), undefined);
    const [was, is] = [Number(before.get(keyOf('s0'))), Number(after.get(keyOf('s0')))];
    assert.ok(was - is > 29_000 && was - is < 31_000, `${was} fell to ${is}`);
    assert.is(after.get(keyOf('s2')), before.get(keyOf('s2')));
    await arena.send(events(arena, 3, { first: 20 }));
    await hasKeys(fold, task, 12);
    await worker.stop();
  }));

test('takes back after a restart what a delete named meanwhile, of stopped and completed tasks, too', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(twice(arena));
    const [open, stopped, complete] = [
      await fold.create(QUERY),
      await fold.create(QUERY),
      await fold.create(QUERY, { to: Date.now() - 1 }),
    ];
    const worker = fold.start({ timings: { completionMs: 0 } });
    for (const task of [open, stopped, complete]) await hasKeys(fold, task, 10);
    await fold.waitForStatus(complete, 'COMPLETED');
    await fold.move(stopped, 'STOPPED');
    await worker.stop();
    await arena.send([deletion(arena, 'key1', 'key11', 'key12')]);
    await fold.fold();
    for (const task of [open, stopped, complete]) assert.is((await fold.keys(task)).size, 9);
    assert.equal(
      [stopped, complete].map((task) => fold.status(task)),
      ['STOPPED', 'COMPLETED'],
    );
  }));

test('rebuilds once a tombstone on a binary topic has taken events back', () =>
  inFold(redis, async (arena, fold) => {
    const [first, ...others] = events(arena, 5);
    await arena.send([first!, ...others]);
    const task = await fold.create(QUERY);
    const worker = fold.start();
    await hasKeys(fold, task, 5);
    await arena.send([{ ...first!, value: null }]);
    await hasKeys(fold, task, 4);
    await worker.stop();
  }));

test('rebuilds when it is asked to, whatever the keys have become', () =>
  inFold(redis, async (arena, fold) => {
    await arena.send(events(arena, 5));
    const task = await fold.create(QUERY);
    const worker = fold.start();
    await hasKeys(fold, task, 5);
    const before = await fold.keys(task);
    const key = (sha: string): string => `${task.redisKeyBase}:${keyOf(sha)}`;
    await redis.client.del(key('s0'));
    await redis.client.set(key('s1'), '9999999999999');
    await redis.client.set(key('s2'), '1');
    await redis.client.set(key('nobody'), '1');
    await redis.client.persist(key('s3'));
    const expiry = await redis.client.pexpiretime(key('s4'));
    await fold.tasks.requestRebuild(task.id);
    await waitFor(() => fold.tasks.rebuildRequest(task.id) === undefined, { timeoutMs: 20_000, what: 'the rebuild' });
    assert.equal(await fold.keys(task), before);
    assert.is(await redis.client.pexpiretime(key('s3')), expiry - 1);
    await worker.stop();
  }));
