/** The result cache on a real Redis: the same answers with it and without, shared by nobody who sees other documents (spec 05 §14). */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, startTestApi, type Ask, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';
import { waitFor } from '../helpers/wait-for.js';

const test = integration('api cache');
/** A database of Redis for this file alone. */
const DATABASE = 9;
const NAMES = ['pe_import', 'c2_url', 'tag_17', 'no such'];

let history: ApiHistory;
let redis: Redis;
let cached: TestApi;
let plain: TestApi;

type Counts = Readonly<Record<string, { readonly name: string; readonly values: number }>>;

test.setup(async () => {
  history = await apiHistory();
  redis = new Redis(`${testStack().redisUrl}/${DATABASE}`);
  test.closing(async () => {
    await redis.flushdb();
    redis.disconnect();
  });
  cached = await startTestApi(history.arena, { METAFOLD_REDIS_URL: `${testStack().redisUrl}/${DATABASE}` });
  test.closing(() => cached.close());
  plain = await startTestApi(history.arena);
  test.closing(() => plain.close());
});

async function count(api: TestApi, caller: CallerName, query = '', ask: Ask = {}): Promise<Counts> {
  const path = `/v0/features/values/counts${query}`;
  const { status, body, text } = await api.ask<Envelope<Counts>>(caller, path, { method: 'POST', body: { items: NAMES }, ...ask });
  assert.is(status, 200, text);
  return body.data;
}

/** Keys, once there are so many. */
async function keys(number: number): Promise<string[]> {
  let found: string[] = [];
  await waitFor(async () => (found = await redis.keys('*')).length >= number, { timeoutMs: 30_000, what: `${number} keys` });
  return found;
}

test('answers the same with the cache and without, and asks OpenSearch once', async () => {
  await redis.flushdb();
  for (const caller of CALLER_NAMES) {
    const expected = await count(plain, caller);
    assert.equal(await count(cached, caller), expected);
    const before = cached.searches();
    assert.equal(await count(cached, caller), expected, caller);
    assert.is(cached.searches(), before, `${caller} is answered from the cache`);
  }
  const found = await keys(CALLER_NAMES.length * NAMES.length);
  assert.is(found.length, CALLER_NAMES.length * NAMES.length);
  assert.is(new Set(found.map((key) => key.split(':')[3])).size, CALLER_NAMES.length, 'each caller has its own entries');
});

test('keeps counts for longer the larger they are', async () => {
  await redis.flushdb();
  const counts = await count(cached, 'all');
  const found = await keys(NAMES.length);
  const classes = new Set<number>();
  for (const key of found) {
    const name = key.split(':').at(-1)!;
    const { values } = counts[name]!;
    const expected = values >= 100 ? 86_400 : 300;
    const ttl = await redis.ttl(key);
    assert.ok(ttl > expected - 60 && ttl <= expected, `${key} with ${values} ends in ${ttl} s`);
    assert.is(await redis.get(key), String(values));
    assert.match(key, /^mf:cnt:feature\.values:[0-9a-f]{64}:d751713988987e9331980363e24189ce:/);
    classes.add(expected);
  }
  assert.is(classes.size, 2);
});

test('gives nobody what was counted for others', async () => {
  await redis.flushdb();
  const questions: [CallerName, string][] = [
    ...CALLER_NAMES.map((caller) => [caller, ''] as [CallerName, string]),
    ['all', '?x=MEDIUM'],
    ['all', '?x=HIGH'],
    ['all', '?i=REL:BEE'],
    ['all', '?author=plugin05'],
  ];
  const expected = new Map<string, Counts>();
  for (const [caller, query] of questions) expected.set(caller + query, await count(plain, caller, query));
  assert.ok(new Set(Array.from(expected.values(), (counts) => JSON.stringify(counts))).size >= 6, 'they differ');
  for (const [caller, query] of questions) assert.equal(await count(cached, caller, query), expected.get(caller + query), caller + query);
  // The entries of one caller are made recognisable: no other question may be answered with them.
  const mine = new Set(await keys(questions.length * NAMES.length));
  for (const key of mine) await redis.del(key);
  await count(cached, 'low');
  for (const key of await keys(NAMES.length)) await redis.set(key, '4242');
  for (const [caller, query] of questions.slice(1)) {
    assert.equal(await count(cached, caller, query), expected.get(caller + query), caller + query);
  }
  assert.is((await count(cached, 'low'))['pe_import']!.values, 4242, 'its own caller is answered with them');
});

test('answers only what is kept when counting is to be skipped', async () => {
  await redis.flushdb();
  assert.equal(await count(cached, 'medium', '?skip_count=true'), {});
  const { body } = await cached.ask<Envelope<Counts>>('medium', '/v0/features/values/counts', {
    method: 'POST',
    body: { items: ['pe_import'] },
  });
  await keys(1);
  const before = cached.searches();
  assert.equal(await count(cached, 'medium', '?skip_count=true'), body.data);
  assert.equal(await count(cached, 'low', '?skip_count=true'), {});
  assert.is(cached.searches(), before);
});

test('keeps nothing that is found with an access which is no label', async () => {
  await redis.flushdb();
  const claims = { roles: ['azul_read', 'LOW', 'MEDIUM'] };
  const expected = await count(plain, 'low', '?i=REL:BEE', { claims });
  assert.equal(await count(cached, 'low', '?i=REL:BEE', { claims }), expected);
  await count(cached, 'low', '', { claims });
  const found = await keys(NAMES.length);
  assert.is(found.length, NAMES.length, 'only those without i are there');
});

test('goes on without a Redis that cannot be reached or does not answer', async () => {
  const expected = await count(plain, 'high');
  const sockets = new Set<Socket>();
  const silent: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  try {
    for (const url of ['redis://127.0.0.1:1', `redis://127.0.0.1:${port}`]) {
      const api = await startTestApi(history.arena, { METAFOLD_REDIS_URL: url });
      try {
        const usual = await timed(() => count(plain, 'high'));
        const without = await timed(async () => assert.equal(await count(api, 'high'), expected));
        assert.ok(without < usual + 2_000, `${url}: ${without} ms, without Redis ${usual} ms`);
        assert.match(await api.metrics.registry.metrics(), /metafold_api_cache_total\{outcome="failed"\} [1-9]/);
      } finally {
        await api.close();
      }
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

test('goes on when Redis stops to answer, and uses it again later', async () => {
  await redis.flushdb();
  const expected = await count(plain, 'high');
  const { hostname, port } = new URL(testStack().redisUrl);
  let answering = true;
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => undefined);
    }
    socket.pipe(upstream);
    upstream.on('data', (data) => {
      if (answering) socket.write(data);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const api = await startTestApi(history.arena, {
    METAFOLD_REDIS_URL: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}/${DATABASE}`,
  });
  const sent = async (): Promise<boolean> => {
    const before = api.searches();
    assert.equal(await count(api, 'high'), expected);
    return api.searches() > before;
  };
  try {
    assert.ok(await sent());
    await keys(NAMES.length);
    assert.not(await sent(), 'answered from the cache');
    answering = false;
    assert.ok(await sent(), 'computed');
    answering = true;
    await waitFor(async () => ((await sent()) ? undefined : true), { timeoutMs: 20_000, what: 'an answer from the cache again' });
  } finally {
    await api.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  }
});

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return Math.round(performance.now() - started);
}
