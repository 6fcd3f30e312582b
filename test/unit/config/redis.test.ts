import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig, type Config } from '../../../src/config/index.js';
import { MetafoldError } from '../../../src/errors.js';

const test = suite('config: redis');

const load = (env: Record<string, string>): Promise<Config<never>> =>
  loadConfig(env, { need: [], findStack: () => Promise.resolve(undefined) });

const ACCEPTED: readonly (readonly [string, readonly string[]])[] = [
  ['redis://h', ['redis://h']],
  ['redis://h:1/3/', ['redis://h:1/3']],
  ['rediss://u:p,w@h:1', ['rediss://u:p,w@h:1']],
  ['redis://u:p@a:1, redis://b:2,redis://u:p@[::1]:3/', ['redis://u:p@a:1', 'redis://b:2', 'redis://u:p@[::1]:3']],
];

for (const [text, urls] of ACCEPTED) {
  test(`takes ${text}`, async () => {
    assert.equal((await load({ METAFOLD_REDIS_URL: text })).redis?.urls, urls);
  });
}

for (const text of [
  'h:1',
  'http://h',
  'redis://',
  'redis://u:geheim@a,rediss://b',
  'redis://u:geheim@a,redis://u:other@b',
  'redis://a,redis://b/2',
]) {
  test(`refuses ${text} without quoting it`, async () => {
    const error = await load({ METAFOLD_REDIS_URL: text }).catch((failure: unknown) => failure);
    assert.instance(error, MetafoldError);
    assert.is((error as MetafoldError).code, 'MF_CONFIG');
    assert.match((error as MetafoldError).message, /^metafold_redis_url: .* expected one address/);
    assert.not.match((error as MetafoldError).message, /geheim/);
  });
}

test('shows addresses without their passwords', async () => {
  const { shown } = await load({ METAFOLD_REDIS_URL: 'redis://u:geheim@a:1,redis://u:geheim@b:2' });
  assert.is(shown.metafold_redis_url?.value, 'redis://u:********@a:1,redis://u:********@b:2');
});

test('takes certificates for rediss://, and says when they have no effect', async () => {
  const files = { METAFOLD_REDIS_SSL_CA_LOCATION: '/ca.pem', METAFOLD_REDIS_SSL_KEY_LOCATION: '/key.pem' };
  const secure = await load({ ...files, METAFOLD_REDIS_URL: 'rediss://h' });
  assert.equal(secure.redis?.tls, { ca: '/ca.pem', certificate: '', key: '/key.pem' });
  assert.equal(secure.warnings, []);
  const plain = await load({ ...files, METAFOLD_REDIS_URL: 'redis://h' });
  assert.is(plain.warnings.length, 2);
  assert.match(plain.warnings[0]!, /^metafold_redis_ssl_ca_location: has no effect/);
});

test.run();
