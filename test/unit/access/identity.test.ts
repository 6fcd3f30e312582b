/** Who is accepted as a caller, and as whom: the table of spec 03 §8. What an attacker would send is in `forged.test.ts`. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAuthenticator, type Authenticator } from '../../../src/access/identity.js';
import { startOidcProvider, type TestOidcProvider } from '../../helpers/oidc-provider.js';
import { answerTo, authenticatorOf, BAD_TOKEN, NOT_AUTHENTICATED } from './support.js';

const test = suite('identity');

let provider: TestOidcProvider;
let oidc: Authenticator;
let legacy: Authenticator;

test.before(async () => {
  provider = await startOidcProvider();
  oidc = await authenticatorOf(provider);
  legacy = await authenticatorOf(provider, { mode: 'oidc_legacy' });
});

test.after(async () => {
  await oidc.close();
  await legacy.close();
  await provider.stop();
});

type Claims = Readonly<Record<string, unknown>>;

const second = (): number => Math.floor(Date.now() / 1000);
const bearer = async (claims?: Claims): Promise<string> => `Bearer ${await provider.sign(claims)}`;

const SCHEMES: [what: string, header: (token: string) => string | undefined, oidc: string, legacy: string][] = [
  ['no header', () => undefined, NOT_AUTHENTICATED, NOT_AUTHENTICATED],
  ['an empty header', () => '', NOT_AUTHENTICATED, NOT_AUTHENTICATED],
  ['a blank header', () => '  ', NOT_AUTHENTICATED, NOT_AUTHENTICATED],
  ['Bearer', (token) => `Bearer ${token}`, 'accepted', 'accepted'],
  ['bearer', (token) => `bearer   ${token} `, 'accepted', 'accepted'],
  ['a bare token', (token) => token, 'accepted', NOT_AUTHENTICATED],
  ['another scheme', (token) => `Token ${token}`, 'accepted', NOT_AUTHENTICATED],
  ['two scheme words', (token) => `Bearer of ${token}`, 'accepted', 'accepted'],
  ['Basic', (token) => `Basic ${token}`, BAD_TOKEN, NOT_AUTHENTICATED],
  ['BASIC', (token) => `BASIC ${token}`, BAD_TOKEN, NOT_AUTHENTICATED],
  ['basic with more words', (token) => `basic x ${token}`, BAD_TOKEN, NOT_AUTHENTICATED],
  ['a scheme alone', () => 'Bearer', BAD_TOKEN, NOT_AUTHENTICATED],
  ['a token with something after it', (token) => `Bearer ${token} x`, BAD_TOKEN, BAD_TOKEN],
];

for (const [what, header, expected, expectedLegacy] of SCHEMES) {
  test(`takes ${what} as the scheme rules say`, async () => {
    const token = await provider.sign();
    assert.is(await answerTo(oidc.authenticate(header(token))), expected);
    assert.is(await answerTo(legacy.authenticate(header(token))), expectedLegacy);
  });
}

const CLAIMS: [what: string, claims: () => Claims, expected: string][] = [
  ['aud list with the client', () => ({ aud: ['other', 'web'] }), 'accepted'],
  ['aud list without the client', () => ({ aud: ['other', 'webs'] }), BAD_TOKEN],
  ['empty aud list', () => ({ aud: [] }), BAD_TOKEN],
  ['wrong aud', () => ({ aud: 'we' }), BAD_TOKEN],
  ['aud that only contains the client as text', () => ({ aud: 'web web2' }), BAD_TOKEN],
  ['aud of another type', () => ({ aud: { web: true } }), BAD_TOKEN],
  ['no aud', () => ({ aud: undefined }), BAD_TOKEN],
  ['exp in a while', () => ({ exp: second() + 5 }), 'accepted'],
  ['exp just past', () => ({ exp: second() }), BAD_TOKEN],
  ['exp long past', () => ({ exp: second() - 86_400 }), BAD_TOKEN],
  ['exp as text', () => ({ exp: String(second() + 300) }), BAD_TOKEN],
  ['no exp', () => ({ exp: undefined }), BAD_TOKEN],
  ['nbf past', () => ({ nbf: second() - 1 }), 'accepted'],
  ['nbf ahead', () => ({ nbf: second() + 5 }), BAD_TOKEN],
  ['nbf as text', () => ({ nbf: '0' }), BAD_TOKEN],
  ['wrong iss', () => ({ iss: 'https://evil.test' }), BAD_TOKEN],
  ['iss with a slash more', () => ({ iss: `${provider.issuer}/` }), BAD_TOKEN],
  ['iss list', () => ({ iss: [provider.issuer] }), BAD_TOKEN],
  ['the authority URL as iss', () => ({ iss: provider.url }), BAD_TOKEN],
  ['no iss', () => ({ iss: undefined }), BAD_TOKEN],
  ['no sub', () => ({ sub: undefined }), BAD_TOKEN],
  ['empty sub', () => ({ sub: '' }), BAD_TOKEN],
  ['numeric sub', () => ({ sub: 7 }), BAD_TOKEN],
  ['sub list', () => ({ sub: ['subject-1'] }), BAD_TOKEN],
  ['no username claim', () => ({ preferred_username: undefined }), BAD_TOKEN],
  ['empty username claim', () => ({ preferred_username: '' }), BAD_TOKEN],
  ['username claim that is no text', () => ({ preferred_username: ['alice'] }), BAD_TOKEN],
  ['service client without azp', () => ({ azpacr: '1' }), BAD_TOKEN],
  ['wrong at_hash', () => ({ at_hash: 'x' }), 'accepted'],
  ['many claims, 10,000 characters', () => ({ more: 'x'.repeat(10_000) }), 'accepted'],
];

for (const [what, claims, expected] of CLAIMS) {
  test(`${expected === 'accepted' ? 'accepts' : 'refuses'} ${what}`, async () => {
    assert.is(await answerTo(oidc.authenticate(await bearer(claims()))), expected);
  });
}

test('takes the present from the clock it is given, to the second', async () => {
  const exp = second() + 1000;
  const token = await bearer({ exp, nbf: exp - 10 });
  const at = async (seconds: number): Promise<string> => {
    const authenticator = await authenticatorOf(provider, { now: () => seconds * 1000 });
    const answer = await answerTo(authenticator.authenticate(token));
    await authenticator.close();
    return answer;
  };
  assert.is(await at(exp - 11), BAD_TOKEN);
  assert.is(await at(exp - 10), 'accepted');
  assert.is(await at(exp - 0.001), 'accepted');
  assert.is(await at(exp), BAD_TOKEN);
});

const USERS: [what: string, claims: Claims, expected: Claims][] = [
  ['defaults', {}, { username: 'alice', org: 'unknown', email: '', roles: [], unique_id: 'subject-1' }],
  ['org and email', { org: 'o', email: 'a@b' }, { org: 'o', email: 'a@b' }],
  ['org and email that are no text', { org: 1, email: null }, { org: 'unknown', email: '' }],
  ['roles with slashes', { roles: ['/a', '//b/c', 'd/', '/'] }, { roles: ['a', 'b/c', 'd/', ''] }],
  ['one role as text', { roles: '/admin' }, { roles: ['admin'] }],
  ['roles of another type', { roles: { admin: true } }, { roles: [] }],
  ['roles null', { roles: null }, { roles: [] }],
  ['roles among other values', { roles: ['a', 1, null, ['admin'], 'b'] }, { roles: ['a', 'b'] }],
  ['azpacr "0"', { azpacr: '0', azp: 'svc' }, { username: 'alice' }],
  ['azpacr 0', { azpacr: 0, azp: 'svc' }, { username: 'alice' }],
  ['azpacr "1"', { azpacr: '1', azp: 'svc' }, { username: 'svc' }],
  ['azpacr 1', { azpacr: 1, azp: 'svc' }, { username: 'svc' }],
  ['azpacr "1" without username claim', { azpacr: '1', azp: 'svc', preferred_username: undefined }, { username: 'svc' }],
  ['azp alone', { azp: 'svc' }, { username: 'alice' }],
];

for (const [what, claims, expected] of USERS) {
  test(`makes a user of ${what}`, async () => {
    const { user } = await oidc.authenticate(await bearer(claims));
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, user[name as keyof typeof user]]));
    assert.equal(found, expected);
  });
}

test('hands on the claims, the token and its end', async () => {
  const exp = second() + 77;
  const token = await provider.sign({ exp, extra: { a: [1] } });
  const identity = await oidc.authenticate(`Bearer ${token}`);
  assert.is(identity.token, token);
  assert.is(identity.expiresAt, exp);
  assert.is(identity.user.decoded['exp'], exp);
  assert.equal(identity.user.decoded['extra'], { a: [1] });
});

test('reads roles and user name from the claims that are configured, at the top level only', async () => {
  const other = await authenticatorOf(provider, { rolesKey: 'groups', usernameKey: 'upn' });
  const { user } = await other.authenticate(await bearer({ groups: ['/g'], upn: 'bob', roles: ['admin'] }));
  assert.equal([user.username, user.roles], ['bob', ['g']]);
  await other.close();
  const inherited = await authenticatorOf(provider, { usernameKey: 'constructor', rolesKey: 'a.b' });
  assert.is(await answerTo(inherited.authenticate(await bearer({ a: { b: ['admin'] } }))), BAD_TOKEN);
  await inherited.close();
});

test('knows nobody in mode none, whatever the header says', async () => {
  const none = await createAuthenticator({
    mode: 'none',
    authorityUrl: 'http://127.0.0.1:1',
    clientId: '',
    rolesKey: '',
    usernameKey: '',
    cacheTtlSeconds: 0,
  });
  const anybody = {
    username: 'anony-moose',
    org: 'testing',
    email: '',
    roles: ['validated'],
    unique_id: 'anony-moose',
    decoded: { sub: 'anony-moose' },
  };
  for (const header of [undefined, 'Bearer none', await bearer({ roles: ['admin'] })]) {
    assert.equal(await none.authenticate(header), { user: anybody, token: undefined, expiresAt: undefined });
  }
  await none.close();
});

test.run();
