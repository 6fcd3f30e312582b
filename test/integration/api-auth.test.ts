/** Who is let in, through HTTP (spec 03 §8, §10.5, §10.7): whatever is wrong with a token, there is one answer, and it says nothing more. */
import { createSecretKey } from 'node:crypto';
import { exportSPKI, generateKeyPair, importJWK, type CryptoKey } from 'jose';
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { startTestApi, type Answer, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { signToken } from '../helpers/oidc-provider.js';
import { addressOf, operationsOf } from '../helpers/operations.js';

const test = integration('api auth');
const LOW_ROLES = ['azul_read', 'LOW'];
let history: ApiHistory;
let api: TestApi;

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

const ask = (authorization: string | undefined, path = '/api/v0/users/me'): Promise<Answer> =>
  api.askAnonymously(path, { headers: authorization === undefined ? {} : { authorization } });

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function assertRefused(answer: Answer, detail: string, what: string): void {
  assert.is(answer.status, 401, what);
  assert.equal(answer.body, { detail }, what);
  assert.is(answer.headers['www-authenticate'], 'Bearer', what);
  assert.is(answer.headers['x-username'], '-', what);
  assert.is(answer.headers['x-azul-security-defaulted'], 'true', what);
}

test('no route but the open ones answers without a token, whatever else is wrong with the request', async () => {
  const operations = await operationsOf(api);
  assert.ok(operations.length > 5);
  for (const operation of operations) {
    const values = Object.fromEntries(operation.parameters.map(({ name }) => [name, 'x']));
    const path = `/api${addressOf(operation, values)}`;
    const answer = await api.askAnonymously(path, { method: operation.method, body: '{' });
    assert.is(answer.status, 401, `${operation.method} ${path}`);
    if (operation.method !== 'HEAD') assertRefused(answer, 'Not authenticated', path);
  }
  for (const path of ['/', '/docs', '/api', '/api/openapi.json', '/metrics', '/healthz', '/readyz']) {
    assert.ok((await ask(undefined, path)).status < 400, path);
  }
});

async function forgedTokens(): Promise<Readonly<Record<string, string>>> {
  const { provider } = api;
  const good = await provider.sign({ roles: LOW_ROLES });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const second = Math.floor(Date.now() / 1_000);
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const foreign = (await generateKeyPair('RS256')).privateKey;
  const published = provider.publicKeys().find(({ kty }) => kty === 'RSA')!;
  const publicPem = await exportSPKI((await importJWK(published, 'RS256', { extractable: true })) as CryptoKey);
  const confused = await signToken({ alg: 'HS256', kid: published.kid }, claims, createSecretKey(Buffer.from(publicPem)).export());
  return {
    'alg none': `${encode({ alg: 'none' })}.${payload}.`,
    'alg none with a signature': `${encode({ alg: 'none' })}.${payload}.${signature}`,
    'HS256 with the public key as secret': confused,
    expired: await provider.sign({ roles: LOW_ROLES, exp: second - 1 }),
    'not yet valid': await provider.sign({ roles: LOW_ROLES, nbf: second + 60 }),
    'no exp': await provider.sign({ roles: LOW_ROLES, exp: undefined }),
    'another audience': await provider.sign({ roles: LOW_ROLES, aud: 'other' }),
    'no audience': await provider.sign({ roles: LOW_ROLES, aud: undefined }),
    'another issuer': await provider.sign({ roles: LOW_ROLES, iss: 'https://evil.example' }),
    'unknown key': await provider.sign({ roles: LOW_ROLES }, { key: foreign, header: { kid: 'nobody' } }),
    'known name, other key': await provider.sign({ roles: LOW_ROLES }, { key: foreign }),
    'key from its own header': await provider.sign(
      { roles: LOW_ROLES },
      { key: foreign, header: { jku: 'http://127.0.0.1:1/', kid: 'x' } },
    ),
    'no subject': await provider.sign({ roles: LOW_ROLES, sub: undefined }),
    'empty subject': await provider.sign({ roles: LOW_ROLES, sub: '' }),
    'subject is a number': await provider.sign({ roles: LOW_ROLES, sub: 1 }),
    'no user name': await provider.sign({ roles: LOW_ROLES, preferred_username: undefined }),
    'more roles than signed': `${header}.${encode({ ...claims, roles: ['azul_read', 'LOW', 'HIGH'] })}.${signature}`,
    'signature cut': good.slice(0, -4),
    garbage: 'a.b.c',
    'no JSON': `${Buffer.from('{').toString('base64url')}.e30.x`,
    'a word': 'none',
    'very long': 'a'.repeat(30_000),
  };
}

test('every bad token gets the same answer', async () => {
  for (const [what, token] of Object.entries(await forgedTokens())) {
    assertRefused(await ask(`Bearer ${token}`), 'Not authenticated, bad jwt', what);
  }
  assertRefused(await ask(''), 'Not authenticated', 'an empty header');
});

test('takes a token without scheme, and none as a basic password', async () => {
  const token = await api.provider.sign({ roles: LOW_ROLES });
  assert.is((await ask(token)).status, 200);
  assert.is((await ask(`Bearer ${token}`)).status, 200);
  assert.is((await ask(`Basic ${token}`)).status, 401);
  assert.is((await ask(`Basic ${Buffer.from('azul_writer:secret').toString('base64')}`)).status, 401);
});

test('takes a token for several audiences, signed by any listed algorithm', async () => {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const token = await api.provider.sign({ roles: LOW_ROLES, aud: ['other', 'web'] }, { alg });
    assert.is((await ask(`Bearer ${token}`)).status, 200, alg);
  }
});

interface Refusal {
  readonly ref?: string;
  readonly message?: string;
  readonly detail?: string;
}

/** Roles; status on a route without documents, and on one with. */
const ROLES: readonly [what: string, roles: unknown, plain: number, documents: number][] = [
  ['minimum access and the right to read', LOW_ROLES, 200, 200],
  ['groups with a leading slash', ['/azul_read', '//LOW'], 200, 200],
  ['no roles', [], 401, 401],
  ['no claim of roles', undefined, 401, 401],
  ['roles that are no list', { LOW: true }, 401, 401],
  ['one role as text', 'LOW', 200, 403],
  ['a higher label without the least one', ['azul_read', 'HIGH'], 401, 401],
  ['the label in another case', ['azul_read', 'low'], 401, 401],
  ['safe labels spelled out', ['azul_read', 's-low', 's-any'], 401, 401],
  ['minimum access without the right to read', ['LOW'], 200, 403],
  ['an administrator without labels', ['admin'], 401, 401],
  ['the role of the service', ['azul_write', 'azul_read'], 401, 401],
];

for (const [what, roles, plain, documents] of ROLES) {
  test(`a caller with ${what}: ${plain}, with documents ${documents}`, async () => {
    const authorization = `Bearer ${await api.provider.sign({ roles })}`;
    const [me, statistics] = [await ask(authorization), await ask(authorization, '/api/v0/statistics')];
    assert.is(me.status, plain);
    assert.is(statistics.status, documents);
    const told = statistics.body as Refusal;
    if (documents === 403) assert.equal(told, { detail: 'Opensearch authorization failed' });
    if (documents === 401) assert.equal(Object.keys(told), ['ref', 'message']);
    if (plain === 401) assert.is(me.headers['x-username'], '-');
  });
}

test('a service client is known by its own name', async () => {
  const service = await api.provider.sign({ roles: LOW_ROLES, azp: 'scanner', azpacr: '1' });
  assert.is((await ask(`Bearer ${service}`)).headers['x-username'], 'scanner');
  const person = await api.provider.sign({ roles: LOW_ROLES, azp: 'scanner', azpacr: '0' });
  assert.is((await ask(`Bearer ${person}`)).headers['x-username'], 'alice');
});

test('a name that would break a header is no name for one', async () => {
  for (const name of ['a\r\nx-azul-security: LOW', 'a\u0000b', 'é日本']) {
    const answer = await ask(`Bearer ${await api.provider.sign({ roles: LOW_ROLES, preferred_username: name })}`);
    assert.ok(answer.status < 500, `${JSON.stringify(name)}: ${answer.status}`);
    assert.not.match(String(answer.headers['x-username']), /[\r\n\0]/);
    assert.is((answer.body as { username: string }).username, name);
  }
});

test('a new key is taken at once, the old one no more', async () => {
  // Its own server: keys are not looked up again so soon after the unknown ones above.
  const fresh = await startTestApi(history.arena);
  test.closing(() => fresh.close());
  const me = async (token: string) => fresh.askAnonymously('/api/v0/users/me', { headers: { authorization: `Bearer ${token}` } });
  const before = await fresh.provider.sign({ roles: LOW_ROLES });
  assert.is((await me(before)).status, 200);
  await fresh.provider.rotate();
  assert.is((await me(await fresh.provider.sign({ roles: LOW_ROLES }))).status, 200);
  assertRefused(await me(before), 'Not authenticated, bad jwt', 'signed with the old key');
});

test('a provider that is away is no reason to let anyone in', async () => {
  const fresh = await startTestApi(history.arena, { OIDC_CACHE_TTL: '0' });
  test.closing(() => fresh.close());
  const token = await fresh.provider.sign({ roles: LOW_ROLES });
  fresh.provider.become('refusing');
  const answer = await fresh.askAnonymously('/api/v0/users/me', { headers: { authorization: `Bearer ${token}` } });
  assert.is(answer.status, 503);
  assert.equal(answer.body, { ref: '', message: 'identity provider unavailable' });
  assert.ok(Number(answer.headers['retry-after']) > 0);
});
