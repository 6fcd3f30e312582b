/** Tokens that the provider did not make, or not like this (spec 03 §8). */
import { createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Authenticator } from '../../../src/access/identity.js';
import { signToken, startOidcProvider, type TestOidcProvider } from '../../helpers/oidc-provider.js';
import { answerTo, authenticatorOf, BAD_TOKEN, errorOf } from './support.js';

const test = suite('forged tokens');

let provider: TestOidcProvider;
let attacker: TestOidcProvider;
let authenticator: Authenticator;
let foreignKey: CryptoKey;
let foreignPublicKey: JWK;

test.before(async () => {
  provider = await startOidcProvider();
  attacker = await startOidcProvider();
  authenticator = await authenticatorOf(provider);
  const pair = await generateKeyPair('RS256', { extractable: true });
  foreignKey = pair.privateKey;
  foreignPublicKey = await exportJWK(pair.publicKey);
});

test.after(async () => {
  await authenticator.close();
  await provider.stop();
  await attacker.stop();
});

const answerToToken = (token: string): Promise<string> => answerTo(authenticator.authenticate(`Bearer ${token}`));

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A true token with another header before its payload and signature. */
async function withHeader(header: object): Promise<string> {
  return (await provider.sign()).replace(/^[^.]*/, encode(header));
}

async function withClaim(name: string, value: unknown): Promise<string> {
  const [header, payload, signature] = (await provider.sign()).split('.');
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
  return `${header}.${encode({ ...claims, [name]: value })}.${signature}`;
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`a token signed with ${alg} is accepted`, async () => assert.is(await answerToToken(await provider.sign({}, { alg })), 'accepted'));
}

const FORGED: [what: string, forge: () => Promise<string> | string][] = [
  ['a word', () => 'x'],
  ['three empty pieces', () => '..'],
  ['a list as header', () => `${encode([])}.${encode({})}.x`],
  ['10,000 characters', () => 'a.'.repeat(5_000)],
  ['a header of 10,000 brackets', () => `${Buffer.from('['.repeat(10_000)).toString('base64url')}.e30.x`],
  ['five pieces', async () => `${await provider.sign()}.a.b`],
  ['a payload that is no object', async () => signToken({ alg: 'RS256' }, 'text', foreignKey)],
  ['alg none without signature', async () => (await withHeader({ alg: 'none' })).replace(/[^.]*$/, '')],
  ['alg none with a signature', () => withHeader({ alg: 'none' })],
  ['alg NONE', () => withHeader({ alg: 'NONE' })],
  ['no alg', () => withHeader({ kid: 'rsa-1' })],
  ['alg that is no text', () => withHeader({ alg: ['RS256'], kid: 'rsa-1' })],
  ['another key under a known name', () => provider.sign({}, { key: foreignKey })],
  ['another key without a name', () => provider.sign({}, { key: foreignKey, header: { kid: undefined } })],
  ['another key under a name that is no text', () => provider.sign({}, { key: foreignKey, header: { kid: 1 } })],
  ['another key under an unknown name', () => provider.sign({}, { key: foreignKey, header: { kid: 'rsa-0' } })],
  ['a changed payload', () => withClaim('roles', ['admin'])],
  ['a signature cut short', async () => (await provider.sign()).slice(0, -8)],
  ['no signature', async () => (await provider.sign()).replace(/[^.]*$/, '')],
  ['the name of a key of another kind', () => provider.sign({}, { header: { kid: 'ec-1' } })],
  ['RS384, which the provider does not list', () => provider.sign({}, { alg: 'RS384' })],
  ['PS256, which the provider does not list', () => provider.sign({}, { alg: 'PS256' })],
];

for (const [what, forge] of FORGED) {
  test(`${what} is refused`, async () => assert.is(await answerToToken(await forge()), BAD_TOKEN));
}

test('HMAC with anything public as secret is refused, though the provider lists HS256', async () => {
  const key = provider.publicKeys()[0]!;
  const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const secrets = [pem, String(pem).trim(), key.n!, Buffer.from(key.n!, 'base64url'), JSON.stringify(key), 'web'];
  const { payload } = splitToken(await provider.sign());
  for (const secret of secrets) {
    const bytes = new Uint8Array(Buffer.from(secret));
    for (const header of [{ alg: 'HS256', kid: key.kid }, { alg: 'HS256' }]) {
      assert.is(await answerToToken(await signToken(header, payload, bytes)), BAD_TOKEN);
    }
  }
});

test('a symmetric key in the key set proves nothing', async () => {
  const secret = Buffer.from('0123456789abcdef0123456789abcdef');
  const keys = [...provider.publicKeys(), { kty: 'oct', kid: 'oct-1', alg: 'HS256', k: secret.toString('base64url') }];
  provider.serve({ keySet: { keys } });
  const other = await authenticatorOf(provider);
  const { payload } = splitToken(await provider.sign());
  const token = await signToken({ alg: 'HS256', kid: 'oct-1' }, payload, new Uint8Array(secret));
  assert.is(await answerTo(other.authenticate(`Bearer ${token}`)), BAD_TOKEN);
  assert.is(await answerTo(other.authenticate(`Bearer ${await provider.sign()}`)), 'accepted');
  provider.serve({});
  await other.close();
});

test('a key that is not for signatures proves nothing', async () => {
  provider.serve({ keySet: { keys: provider.publicKeys().map((key) => ({ ...key, use: 'enc' })) } });
  const other = await authenticatorOf(provider);
  assert.is(await answerTo(other.authenticate(`Bearer ${await provider.sign()}`)), BAD_TOKEN);
  provider.serve({});
  await other.close();
});

const KEY_NAMES = [
  '../../../../dev/null',
  '/etc/passwd',
  'file:///dev/null',
  'https://evil.test/key',
  "x' UNION SELECT 'key' --",
  'rsa-1\u0000',
  'rsa-1 ',
  'RSA-1',
  '__proto__',
  'constructor',
  '',
  'k'.repeat(10_000),
];

test('the name of a key is only compared', async () => {
  for (const kid of KEY_NAMES) {
    assert.is(await answerToToken(await provider.sign({}, { key: foreignKey, header: { kid } })), BAD_TOKEN, kid);
  }
});

test('keys that a token brings along or points to are ignored', async () => {
  const headers = [
    { jku: `${attacker.url}/certs` },
    { x5u: `${attacker.url}/certs` },
    { jwk: foreignPublicKey },
    { jwk: foreignPublicKey, kid: undefined },
    { x5c: ['MIIB'] },
    { iss: attacker.url },
  ];
  for (const header of headers) {
    assert.is(await answerToToken(await provider.sign({}, { key: foreignKey, header })), BAD_TOKEN);
    assert.is(await answerToToken(await provider.sign({}, { header: { ...header, kid: 'rsa-1' } })), 'accepted');
  }
  assert.is(await answerToToken(await attacker.sign()), BAD_TOKEN);
  assert.equal(attacker.asked, { discovery: 0, keys: 0, refused: 0 });
});

test('a refusal holds neither token nor claims', async () => {
  const token = await provider.sign({ exp: 1, email: 'private@example.test' });
  const error = await errorOf(authenticator.authenticate(`Bearer ${token}`));
  const shown = [error.message, error.stack, String(error.cause), JSON.stringify(error)].join('\n');
  for (const secret of ['private@example', ...token.split('.')]) assert.not(shown.includes(secret));
  assert.match(error.message, 'ERR_JWT_EXPIRED');
});

function splitToken(token: string): { readonly payload: unknown } {
  return { payload: JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) };
}

test.run();
