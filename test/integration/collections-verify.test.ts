/** `metafold collections verify`: it finds what is wrong, and nothing else. */
// test-mostly-waits
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createKeyHasher } from '../../projections/collections/key.js';
import { encodeEvent } from '../../streams/encode.js';
import { systemTopic } from '../../streams/topics.js';
import type { Arena } from '../helpers/arena.js';
import { events, inFold, type FoldCollections } from '../helpers/fold-collections.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';
import { deletes } from '../unit/projections/removal/events.js';

const test = integration('collections: verify');

const QUERY = 'from azul.binary.enriched select sha256';
const COUNT = 'from azul.binary.enriched group every 1h by sha256 select count() as n';
const N = { valueFields: [{ name: 'n', type: 'int8' }] } as const;
const hash = createKeyHasher(['str'], 'md5');

let redis: RedisServer;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
});

type Task = Parameters<FoldCollections['keys']>[0];

interface Verified {
  readonly keys: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly differences: readonly { readonly key: string; readonly kind: string; readonly stored: string | null; readonly expected: string | null }[]; // prettier-ignore
  readonly behind: number;
  readonly rebuildPending: boolean;
}

/** The commands reach the Redis of the fold. */
const inVerified = (action: Parameters<typeof inFold>[1]): Promise<void> => inFold(redis, action, { METAFOLD_REDIS_URL: redis.url });

async function verify(arena: Arena, task: Task, code: 0 | 4): Promise<Verified> {
  const { stdout } = await arena.run(['collections', 'verify', task.friendlyName, '--json'], {}, code);
  const { result, error } = JSON.parse(stdout) as { result: Verified; error: { code: string } | null };
  assert.is(error?.code, code === 0 ? undefined : 'MF_DIFFERENT');
  return result;
}

const keyOf = (task: Task, sha: string): string => `${task.redisKeyBase}:${hash([sha])}`;
const kinds = ({ differences }: Verified): [string, string][] => differences.map(({ key, kind }) => [key, kind]);
const byKey = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);

test('says nothing of what is right, and tells each kind of what is wrong', () =>
  inVerified(async (arena, fold) => {
    await arena.send(events(arena, 10));
    const task = await fold.create(QUERY);
    await fold.fold();
    const right = await verify(arena, task, 0);
    assert.equal(right, { ...right, keys: 10, missing: 0, extra: 0, different: 0, differences: [], behind: 0, rebuildPending: false });

    const { client } = redis;
    await client.del(keyOf(task, 's0'));
    const expiry = await client.pexpiretime(keyOf(task, 's1'));
    await client.set(keyOf(task, 's1'), '9999999999999', 'PXAT', expiry);
    await client.set(keyOf(task, 's2'), '1', 'PXAT', expiry);
    await client.set(keyOf(task, 's3'), 'nonsense', 'PXAT', expiry);
    await client.persist(keyOf(task, 's4'));
    await client.set(keyOf(task, 'nobody'), '9999999999999');
    await client.set(`${task.redisKeyBase}:no hash`, '1');
    const wrong = await verify(arena, task, 4);
    assert.equal({ ...wrong, differences: [] }, { ...right, missing: 1, extra: 2, different: 4 });
    const expected = (['s0', 's1', 's2', 's3', 's4', 'nobody'] as const).map((sha): [string, string] => [
      keyOf(task, sha),
      sha === 's0' ? 'missing' : sha === 'nobody' ? 'extra' : 'different',
    ]);
    assert.equal(kinds(wrong), [...expected, [`${task.redisKeyBase}:no hash`, 'extra'] as [string, string]].sort(byKey));

    const text = await arena.run(['collections', 'verify', task.id, '--limit', '2'], {}, 4);
    assert.match(text.stdout, new RegExp(`10 keys, 1 missing, 2 extra, 4 different\\n$`));
    assert.match(text.stdout, /\n\.\.\. 5 more\n/);

    await fold.tasks.requestRebuild(task.id);
    await fold.fold();
    assert.equal(await verify(arena, task, 0), right);
  }));

test('finds nothing wrong with keys that are folded meanwhile', () =>
  inVerified(async (arena, fold) => {
    const [plain, grouped] = [await fold.create(QUERY), await fold.create(COUNT, N)];
    const worker = fold.start();
    let ended = false;
    const old = Date.now() - 3 * 3_600_000;
    const feeding = (async () => {
      for (let first = 0; !ended; first += 50) {
        await arena.send(events(arena, 50, { first, from: old + first, sha: (index) => `s${index % 7}` }));
        await sleep(5);
      }
    })();
    try {
      await waitFor(async () => (await fold.keys(plain)).size === 7, { timeoutMs: 30_000, what: 'keys' });
      for (const task of [plain, grouped, plain, plain]) assert.is((await verify(arena, task, 0)).different, 0);
    } finally {
      ended = true;
      await feeding;
    }
    await worker.stop();
    await fold.fold();
    const { stdout } = await arena.run(['collections', 'verify', '--all', '--json']);
    const { collections } = (JSON.parse(stdout) as { result: { collections: Verified[] } }).result;
    assert.equal(
      collections.map(({ behind }) => behind),
      [0, 0],
    );
  }));

test('compares groups of windows that are due, and what a stopped task has', () =>
  inVerified(async (arena, fold) => {
    const old = Math.floor((Date.now() - 3 * 3_600_000) / 3_600_000) * 3_600_000;
    await arena.send([
      ...events(arena, 6, { from: old + 1_000, sha: (index) => `s${index % 3}` }),
      // Of a window that is not due yet.
      ...events(arena, 2, { first: 6, from: Date.now() - 1_000, sha: () => 'now' }),
    ]);
    const task = await fold.create(COUNT, N);
    await fold.fold();
    assert.is((await verify(arena, task, 0)).keys >= 3, true);
    await redis.client.set(keyOf(task, 's0'), `[${old + 5_000},3,3]`, 'PXAT', old + 5_000 + task.expireIn * 1_000);
    await redis.client.del(keyOf(task, 's1'));
    await redis.client.set(keyOf(task, 's9'), `[${old + 5_000},3,3]`, 'PXAT', old + 5_000 + task.expireIn * 1_000);
    await fold.move(task, 'STOPPED');
    const wrong = await verify(arena, task, 4);
    assert.equal(
      kinds(wrong),
      [
        [keyOf(task, 's0'), 'different'] as [string, string],
        [keyOf(task, 's1'), 'missing'] as [string, string],
        [keyOf(task, 's9'), 'extra'] as [string, string],
      ].sort(byKey),
    );
    await fold.tasks.requestRebuild(task.id);
    await fold.fold();
    await verify(arena, task, 0);
  }));

test('tells of deletes that are not taken back yet, and of lost keys', () =>
  inVerified(async (arena, fold) => {
    await arena.send(events(arena, 5));
    const task = await fold.create(QUERY);
    await fold.fold();
    const event = { ...deletes.ids('key1'), kafka_key: 'a delete' };
    await arena.send([{ topic: systemTopic(arena.prefix, 'delete'), key: event.kafka_key, value: encodeEvent('delete', event) }]);
    const pending = await verify(arena, task, 4);
    assert.is(pending.rebuildPending, true);
    assert.equal(kinds(pending), [[keyOf(task, 's1'), 'extra']]);
    await fold.fold();
    assert.is((await verify(arena, task, 0)).keys, 4);
    await redis.client.flushall();
    assert.is((await verify(arena, task, 4)).missing, 4);
    await fold.fold();
    assert.is((await verify(arena, task, 0)).keys, 4);
  }));

test('does not ask a task with a limit for more than it has, whoever set the limit', () =>
  inVerified(async (arena, fold) => {
    await arena.send(events(arena, 10));
    const task = await fold.create(QUERY, { limit: 4 });
    await fold.fold();
    assert.is((await fold.keys(task)).size, 4);
    await verify(arena, task, 0);
    await redis.client.set(keyOf(task, 'nobody'), '1');
    assert.equal(kinds(await verify(arena, task, 4)), [[keyOf(task, 'nobody'), 'extra']]);
  }));

test('says so when a collection cannot be folded at all', () =>
  inVerified(async (arena, fold) => {
    const task = await fold.create(QUERY, { query: 'from azul.gone' });
    const { stderr } = await arena.run(['collections', 'verify', task.friendlyName], {}, 1);
    assert.match(
      stderr,
      `MF_INPUT: ${task.friendlyName} can't be folded: LINQ_UNKNOWN_TABLE: unknown table 'azul.gone' at line 1, column 6`,
    );
  }));

test('needs a collection', () =>
  inVerified(async (arena) => {
    const { stderr } = await arena.run(['collections', 'verify', 'nobody'], {}, 1);
    assert.match(stderr, /no collection 'nobody'/);
    assert.match((await arena.run(['collections', 'verify'], {}, 2)).stderr, /expected a collection or --all/);
  }));
