/** `metafold serve` as operators run it: settings, the audit log, metrics, what it refuses to start with, and how it stops. */
import * as assert from 'uvu/assert';
import { request as httpRequest, Agent } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { startGate } from '../helpers/gate.js';
import { integration, waitFor } from '../helpers/integration.js';
import { startOidcProvider, type TestOidcProvider } from '../helpers/oidc-provider.js';
import { serveApi } from '../helpers/served-api.js';
import { freePort } from '../../src/start/child.js';

const test = integration('api serve');
const ME = '/api/v0/users/me';
let history: ApiHistory;
let provider: TestOidcProvider;

test.setup(async () => {
  history = await apiHistory();
  provider = await startOidcProvider();
  test.closing(() => provider.stop());
});

/** Settings under which callers would be asked for a token that they do not have. */
const REFUSED: readonly Readonly<Record<string, string>>[] = [
  { RESTAPI_SECURITY: 'none', METAFOLD_LABEL_SOURCE: 'token' },
  { RESTAPI_SECURITY: 'none', METAFOLD_LABEL_SOURCE: 'account' },
  { RESTAPI_SECURITY: 'none', METASTORE_NO_SECURITY_PLUGIN_COMPATIBILITY: 'false' },
  { RESTAPI_SECURITY: 'none', METAFOLD_OPENSEARCH_IDENTITY: 'caller' },
  { RESTAPI_SECURITY: 'oauth' },
];

test('does not start where nobody could be told from another', async () => {
  const outcomes = await Promise.all(REFUSED.map((settings) => history.arena.run(['serve'], { RESTAPI_PORT: '0', ...settings }, 1)));
  outcomes.forEach(({ stderr }, n) => {
    assert.match(stderr, 'MF_CONFIG', JSON.stringify(REFUSED[n]));
    assert.match(stderr, /restapi_security/i, JSON.stringify(REFUSED[n]));
  });
});

test('says so when its port is taken', async () => {
  const taken: Server = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const port = String((taken.address() as AddressInfo).port);
  const { stderr } = await history.arena.run(['serve'], { RESTAPI_HOST: '127.0.0.1', RESTAPI_PORT: port }, 1);
  taken.close();
  assert.match(stderr, 'restapi_port');
  assert.match(stderr, port);
});

test('logs a line for every request, with who asked and never with what proves it', async () => {
  const api = await serveApi(history.arena, {
    RESTAPI_SECURITY: 'oidc',
    OIDC_AUTHORITY_URL: provider.url,
    METASTORE_LOG_LEVEL: 'DEBUG',
    RESTAPI_HEADERS: '{"X-Served-By":"test","X-Frame-Options":"DENY"}',
    RESTAPI_ROOT_PATH: '/azul/',
    CORS_ALLOW_ORIGINS: '["https://ui.example"]',
    CORS_ALLOW_HEADERS: '["Authorization"]',
  });
  test.closing(() => api.stop());
  const token = await provider.sign({ roles: ['azul_read', 'LOW'] });
  const expired = await provider.sign({ exp: 1 });
  const ask = (path: string, id: string, more: Readonly<Record<string, string>> = {}) =>
    fetch(`${api.url}${path}`, {
      headers: {
        authorization: `Bearer ${token}`,
        'x-request-id': id,
        'user-agent': 'tester/1',
        referer: 'https://ui.example/a?secret',
        ...more,
      },
      redirect: 'manual',
    });
  const good = await ask('/api/v0/statistics?x=MOD1', 'good');
  const bad = await ask(ME, 'bad', { authorization: `Bearer ${expired}` });
  const unknown = await ask('/api/v0/nope/?token=hidden', 'unknown');
  const docs = await ask('/docs', 'docs');
  const own = await ask(ME, 'not an id');
  await ask('/metrics', 'metrics');
  assert.equal([good.status, bad.status, unknown.status, docs.status, own.status], [200, 401, 404, 307, 200]);
  assert.is(good.headers.get('x-served-by'), 'test');
  assert.is(bad.headers.get('x-frame-options'), 'DENY');
  assert.is(docs.headers.get('location'), '/azul/api');
  assert.is(good.headers.get('x-request-id'), 'good');
  assert.match(own.headers.get('x-request-id')!, /^[0-9a-f-]{36}$/);

  await waitFor(() => api.audit().length >= 5, { timeoutMs: 20_000, what: 'the audit' });
  const lines = api.audit();
  const of = (id: string) => lines.find(({ request }) => request === id)!;
  const { time, duration_ms, client, ...line } = of('good');
  assert.ok(Math.abs(Date.parse(time as string) - Date.now()) < 60_000);
  assert.type(duration_ms, 'number');
  assert.match(client as string, /^127\.0\.0\.1:\d+$/);
  assert.equal(line, {
    level: 'info',
    request: 'good',
    connection: 'keep-alive',
    username: 'alice',
    method: 'GET',
    path: '/api/v0/statistics',
    route: '/api/v0/statistics',
    status: 200,
    user_agent: 'tester/1',
    referer: 'https://ui.example/a',
    security: 'LOW TLP:AMBER+STRICT',
    msg: 'audit',
  });
  assert.equal([of('bad')['username'], of('bad')['status']], ['-', 401]);
  assert.equal([of('unknown')['route'], of('unknown')['status']], ['<unknown>', 404]);
  assert.is(of('metrics'), undefined);
  for (const secret of [token, expired, token.split('.')[2]!, 'hidden', 'secret']) assert.not.match(api.command.log(), secret);

  const preflight = (origin: string) =>
    fetch(`${api.url}${ME}`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });
  assert.is((await preflight('https://ui.example')).headers.get('access-control-allow-origin'), 'https://ui.example');
  assert.match((await preflight('https://ui.example')).headers.get('access-control-allow-headers')!, 'Authorization');
  assert.is((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
  const refused = await fetch(`${api.url}${ME}`, { headers: { origin: 'https://ui.example' } });
  assert.equal([refused.status, refused.headers.get('access-control-allow-origin')], [401, 'https://ui.example']);
  assert.match(refused.headers.get('vary')!, /(?=.*Authorization)(?=.*Origin)/);
  assert.is((await fetch(`${api.url}${ME}`, { method: 'OPTIONS' })).status, 405);
});

test("counts requests under the names of the peer's exporter", async () => {
  const api = await serveApi(history.arena, { RESTAPI_SECURITY: 'none' });
  test.closing(() => api.stop());
  for (const sha256 of ['a', 'b']) await fetch(`${api.url}/api/v0/binaries/${sha256.repeat(64)}`, { method: 'HEAD' });
  await fetch(`${api.url}/nope/1`);
  const text = await (await fetch(`${api.url}/metrics`)).text();
  const route = 'method="HEAD",path="/api/v0/binaries/{sha256}",status_code="404",app_name="azul"';
  assert.match(text, `azulapi_requests_total{${route}} 2`);
  assert.match(text, `azulapi_request_duration_seconds_count{${route}} 2`);
  assert.match(text, 'azulapi_requests_in_progress{method="HEAD",app_name="azul"} 0');
  assert.match(text, 'path="<unknown>",status_code="404"');
  const buckets = [...text.matchAll(/azulapi_request_duration_seconds_bucket\{le="([^"]+)",method="HEAD"/g)].map(([, le]) => le);
  const expected = '0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 30 60 120 +Inf';
  assert.is(buckets.join(' '), expected);
});

test('is ready on neither of its ports while there is nothing to answer from', async () => {
  const metricsPort = await freePort(0);
  for (const [partition, ready] of [
    [history.arena.partition, { status: 200, text: /^ok$/m }],
    [`${history.arena.partition}none`, { status: 503, text: /binary2.*has a worker been started/ }],
  ] as const) {
    const settings = { METASTORE_PARTITION: partition, METASTORE_PROMETHEUS_PORT: String(metricsPort) };
    const api = await serveApi(history.arena, { RESTAPI_SECURITY: 'none', ...settings });
    test.closing(() => api.stop());
    for (const url of [api.url, `http://127.0.0.1:${metricsPort}`]) {
      const answer = await fetch(`${url}/readyz`);
      assert.is(answer.status, ready.status, url);
      assert.match(await answer.text(), ready.text, url);
      assert.is((await fetch(`${url}/healthz`)).status, 200);
    }
    await api.stop();
  }
});

test('answers what is under way when it is stopped, and takes nothing new', async () => {
  const gate = await startGate(new URL(history.arena.environment['METASTORE_OPENSEARCH_URL']!));
  test.closing(() => gate.close());
  const api = await serveApi(history.arena, { RESTAPI_SECURITY: 'none', METASTORE_OPENSEARCH_URL: gate.url });
  test.closing(() => api.stop());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const underWay = new Promise<{ readonly status: number; readonly connection: string | undefined }>((resolve, reject) => {
    const sent = httpRequest(`${api.url}/api/v0/statistics`, { agent }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode!, connection: response.headers.connection }));
    });
    sent.on('error', reject).end();
  });
  await waitFor(() => gate.waiting() > 0, { timeoutMs: 20_000, what: 'OpenSearch to be asked' });
  api.command.process.kill('SIGTERM');
  await waitFor(() => fetch(`${api.url}/healthz`).then(() => false, () => true), { timeoutMs: 20_000, what: 'no new connections' }); // prettier-ignore
  gate.open();
  assert.equal(await underWay, { status: 200, connection: 'close' });
  const { code } = await api.command.outcome;
  assert.is(code, 143);
  agent.destroy();
});

test('lets go of OpenSearch when the caller leaves', async () => {
  const gate = await startGate(new URL(history.arena.environment['METASTORE_OPENSEARCH_URL']!));
  test.closing(() => gate.close());
  const api = await serveApi(history.arena, { RESTAPI_SECURITY: 'none', METASTORE_OPENSEARCH_URL: gate.url });
  test.closing(() => api.stop());
  const leaving = new AbortController();
  const path = `${api.url}/api/v0/binaries/${'a'.repeat(64)}`;
  const asked = fetch(path, { method: 'HEAD', headers: { 'x-request-id': 'leaver' }, signal: leaving.signal });
  await waitFor(() => gate.waiting() === 1, { timeoutMs: 20_000, what: 'OpenSearch to be asked' });
  leaving.abort();
  assert.is(await asked.then(({ status }) => status, (error: unknown) => (error as Error).name), 'AbortError'); // prettier-ignore
  await waitFor(() => gate.waiting() === 0, { timeoutMs: 20_000, what: 'the request to OpenSearch to be ended' });
  const audited = () => api.audit().find(({ request }) => request === 'leaver');
  await waitFor(() => audited() !== undefined, { timeoutMs: 20_000, what: 'the audit line' });
  assert.is(audited()?.['status'], 499);
  assert.match(audited()?.['client'] as string, /^127\.0\.0\.1:[1-9]/);
  gate.open();
  assert.is((await fetch(path, { method: 'HEAD' })).status, 404);
});
