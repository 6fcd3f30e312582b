/** The shell around the routes on a real stack: who is asked, what is refused, which headers come with it (spec 04 §2). */
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Ask, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api shell');
type Method = NonNullable<Ask['method']>;

let history: ApiHistory;
let api: TestApi;

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

test('tells whether a binary is there by what the caller may read of it', async () => {
  const children = history.documents.filter(({ docname, source }) => docname === 'binary2' && source['sha256'] !== undefined);
  const hashes = [...new Set(children.map(({ source }) => source['sha256'] as string))];
  const seen = new Set<number>();
  for (const caller of CALLER_NAMES) {
    for (const sha256 of hashes.slice(0, 40)) {
      const visible = children.some((document) => document.source['sha256'] === sha256 && sees(caller, document));
      const { status, text } = await api.ask(caller, `/v0/binaries/${sha256.toUpperCase()}`, { method: 'HEAD' });
      assert.is(status, visible ? 200 : 404, `${caller} ${sha256}`);
      assert.is(text, '');
      seen.add(status);
    }
  }
  assert.is(seen.size, 2, 'some are seen and some are not');
  assert.ok(api.searches() >= 160);
});

test('counts binaries alike for every caller', async () => {
  const parents = history.documents.filter(({ source }) => source['binary_info'] !== undefined && source['sha256'] === undefined);
  for (const caller of CALLER_NAMES) {
    const { status, body, headers } = await api.ask<Envelope<{ binary_count: number }>>(caller, '/v0/statistics');
    assert.is(status, 200);
    assert.equal(body.data, { binary_count: parents.length });
    assert.is(body.meta.sec_filter, null);
    assert.is(headers['x-azul-security'], body.meta.security);
    assert.is(headers['x-username'], caller);
    assert.is(headers['cache-control'], 'private, no-store');
  }
});

const ME = '/api/v0/users/me';

/** Requests without a token, and how they are answered before anyone asks who sent them. */
const UNKNOWN: readonly [method: Method, path: string, status: number, told: object | string][] = [
  ['GET', '/nope', 404, { detail: 'Not Found' }],
  ['POST', '/nope', 404, { detail: 'Not Found' }],
  ['GET', '/api/v0/nope', 404, { detail: 'Not Found' }],
  ['GET', '/api/v0/retrohunt/hunts', 404, { detail: 'Not Found' }],
  ['GET', '/api/v0/nope/', 404, { detail: 'Not Found' }],
  ['GET', '//evil.example/', 404, { detail: 'Not Found' }],
  ['GET', '/api/v0//readonly', 404, { detail: 'Not Found' }],
  ['HEAD', ME, 405, 'GET'],
  ['POST', ME, 405, 'GET'],
  ['PUT', '/api/v1/security/max', 405, 'POST'],
  ['DELETE', ME, 405, 'GET'],
  ['OPTIONS', ME, 405, 'GET'],
  ['GET', `${ME}/`, 307, ME],
  ['POST', `${ME}//`, 307, ME],
  ['GET', `${ME}/?x=a&x=b/`, 307, `${ME}?x=a&x=b/`],
  ['GET', '/docs/', 307, '/docs'],
  ['GET', '/', 307, '/api'],
  ['GET', '/docs', 307, '/api'],
  ['GET', '/api/redoc', 307, '/api'],
];

for (const [method, path, status, told] of UNKNOWN) {
  test(`${method} ${path}: ${status}`, async () => {
    // A body that is none: nobody reads it.
    const { headers, body, ...answer } = await api.askAnonymously(path, {
      method,
      ...(status !== 307 && method !== 'HEAD' && { body: '{' }),
    });
    assert.is(answer.status, status);
    if (status === 307) assert.is(headers['location'], told);
    if (status === 405) assert.is(headers['allow'], told);
    if (status === 405 && method !== 'HEAD') assert.equal(body, { detail: 'Method Not Allowed' });
    if (status === 404) assert.equal(body, told);
    assert.is(headers['x-username'], '-');
    assert.is(headers['x-azul-security'], 'LOW');
    assert.is(headers['x-azul-security-defaulted'], 'true');
  });
}

interface Invalid {
  readonly detail: readonly { readonly type: string; readonly loc: readonly unknown[]; readonly input: unknown }[];
}

/** Bodies; type and place of the first problem. */
const INVALID: readonly [path: string, body: unknown, type: string, loc: readonly unknown[]][] = [
  ['/v1/security/max', undefined, 'missing', ['body']],
  ['/v1/security/max', 'null', 'missing', ['body']],
  ['/v1/security/max', '[1', 'json_invalid', ['body', 2]],
  ['/v1/security/max', {}, 'list_type', ['body']],
  ['/v1/security/max', ['LOW', 1], 'string_type', ['body', 1]],
  ['/v1/security/normalise', '{"security":', 'json_invalid', ['body', 12]],
  ['/v1/security/normalise', [], 'model_attributes_type', ['body']],
  ['/v1/security/normalise', { security: null }, 'string_type', ['body', 'security']],
];

for (const [path, body, type, loc] of INVALID) {
  test(`${JSON.stringify(body)} at ${path} is ${type}`, async () => {
    const answer = await api.ask<Invalid>('low', path, { method: 'POST', body });
    assert.is(answer.status, 422);
    const [problem] = answer.body.detail;
    assert.is(problem?.type, type);
    assert.equal(problem?.loc, loc);
    assert.is(answer.headers['x-username'], 'low');
  });
}

test('answers text, truth and nothing as JSON', async () => {
  const normalised = await api.ask('low', '/v1/security/normalise', { method: 'POST', body: { security: 'TLP:AMBER low', more: 1 } });
  assert.equal([normalised.status, normalised.text], [200, '"LOW TLP:AMBER"']);
  const most = await api.ask('low', '/v1/security/max', { method: 'POST', body: ['LOW', 'MEDIUM'] });
  assert.equal([most.status, most.text], [200, '"MEDIUM"']);
  const admin = await api.ask('low', '/v0/security/is_admin');
  assert.equal([admin.status, admin.text], [200, 'false']);
  for (const { headers } of [normalised, most, admin]) assert.match(String(headers['content-type']), /^application\/json/);
  const absent = await api.ask<{ message: string }>('low', '/v1/security/normalise', { method: 'POST' });
  assert.is(absent.status, 400);
  assert.match(absent.body.message, /^invalid security strings: /);
});

test('refuses bodies and addresses over the limits', async () => {
  const small = await startTestApi(history.arena, { METAFOLD_API_BODY_LIMIT: '1024' });
  test.closing(() => small.close());
  const fits = await small.ask('low', '/v1/security/max', { method: 'POST', body: `[${' '.repeat(1_000)}"LOW"]` });
  assert.is(fits.status, 200);
  const large = await small.ask('low', '/v1/security/max', { method: 'POST', body: `[${' '.repeat(2_000)}"LOW"]` });
  assert.equal([large.status, large.body], [413, { ref: '', message: 'the body is too large' }]);
  const long = await small.ask<{ ref: string; message: string }>('low', `/v0/statistics?x=${'a'.repeat(33_000)}`);
  assert.is(long.status, 414);
  assert.equal(Object.keys(long.body), ['ref', 'message']);
  assert.is(long.headers['x-azul-security'], 'LOW');
});

test('limits how often one caller may ask, and no other with it', async () => {
  const limited = await startTestApi(history.arena, { METAFOLD_API_RATE_LIMIT: '3' });
  test.closing(() => limited.close());
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await limited.ask('low', '/v0/users/me')).status);
  assert.equal(statuses, [200, 200, 200, 429, 429]);
  const { headers, body } = await limited.ask<{ ref: string; message: string }>('low', '/v0/readonly');
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 60, String(headers['retry-after']));
  assert.is(body.ref, '');
  assert.match(body.message, 'requests a minute');
  assert.is((await limited.ask('medium', '/v0/users/me')).status, 200);
  assert.is((await limited.askAnonymously('/healthz')).status, 200);
});

test('lets clients keep what comes from settings alone, and nothing else', async () => {
  const { headers, text } = await api.ask('low', '/v0/security');
  const etag = String(headers['etag']);
  assert.match(etag, /^"[\w-]+"$/);
  assert.is(headers['cache-control'], 'private, no-cache');
  assert.match(String(headers['vary']), 'Authorization');
  assert.ok(text.length > 0);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await api.ask('high', '/v0/security', { headers: { 'if-none-match': known } });
    assert.equal([again.status, again.text, again.headers['etag']], [304, '', etag], known);
  }
  assert.is((await api.ask('low', '/v0/security', { headers: { 'if-none-match': '"other"' } })).status, 200);
  const stranger = await api.askAnonymously('/api/v0/security', { headers: { 'if-none-match': etag } });
  assert.is(stranger.status, 401);
  assert.is((await api.ask('low', '/v0/users/me')).headers['cache-control'], 'private, no-store');
});

test('protects and names every answer', async () => {
  for (const path of [ME, '/nope', '/api/v0/readonly', '/api', '/healthz', '/metrics']) {
    const { headers } = await api.askAnonymously(path, { headers: { 'x-request-id': 'one.request-1_A' } });
    assert.is(headers['x-request-id'], 'one.request-1_A', path);
    assert.is(headers['x-content-type-options'], 'nosniff', path);
    assert.ok(headers['content-security-policy'], path);
    assert.match(String(headers['vary']), path === '/metrics' ? /./ : /Origin/, path);
    assert.is(headers['x-username'], path === '/metrics' ? undefined : '-', path);
    assert.not('x-powered-by' in headers || 'server' in headers, path);
  }
  for (const bad of ['', 'a b', 'a'.repeat(65), 'é', 'a/b']) {
    const { headers } = await api.askAnonymously(ME, { headers: { 'x-request-id': bad } });
    assert.match(String(headers['x-request-id']), /^[0-9a-f]{8}-[0-9a-f-]{27}$/, bad);
  }
});

test('checks labels in x and i, also where no query is sent', async () => {
  for (const [query, name] of [
    ['x=BOGUS', 'exclude'],
    ['i=BOGUS', 'include'],
    ['x=LOW&x=bogus', 'exclude'],
  ] as const) {
    const { status, body } = await api.ask<{ message: string }>('low', `/v0/statistics?${query}`);
    assert.is(status, 422, query);
    assert.match(body.message, new RegExp(`^Bad security provided in security_${name} .*'BOGUS'`));
  }
  const excluded = await api.ask<Envelope<object>>('medium', '/v0/statistics?x=medium&include_queries=YES');
  assert.equal([excluded.body.meta.sec_filter, excluded.body.meta.queries], ['OR', []]);
  assert.is((await api.ask<Envelope<object>>('medium', '/v0/statistics?i=REL:APPLE')).body.meta.sec_filter, 'AND');
});

test('packs what is long for who can unpack it', async () => {
  const { headers } = await api.ask('low', '/v0/security', { headers: { 'accept-encoding': 'gzip' } });
  assert.is(headers['content-encoding'], 'gzip');
  assert.match(String(headers['vary']), /accept-encoding/i);
  assert.is((await api.ask('low', '/v0/readonly', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'], undefined);
});

test('shows its document and page to everyone', async () => {
  const { body } = await api.askAnonymously<{ openapi: string; paths: object }>('/api/openapi.json');
  assert.is(body.openapi, '3.1.0');
  assert.ok(Object.keys(body.paths).every((path) => path.startsWith('/api/v')));
  const page = await api.askAnonymously('/api');
  assert.match(String(page.headers['content-type']), 'text/html');
  const script = /src="\.(\/static\/[^"]+\.js)"/.exec(page.text)?.[1] ?? /src="\/api(\/static\/[^"]+\.js)"/.exec(page.text)?.[1];
  assert.is((await api.askAnonymously(`/api${script}`)).status, 200, page.text);
});

test('documents which bodies must be sent', async () => {
  type Paths = Readonly<Record<string, { readonly post: { readonly requestBody: { readonly required: boolean } } }>>;
  const { paths } = (await api.ask<{ readonly paths: Paths }>('low', '/openapi.json')).body;
  assert.is(paths['/api/v1/security/normalise']!.post.requestBody.required, false);
  assert.is(paths['/api/v1/security/max']!.post.requestBody.required, true);
});
