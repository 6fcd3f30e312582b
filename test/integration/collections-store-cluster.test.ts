/** What only a cluster does (spec 07 §8, §11): slots move while rows are written, a server goes or loses its part; the result cache is kept in one, too. */
import { randomBytes } from 'node:crypto';
import calculateSlot from 'cluster-key-slot';
import * as assert from 'uvu/assert';
import { connectRedis } from '../../src/api/cache/redis.js';
import { openKeyStore, StoreOutage } from '../../src/collections/redis/index.js';
import type { Checkpoint, KeyStore, KeyWrite } from '../../src/collections/types.js';
import { integration, waitFor } from '../helpers/integration.js';
import { LEAST_RIGHTS, startRedisCluster, type RedisCluster, type RedisServer } from '../helpers/redis-servers.js';

const test = integration('the store of collections in a cluster');

const log = { warn: () => undefined, info: () => undefined };
const free = (): void => undefined;
const LATER = Date.now() + 3_600_000;
const SILENCE_MS = 2_000;

let cluster: RedisCluster;
let store: KeyStore;
const newBase = (): string => `self#${randomBytes(16).toString('hex')}`;
const row = (key: string, value: string): KeyWrite => ({ key, value, pxat: LATER, force: false });

test.setup(async () => {
  cluster = await startRedisCluster();
  test.closing(() => cluster.close());
  store = await openKeyStore({ redis: cluster.config, log, silenceMs: SILENCE_MS });
  test.closing(() => store.close());
});

const idOf = async ({ client }: RedisServer): Promise<string> => await client.cluster('MYID');

/** The server that has a key's slot, and another one. */
async function ownerAndOther(key: string): Promise<readonly [RedisServer, RedisServer]> {
  const isOwner = await Promise.all(
    cluster.servers.map(({ client }) =>
      client.exists(key).then(
        () => true,
        () => false,
      ),
    ),
  );
  const at = isOwner.indexOf(true);
  return [cluster.servers[at]!, cluster.servers[(at + 1) % cluster.servers.length]!];
}

test('keys are found while their slot moves, and where it has moved to', async () => {
  const base = newBase();
  // Real keys have no tag; here it puts many into one slot, and no other key may fall into it by chance, as the slot is counted.
  const keys = Array.from({ length: 20 }, (_, i) => `${base}:{x}${i}`);
  const slot = calculateSlot(keys[0]!);
  const others = Array.from({ length: 200 }, (_, i) => `${base}:${i}`).filter((key) => calculateSlot(key) !== slot);
  const all = [...keys, ...others];
  const write = async (value: string): Promise<readonly number[]> =>
    store.write(
      all.map((key) => row(key, value)),
      free,
    );
  const [from, to] = await ownerAndOther(keys[0]!);
  const [fromId, toId] = [await idOf(from), await idOf(to)];
  await store.write(
    keys.slice(0, 10).map((key) => row(key, '[1,1]')),
    free,
  );

  await to.client.cluster('SETSLOT', slot, 'IMPORTING', fromId);
  await from.client.cluster('SETSLOT', slot, 'MIGRATING', toId);
  await from.client.migrate('127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys.slice(0, 5));
  const outcomes = await write('[2,1]');
  assert.equal(outcomes.slice(0, 10), Array(10).fill(2), 'five that have moved and five that have not');
  assert.ok(outcomes.slice(10).every((outcome) => outcome === 1));
  assert.ok((await write('[2,1]')).every((outcome) => outcome === 0));
  assert.ok((await write('[3,1]')).every((outcome) => outcome === 2));
  assert.ok((await store.get(all)).every((value) => value === '[3,1]'));
  assert.is(await to.client.cluster('COUNTKEYSINSLOT', slot), 15, 'new ones are made where the slot goes');

  await from.client.migrate('127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys.slice(5, 10));
  for (const { client } of [to, from]) await client.cluster('SETSLOT', slot, 'NODE', toId);
  assert.ok(
    (await write('[4,1]')).every((outcome) => outcome === 2),
    'scripts',
  );
  assert.ok((await store.get(all)).every((value) => value === '[4,1]'));
  assert.is(await to.client.cluster('COUNTKEYSINSLOT', slot), 20);
  assert.is(await store.sweep(base), all.length);
});

test('checkpoints stand on every server: the loss of one server is noticed', async () => {
  const base = newBase();
  const checkpoint: Checkpoint = { id: 'a', seq: 1, offsets: { 'topic/0': 5 }, deletes: 2 };
  await store.resetCheckpoint(base, checkpoint, free);
  assert.is((await store.checkpoints(base)).length, 64);
  for (const { client } of cluster.servers) {
    assert.ok(await store.advanceCheckpoint(base, { ...checkpoint, seq: 2 }, 1, free));
    await client.flushall();
    const found = await store.checkpoints(base);
    assert.ok(found.some((one) => one === undefined) && found.some((one) => one?.seq === 2));
    assert.not(await store.advanceCheckpoint(base, { ...checkpoint, seq: 3 }, 2, free));
    await store.resetCheckpoint(base, checkpoint, free);
  }
});

test('scan and sweep go to every server', async () => {
  const base = newBase();
  const keys = Array.from({ length: 3_000 }, (_, i) => `${base}:${i}`);
  await store.write(
    keys.map((key) => row(key, '1')),
    free,
  );
  const found: string[] = [];
  for await (const page of store.scan(base)) found.push(...page);
  assert.equal(found.sort(), keys.sort());
  for (const { client } of cluster.servers) assert.ok((await client.dbsize()) > 500);
  assert.is(await store.sweep(base), 3_000);
});

test('a server that is gone or stuck is an outage in bounded time, and is used again when it is back', async () => {
  const keys = Array.from({ length: 100 }, (_, i) => `${newBase()}:${i}`);
  const attempt = (): Promise<unknown> =>
    store
      .write(
        keys.map((key) => row(key, '1')),
        free,
      )
      .catch((error: unknown) => error);
  const server = cluster.servers[2]!;
  let connected = 0;
  const stop = store.onConnected(() => connected++);
  server.process.kill('SIGSTOP');
  const started = performance.now();
  assert.instance(await attempt(), StoreOutage);
  assert.ok(performance.now() - started < 3 * SILENCE_MS);
  server.process.kill('SIGCONT');
  await waitFor(async () => Array.isArray(await attempt()) || undefined, { what: 'writes after SIGCONT', timeoutMs: 20_000 });
  await server.kill();
  assert.instance(await attempt(), StoreOutage);
  connected = 0;
  await server.restart();
  await waitFor(async () => Array.isArray(await attempt()) || undefined, { what: 'writes after the restart', timeoutMs: 20_000 });
  assert.ok(connected > 0, 'told of the new connection');
  stop();
});

test('any of the addresses will do, and an account with the listed rights', async () => {
  const { config, servers } = cluster;
  for (const { client } of servers) await client.acl('SETUSER', 'metafold', 'on', '>secret', ...LEAST_RIGHTS);
  const urls = ['redis://metafold:secret@127.0.0.1:1', config.urls[1]!];
  const other = await openKeyStore({ redis: { ...config, urls }, log });
  try {
    assert.ok(other.cluster);
    await other.ping();
    const base = newBase();
    await other.resetCheckpoint(base, { id: 'a', seq: 1, offsets: {}, deletes: 0 }, free);
    assert.is(await other.sweep(base), 64);
    assert.match(String(await servers[0]!.client.client('LIST')), /user=metafold/);
  } finally {
    await other.close();
  }
});

test('the result cache is kept in a cluster, its keys in all slots', async () => {
  let failures = 0;
  const link = await connectRedis({ redis: cluster.config, log, onFailure: () => failures++ });
  const keys = Array.from({ length: 50 }, (_, i) => `mf:cnt:${newBase()}:${i}`);
  try {
    await waitFor(() => link.read(keys), { what: 'the link', timeoutMs: 20_000 });
    failures = 0;
    const replies = await link.run(keys.map((key, i) => ({ name: 'set', keys: [key], args: [i, 'EX', 60] })));
    assert.equal(replies, Array(50).fill('OK'));
    assert.equal(await link.read([...keys, 'mf:none']), [...keys.keys()].map(String).concat(null as unknown as string));
    assert.is(failures, 0);
  } finally {
    link.close();
  }
});
