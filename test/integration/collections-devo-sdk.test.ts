/** Collections with devo-sdk's own Client, unmodified (spec 07 §13.6). It speaks TLS only, so a proxy with a certificate stands before the server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import { makeCertificates } from '../helpers/certificates.js';
import { integration } from '../helpers/integration.js';
import { pythonWith } from '../helpers/python-with.js';
import { startRedis, type RedisServer } from '../helpers/redis-servers.js';
import { serveApi, type ServedApi } from '../helpers/served-api.js';

const test = integration('collections with devo-sdk');
const SCRIPT = fileURLToPath(new URL('../helpers/devo_sdk_peer.py', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('../helpers/devo_sdk_requirements.txt', import.meta.url));
const KEY = { secret: 'sdk-secret', domain: 'self', labels: ['LOW'] };

let arena: Arena;
let redis: RedisServer;
let served: ServedApi;
let proxy: Server;
let python: string;

test.setup(async () => {
  python = await pythonWith('devo-sdk', REQUIREMENTS);
  redis = await startRedis();
  test.closing(() => redis.close());
  arena = createArena({ METAFOLD_REDIS_URL: redis.url });
  test.closing(() => arena.close());
  served = await serveApi(arena, { METAFOLD_COLLECTIONS_KEYS: JSON.stringify({ sdk: KEY }) });
  test.closing(() => served.stop());
  const { certificate, key } = makeCertificates(arena.folder);
  proxy = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const forwarded = httpRequest(new URL(url ?? '/', served.url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  test.closing(() => proxy.close());
});

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly status?: number | null;
}

type Call = readonly [method: string, args: readonly unknown[], kwargs?: object];

/** The founding example's configuration, its address and its table apart. */
async function ask(calls: readonly Call[], changes: object = {}, params: object = {}): Promise<Answer[]> {
  const destination = {
    type: 'redis',
    params: { friendlyName: 'redis-001', description: 'd', expireIn: 300, keyFields: [{ name: 'author.name', type: 'str' }, 'sha256'], valueFields: ['sha256'], ...params }, // prettier-ignore
  };
  const config = {
    address: `127.0.0.1:${(proxy.address() as AddressInfo).port}/search/query`,
    auth: { key: 'sdk', secret: KEY.secret },
    verify: false,
    ...{ response: 'json', stream: false, destination, retries: 1, retry_delay: 1, timeout: 30, ...changes },
  };
  const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, PYTHONWARNINGS: 'ignore' } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.end(JSON.stringify({ config, calls: calls.map(([method, args, kwargs = {}]) => [method, args, kwargs]) }));
  const [code] = (await once(child, 'close')) as [number];
  assert.is(code, 0);
  return JSON.parse(output) as Answer[];
}

const QUERY = 'from azul.status group every 5m by author.name, sha256 every 5m';
const query = (kwargs: object = {}): Call => ['query', [], { query: QUERY, dates: { from: '1h', to: null }, ...kwargs }];

interface Envelope {
  readonly msg: string;
  readonly status: number;
  readonly object: { readonly status: string; readonly id: string; readonly query: string; readonly friendlyName: string };
}

test('creates, shows, stops, starts and removes a task', async () => {
  const answers = await ask([query(), ['get_job', ['$id']], ['get_jobs', []], ['stop_job', ['$id']], ['start_job', ['$id']], ['remove_job', ['$id']], ['remove_job', ['$id']]]); // prettier-ignore
  const [created, shown, all, stopped, started, removed, again] = answers.map(({ value, error, message }) => {
    assert.is(error, undefined, message);
    return typeof value === 'string' ? (JSON.parse(value) as Envelope) : (value as Envelope);
  });
  assert.match(created!.object.id, /^[0-9a-f-]{36}$/);
  assert.is((created!.object as unknown as { redisKeyBase: string }).redisKeyBase, 'self#98227faed75fdf73b5382bb5137a8f4e');
  assert.equal(
    [shown!.status, shown!.object.id, shown!.object.friendlyName, shown!.object.query],
    [0, created!.object.id, 'redis-001', QUERY],
  );
  assert.is((all!.object as unknown as Envelope['object'][]).length, 1);
  // Nobody folds the task here: what a stop may find is CREATED.
  assert.equal([stopped!.status, started!.status, removed!.status, again!.status], [108, 101, 0, 100]);
});

test('streams what a query answers, and raises what is wrong with one', async () => {
  const streamed = await ask(
    [query(), ['remove_job', ['$id']]],
    { response: 'json/simple/compact', stream: true },
    { friendlyName: 'streamed' },
  );
  assert.is(streamed[0]!.error, undefined, streamed[0]!.message);
  assert.is((JSON.parse((streamed[0]!.value as string[])[0]!) as Envelope).status, 0);
  const [wrong] = await ask([query({ query: 'from siem.logtrust.web.activity select * limit 10' })]);
  assert.equal([wrong!.error, wrong!.status], ['DevoClientRequestException', 400]);
  assert.match(
    wrong!.message!,
    /^Error Launching Query: LINQ_UNKNOWN_TABLE: unknown table 'siem.logtrust.web.activity' at line 1, column 6/,
  );
  const [unknown] = await ask([query()], { auth: { key: 'sdk', secret: 'not it' } });
  assert.equal(
    [unknown!.error, unknown!.status, unknown!.message],
    ['DevoClientRequestException', 401, 'Error Launching Query: unauthorised'],
  );
});

test('asks the virtual tables', async () => {
  assert.is((await ask([query()], {}, { friendlyName: 'listed' }))[0]!.error, undefined);
  const virtual = 'from system.internal.serrea.task.redis select friendlyName, status';
  const [rows] = await ask([['query', [], { query: virtual, dates: { from: '1h', to: null } }]], { destination: null });
  assert.is(rows!.error, undefined, rows!.message);
  const { object } = JSON.parse(rows!.value as string) as { object: { friendlyName: string; status: string }[] };
  assert.equal(
    object.map(({ friendlyName, status }) => [friendlyName, status]),
    [['listed', 'CREATED']],
  );
});
