/** Collections over HTTP: create, rule, look up, with signatures and labels (spec 07 §3, §8 to §10), on a real server, Kafka and Redis. */
import { createHmac } from 'node:crypto';
import * as assert from 'uvu/assert';
import { collectionKey, createKeyHasher } from '../../projections/collections/key.js';
import { openKeyStore } from '../../src/collections/redis/index.js';
import type { KeyStore } from '../../src/collections/types.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';
import { serveApi, type ServedApi } from '../helpers/served-api.js';

const test = integration('collections over HTTP');

interface Envelope {
  readonly msg: string;
  readonly status: number;
  readonly object: unknown;
}

const ADMIN = 'admin-secret';
const KEYS = {
  low: { secret: 'low-secret', domain: 'team', labels: ['LOW'] },
  high: { secret: 'high-secret', domain: 'team', labels: ['LOW', 'MEDIUM'] },
  other: { secret: 'other-secret', domain: 'others', labels: ['LOW', 'MEDIUM'] },
} as const;
type KeyName = keyof typeof KEYS;

let arena: Arena;
let redis: RedisServer;
let store: KeyStore;
let served: ServedApi;
let adminUrl: string;

test.setup(async () => {
  redis = await startRedis();
  test.closing(() => redis.close());
  store = await openKeyStore({ redis: redis.config, log: { warn: () => undefined, info: () => undefined } });
  test.closing(() => store.close());
  arena = createArena({ METAFOLD_REDIS_URL: redis.url });
  test.closing(() => arena.close());
  served = await serveApi(arena, {
    METAFOLD_COLLECTIONS_KEYS: JSON.stringify(KEYS),
    METAFOLD_COLLECTIONS_ADMIN_TOKEN: ADMIN,
    METAFOLD_COLLECTIONS_ADMIN_LISTEN: '127.0.0.1:0',
    METAFOLD_COLLECTIONS_MAX_TASKS: '8',
  });
  test.closing(() => served.stop());
  const address = (): string | undefined => /"address":"(http:[^"]+)"[^\n]*private endpoint/.exec(served.command.log())?.[1];
  // It is served after the API, and told after that.
  await waitFor(() => address() !== undefined, { timeoutMs: 30_000, what: 'the private endpoint' });
  adminUrl = address()!;
});

function signed(key: KeyName, body: string, timestamp = Date.now()): Record<string, string> {
  const sign = createHmac('sha256', KEYS[key].secret).update(`${key}${body}${timestamp}`).digest('hex');
  return { 'x-logtrust-apikey': key, 'x-logtrust-timestamp': String(timestamp), 'x-logtrust-sign': sign };
}

async function ask(
  path: string,
  { body, headers = {}, method }: { body?: string; headers?: Record<string, string>; method?: string } = {},
): Promise<Envelope & { code: number }> {
  const response = await fetch(`${served.url}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  assert.match(text, /^\{"msg":.*,"status":\d+,"object":/s);
  return { code: response.status, ...(JSON.parse(text) as Envelope) };
}

function request(friendlyName: string, change: object = {}): string {
  const params = {
    friendlyName,
    expireIn: 3_000_000_000,
    keyFields: ['sha256', { name: 'size', type: 'int8' }],
    valueFields: ['source', 'eventdate'],
  };
  return JSON.stringify({ query: 'from azul.binary.sourced', destination: { type: 'redis', params: { ...params, ...change } } });
}

async function create(name: string, key?: KeyName): Promise<{ id: string; redisKeyBase: string }> {
  const body = request(name);
  const { code, object } = await ask('/search/query', { body, ...(key !== undefined && { headers: signed(key, body) }) });
  assert.is(code, 200);
  return object as { id: string; redisKeyBase: string };
}

const call = (key: KeyName, path: string): Promise<Envelope & { code: number }> => ask(path, { headers: signed(key, '') });
const names = ({ object }: Envelope): string[] => (object as { friendlyName: string }[]).map(({ friendlyName }) => friendlyName);

test('of two parallel creates of one name one succeeds', async () => {
  const body = request('race');
  const answers = await Promise.all([ask('/search/query', { body }), ask('/query', { body })]);
  assert.equal(answers.map(({ code }) => code).sort(), [200, 409]);
  const refused = answers.find(({ code }) => code === 409)!;
  assert.equal(refused.object, ['Error Launching Query', "destination.params.friendlyName: 'race' already exists"]);
  assert.is(refused.msg, 'Error Launching Query');
});

test('bad requests are told in the envelope', async () => {
  for (const [body, problem] of [
    ['{', 'body: invalid JSON'],
    ['', 'body: invalid JSON'],
    ['[]', 'body: must be an object'],
    ['{"destination":{"type":"redis"}}', 'query: is required'],
    ['{"query":"from azul.binary"}', 'query: destination is required'],
  ] as const) {
    const { code, status, object } = await ask('/search/query', { body, method: 'POST' });
    assert.is(code, 400);
    assert.is(status, 400);
    assert.ok((object as string[]).includes(problem), body);
  }
});

test('status objects have their members in order, and the life of a task its codes', async () => {
  const { id, redisKeyBase } = await create('life', 'low');
  const { object } = await call('low', `/search/job/${id}`);
  assert.equal(Object.keys(object as object), ['status', 'id', 'lastDatetime', 'extra', 'type', 'friendlyName', 'query', 'error']);
  assert.equal((object as { extra: object }).extra, {
    redisKeyBase,
    keyFields: [
      { name: 'sha256', type: 'str' },
      { name: 'size', type: 'int8' },
    ],
    description: '',
    expireIn: 3_000_000_000,
  });
  assert.is((await call('low', `/job/stop/${id}`)).status, 108, 'no worker has taken it yet');
  assert.is((await call('low', `/job/start/${id}`)).status, 101);
  assert.equal(names(await call('low', '/search/jobs?name=li')), ['life']);
  assert.equal(names(await call('low', '/search/jobs?type=other')), []);
  assert.is((await call('low', `/search/job/remove/${id}`)).status, 0);
  const again = await call('low', `/search/job/remove/${id}`);
  assert.equal([again.code, again.status, again.msg, again.object], [200, 100, 'Task not found', []]);
  assert.is((await call('low', '/search/job/nothing')).status, 100);
  const body = request('life');
  const taken = await ask('/query', { body, headers: signed('low', body) });
  assert.equal((taken.object as string[])[1], "destination.params.friendlyName: 'life' is being removed");
});

test('signatures are checked', async () => {
  const body = request('signed');
  for (const headers of [
    { ...signed('low', body), 'x-logtrust-sign': '0'.repeat(64) },
    signed('low', `${body} `),
    signed('low', body, Date.now() - 301_000),
    { 'x-logtrust-apikey': 'low' },
    { ...signed('low', body), 'x-logtrust-apikey': 'nobody' },
  ]) {
    const { code, object } = await ask('/search/query', { body, headers });
    assert.is(code, 401);
    assert.equal(object, ['Error Launching Query', 'unauthorised']);
  }
  assert.is((await ask('/search/jobs', { headers: { 'x-logtrust-apikey': 'low' } })).code, 401);
});

test('a task of more labels, or of another domain, does not exist', async () => {
  const { id } = await create('secret', 'high');
  for (const key of ['low', 'other'] as const) {
    assert.not.ok(names(await call(key, '/search/jobs')).includes('secret'));
    for (const action of ['', 'stop/', 'start/', 'remove/']) assert.is((await call(key, `/search/job/${action}${id}`)).status, 100);
    const { code, object } = await call(key, '/search/collection/secret/cchas?k=a&k=1');
    assert.equal([code, object], [404, ["collection 'secret' not found"]]);
  }
  assert.ok(names(await call('high', '/search/jobs')).includes('secret'));
  const body = request('secret');
  assert.is((await ask('/query', { body, headers: signed('low', body) })).code, 409);
});

test('look-ups answer one and many, by place and by name', async () => {
  const { redisKeyBase } = await create('found');
  const hash = createKeyHasher(['str', 'int8'], 'md5');
  const eventdate = Date.now();
  await store.write(
    [
      {
        key: collectionKey(redisKeyBase, hash(['abc', 5])),
        value: `[${eventdate},1,"incident",${eventdate}]`,
        pxat: eventdate + 1e9,
        force: false,
      },
    ],
    () => undefined,
  );
  const row = { eventdate, values: { source: 'incident', eventdate } };
  const at = '/search/collection/found';
  assert.is((await ask(`${at}/cchas?k=abc&k=5`)).object, true);
  assert.is((await ask(`${at}/ccheck?k=abc&k=6`)).object, false);
  assert.equal((await ask(`${at}/ccget?k=abc&k=5`)).object, row);
  assert.equal((await ask('/collection/found/ccget', { body: '{"key":{"size":"5","sha256":"abc"}}' })).object, row);
  assert.equal((await ask(`${at}/ccget`, { body: '{"keys":[["abc",5],["abc",null],["abc","5"]]}' })).object, [row, null, row]);
  const many = JSON.stringify({ keys: Array.from({ length: 10_000 }, (_, i) => ['abc', i % 10]) });
  assert.is(((await ask(`${at}/cchas`, { body: many })).object as boolean[]).filter(Boolean).length, 1_000);
  for (const [body, code, problem] of [
    ['{"keys":[["abc",5],["abc"]]}', 400, 'keys[1]: expected 2 values, found 1'],
    ['{"keys":[["abc",5],["abc","x"]]}', 400, "keys[1].size: 'x' is not int8"],
    ['{"key":{"sha256":"abc","port":1}}', 400, 'key.port: unknown field'],
    ['{"keys":[]}', 400, 'keys: must be a list of 1 to 10000 keys'],
    ['{"key":["a",1],"keys":[]}', 400, 'body: must have either key or keys'],
    ['nonsense', 400, 'body: invalid JSON'],
  ] as const) {
    const answer = await ask(`${at}/ccget`, { body });
    assert.equal([answer.code, answer.msg, answer.object], [code, 'Lookup failed', [problem]]);
  }
});

test('tables tell their columns, and tasks can be asked for', async () => {
  const { object } = await ask('/search/table/azul.status');
  assert.equal((object as object[])[0], { fieldName: 'eventdate', type: 'timestamp' });
  const denied = await ask('/search/table/azul.nothing');
  assert.equal([denied.code, denied.status, denied.msg], [403, 403, "Access not allowed for table 'azul.nothing'"]);
  const query = 'from system.internal.serrea.task.redis where friendlyName = "found" select friendlyName, keyFields, expireIn';
  const { object: rows } = await ask('/search/query', { body: JSON.stringify({ query }) });
  const [row] = rows as Record<string, unknown>[];
  assert.is(row!.friendlyName, 'found');
  assert.is(row!.expireIn, 3_000_000_000);
  assert.is((row!.keyFields as unknown[]).length, 2);
});

test('the private endpoint wants its token', async () => {
  const admin = async (path: string, token: string, method = 'GET'): Promise<[number, Envelope]> => {
    const response = await fetch(`${adminUrl}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    return [response.status, (await response.json()) as Envelope];
  };
  assert.is((await admin('/admin/tasks', 'wrong'))[0], 401);
  const [code, { object }] = await admin('/admin/tasks?domain=self', ADMIN);
  assert.is(code, 200);
  const [task] = (object as { id: string; domain: string; counters: object }[]).filter(({ domain }) => domain === 'self');
  assert.equal(Object.keys(task!.counters).length, 9);
  assert.is((await admin(`/admin/tasks/${task!.id}`, ADMIN))[0], 200);
  assert.is((await admin('/admin/tasks/nothing', ADMIN))[0], 404);
  assert.is((await admin(`/admin/tasks/${task!.id}/rebuild`, ADMIN, 'POST'))[0], 200);
});

test('unknown paths and too many tasks are told in the envelope, the API stays as it was', async () => {
  const unknown = await ask('/search/nothing');
  assert.equal([unknown.code, unknown.object], [404, ['Not Found']]);
  let last = 200;
  for (let n = 0; n < 9 && last === 200; n++) ({ code: last } = await ask('/query', { body: request(`more-${n}`) }));
  assert.is(last, 429);
  assert.is((await fetch(`${served.url}/api/v0/nothing`)).status, 404);
});

test('without Redis nothing is created, and look-ups say so', async () => {
  redis.process.kill('SIGKILL');
  const { code, object } = await ask('/search/collection/found/cchas?k=abc&k=5');
  assert.equal([code, object], [503, ['storage unavailable']]);
  await redis.restart();
});
