/** When the provider is asked, and what happens while it does not answer (spec 03 §8). */
import { generateKeyPair } from 'jose';
import { pino } from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAuthenticator, type Authenticator } from '../../../src/access/identity.js';
import { createOidcProvider } from '../../../src/access/oidc-provider.js';
import { asMetafoldError } from '../../../src/errors.js';
import { startOidcProvider, type TestOidcProvider } from '../../helpers/oidc-provider.js';
import { answerTo, authenticatorOf, BAD_TOKEN, createClock, errorOf, UNAVAILABLE, type TestClock } from './support.js';

const test = suite('identity provider');

let provider: TestOidcProvider;
let clock: TestClock;
let authenticator: Authenticator;
const LATER = Math.floor(Date.now() / 1000) + 86_400;

test.before(async () => {
  provider = await startOidcProvider();
});

test.before.each(async () => {
  Object.assign(provider.asked, { discovery: 0, keys: 0, refused: 0 });
  provider.serve({});
  provider.become('up');
  clock = createClock();
  authenticator = await authenticatorOf(provider, { now: clock.now });
});

test.after.each(() => authenticator.close());

test.after(() => provider.stop());

const answerToToken = (token: string): Promise<string> => answerTo(authenticator.authenticate(`Bearer ${token}`));
const signed = (header: Readonly<Record<string, unknown>> = {}): Promise<string> => provider.sign({ exp: LATER }, { header });
const asked = (): [number, number] => [provider.asked.discovery, provider.asked.keys];

test('oidc asks with the first token, oidc_legacy at the start', async () => {
  assert.equal(asked(), [0, 0]);
  await authenticator.authenticate(`Bearer ${await signed()}`);
  assert.equal(asked(), [1, 1]);
  const legacy = await authenticatorOf(provider, { mode: 'oidc_legacy' });
  assert.equal(asked(), [2, 2]);
  await legacy.close();
});

test('oidc_legacy does not start without a provider', async () => {
  provider.become('failing');
  const error = await errorOf(authenticatorOf(provider, { mode: 'oidc_legacy' }));
  assert.is(asMetafoldError(error).code, 'MF_CONFIG');
  assert.match(error.message, /^oidc_authority_url: .*500/);
});

test('keys serve for the time to live, and then are fetched with the discovery document', async () => {
  const token = await signed();
  assert.is(await answerToToken(token), 'accepted');
  clock.pass(599);
  assert.is(await answerToToken(token), 'accepted');
  assert.equal(asked(), [1, 1]);
  clock.pass(1);
  assert.is(await answerToToken(token), 'accepted');
  assert.equal(asked(), [2, 2]);
});

test('a withdrawn key serves until the time to live ends', async () => {
  const token = await signed();
  assert.is(await answerToToken(token), 'accepted');
  await provider.rotate();
  clock.pass(599);
  assert.is(await answerToToken(token), 'accepted');
  clock.pass(1);
  assert.is(await answerToToken(token), BAD_TOKEN);
});

test('without time to live every token asks', async () => {
  const other = await authenticatorOf(provider, { cacheTtlSeconds: 0 });
  for (let count = 1; count <= 3; count++) {
    await other.authenticate(`Bearer ${await signed()}`);
    assert.equal(asked(), [count, count]);
  }
  provider.become('failing');
  assert.is(await answerTo(other.authenticate(`Bearer ${await signed()}`)), UNAVAILABLE);
  await other.close();
});

test('many callers share one fetch', async () => {
  const token = await signed();
  const answers = await Promise.all(Array.from({ length: 50 }, () => answerToToken(token)));
  assert.ok(answers.every((answer) => answer === 'accepted'));
  assert.equal(asked(), [1, 1]);
  await provider.rotate();
  const newer = await signed();
  const newAnswers = await Promise.all(Array.from({ length: 50 }, () => answerToToken(newer)));
  assert.ok(newAnswers.every((answer) => answer === 'accepted'));
  assert.equal(asked(), [1, 2]);
});

test('a changed key is fetched with the first token that names it, at most every 30 s', async () => {
  assert.is(await answerToToken(await signed()), 'accepted');
  await provider.rotate();
  assert.is(await answerToToken(await signed()), 'accepted');
  assert.equal(asked(), [1, 2]);
  await provider.rotate();
  const third = await signed();
  clock.pass(29.9);
  assert.is(await answerToToken(third), BAD_TOKEN);
  assert.equal(asked(), [1, 2]);
  clock.pass(0.1);
  assert.is(await answerToToken(third), 'accepted');
  assert.equal(asked(), [1, 3]);
});

test('a key that another token has just brought is not asked for again', async () => {
  const keeper = createOidcProvider({ authorityUrl: provider.url, cacheTtlSeconds: 600 });
  await keeper.keys();
  await provider.rotate();
  const [first, second] = provider.publicKeys();
  assert.ok((await keeper.keysAnew(first!.kid))!.has(first!.kid));
  assert.ok((await keeper.keysAnew(second!.kid))!.has(second!.kid));
  assert.is(await keeper.keysAnew('made-up'), undefined);
  assert.equal(asked(), [1, 2]);
  await keeper.close();
});

test('an unknown name is worth one fetch until the time to live ends', async () => {
  const { privateKey } = await generateKeyPair('RS256');
  const forged = await provider.sign({ exp: LATER }, { key: privateKey, header: { kid: 'made-up' } });
  for (let count = 0; count < 5; count++) {
    assert.is(await answerToToken(forged), BAD_TOKEN);
    clock.pass(60);
  }
  assert.equal(asked(), [1, 2]);
  clock.pass(600);
  assert.is(await answerToToken(forged), BAD_TOKEN);
  assert.equal(asked(), [2, 4]);
});

test('a wrong signature under a known name fetches nothing', async () => {
  const { privateKey } = await generateKeyPair('RS256');
  const forged = await provider.sign({}, { key: privateKey });
  for (let count = 0; count < 5; count++) {
    assert.is(await answerToToken(forged), BAD_TOKEN);
    clock.pass(31);
  }
  assert.equal(asked(), [1, 1]);
});

test('thousands of worthless tokens fetch the keys a second time, no more', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const token = await provider.sign({}, { alg: 'ES256', key: privateKey });
  const rest = token.replace(/^[^.]*/, '');
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const worthless = [
    ...Array.from({ length: 1_000 }, (_, index) => encode({ alg: 'ES256', kid: `made-up-${index}` }) + rest),
    ...Array.from({ length: 1_000 }, (_, index) => encode({ alg: 'HS256', kid: `made-up-${index}` }) + rest),
    ...Array.from({ length: 1_000 }, (_, index) => `${index}.${index}.${index}`),
  ];
  assert.is(await answerToToken(await signed()), 'accepted');
  for (let start = 0; start < worthless.length; start += 100) {
    const answers = await Promise.all(worthless.slice(start, start + 100).map(answerToToken));
    assert.ok(answers.every((answer) => answer === BAD_TOKEN));
  }
  assert.equal(asked(), [1, 2]);
});

test('what no key could make good is refused without asking', async () => {
  provider.become('refusing');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`;
  for (const token of ['garbage', 'a.b.c', none]) assert.is(await answerToToken(token), BAD_TOKEN);
  assert.is(provider.asked.refused, 0);
});

test('a token without the name of a key is tried with every key that fits', async () => {
  const names = provider.publicKeys();
  const other = await startOidcProvider();
  provider.serve({ keySet: { keys: [...other.publicKeys(), ...names] } });
  assert.is(await answerToToken(await signed({ kid: undefined })), 'accepted');
  assert.is(await answerToToken(await signed({ kid: 'another name' })), 'accepted');
  assert.is(await answerToToken(await other.sign({}, { header: { kid: undefined } })), 'accepted');
  assert.is(await answerToToken(await other.sign({ aud: 'x' }, { header: { kid: undefined } })), BAD_TOKEN);
  assert.equal(asked(), [1, 1]);
  await other.stop();
});

test('while the provider is away its last keys serve, until they are twice as old as they may get', async () => {
  const token = await signed();
  assert.is(await answerToToken(token), 'accepted');
  provider.become('refusing');
  clock.pass(600);
  assert.is(await answerToToken(token), 'accepted');
  clock.pass(599);
  assert.is(await answerToToken(token), 'accepted');
  clock.pass(1);
  assert.is(await answerToToken(token), UNAVAILABLE);
  provider.become('up');
  clock.pass(5);
  assert.is(await answerToToken(token), 'accepted');
});

test('a provider that is away is left alone for 5 s', async () => {
  provider.become('failing');
  const token = await signed();
  assert.is(await answerToToken(token), UNAVAILABLE);
  clock.pass(4.9);
  assert.is(await answerToToken(token), UNAVAILABLE);
  assert.equal(asked(), [1, 0]);
  clock.pass(0.1);
  assert.is(await answerToToken(token), UNAVAILABLE);
  assert.equal(asked(), [2, 0]);
});

test('a failed connection is attempted three times more, a failed answer is not', async () => {
  provider.become('refusing');
  assert.is(await answerToToken(await signed()), UNAVAILABLE);
  assert.is(provider.asked.refused, 4);
  provider.become('failing');
  clock.pass(5);
  assert.is(await answerToToken(await signed()), UNAVAILABLE);
  assert.equal(asked(), [1, 0]);
});

test('a changed key that cannot be fetched is refused, asked for again, and found', async () => {
  assert.is(await answerToToken(await signed()), 'accepted');
  await provider.rotate();
  provider.become('failing');
  const newer = await signed();
  assert.is(await answerToToken(newer), BAD_TOKEN);
  assert.equal(asked(), [1, 2]);
  provider.become('up');
  clock.pass(30);
  assert.is(await answerToToken(newer), 'accepted');
});

test('a provider that is silent costs one timeout, shared by all', async () => {
  const silent = createOidcProvider({ authorityUrl: provider.url, cacheTtlSeconds: 600, timeoutMs: 100 });
  provider.become('silent');
  const answers = await Promise.all(Array.from({ length: 20 }, () => answerTo(silent.keys())));
  assert.ok(answers.every((answer) => answer === UNAVAILABLE));
  assert.equal(asked(), [1, 0]);
  provider.become('up');
  await silent.close();
});

test('a failure is logged once for all who wait, without their tokens', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const other = await authenticatorOf(provider, { log });
  provider.become('failing');
  const token = await signed();
  await Promise.all(Array.from({ length: 10 }, () => answerTo(other.authenticate(`Bearer ${token}`))));
  assert.is(lines.length, 1);
  assert.match(lines[0]!, 'answered 500');
  for (const piece of token.split('.')) assert.not(lines[0]!.includes(piece));
  await other.close();
});

const USELESS: [what: string, change: Parameters<TestOidcProvider['serve']>[0]][] = [
  ['no issuer', { discovery: { issuer: undefined } }],
  ['an issuer that is no text', { discovery: { issuer: ['x'] } }],
  ['no address of keys', { discovery: { jwks_uri: undefined } }],
  ['no algorithms', { discovery: { id_token_signing_alg_values_supported: undefined } }],
  ['only symmetric algorithms', { discovery: { id_token_signing_alg_values_supported: ['HS256', 'none'] } }],
  ['a key set that is none', { keySet: { keys: 'x' } }],
  ['a key set that is a list', { keySet: [] }],
];

for (const [what, change] of USELESS) {
  test(`a provider with ${what} is of no use`, async () => {
    provider.serve(change);
    assert.is(await answerToToken(await signed()), UNAVAILABLE);
  });
}

test('the algorithms are those that the provider lists', async () => {
  provider.serve({ discovery: { id_token_signing_alg_values_supported: ['PS384', 'ES256'] } });
  assert.is(await answerToToken(await provider.sign({}, { alg: 'PS384' })), 'accepted');
  assert.is(await answerToToken(await provider.sign({}, { alg: 'RS256' })), BAD_TOKEN);
});

test('an authority URL may end in a slash', async () => {
  const other = await createAuthenticator({
    mode: 'oidc',
    authorityUrl: `${provider.url}/`,
    clientId: 'web',
    rolesKey: 'roles',
    usernameKey: 'preferred_username',
    cacheTtlSeconds: 600,
  });
  assert.is(await answerTo(other.authenticate(`Bearer ${await signed()}`)), 'accepted');
  await other.close();
});

test.run();
