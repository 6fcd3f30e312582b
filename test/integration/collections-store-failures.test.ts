/** How the store of collections fails (spec 07 §8, §11): what is waited for, what is refused, certificates and accounts, the server's locale. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { openKeyStore, StoreOutage, StoreRefusal } from '../../src/collections/redis/index.js';
import type { Checkpoint, KeyStore, KeyWrite } from '../../src/collections/types.js';
import type { RedisConfig } from '../../src/config/index.js';
import { MetafoldError } from '../../src/errors.js';
import { makeCertificates } from '../helpers/certificates.js';
import { integration, waitFor } from '../helpers/integration.js';
import { LEAST_RIGHTS, startRedis, startRedisIn, startSecureRedis, type RedisServer, type SecureRedis } from '../helpers/redis-servers.js';

const test = integration('failures of the store of collections');

const log = { warn: () => undefined, info: () => undefined };
const free = (): void => undefined;
const LATER = Date.now() + 3_600_000;
const SILENCE_MS = 1_500;
const run = promisify(execFile);

let server: RedisServer;
let secure: SecureRedis;
let store: KeyStore;
const newBase = (): string => `self#${randomBytes(16).toString('hex')}`;
const row = (key: string, value: string): KeyWrite => ({ key, value, pxat: LATER, force: false });
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => assert.unreachable('no failure'),
    (error: unknown) => error,
  );
const opening = (redis: RedisConfig): Promise<unknown> =>
  openKeyStore({ redis, log, silenceMs: SILENCE_MS }).then(
    async (opened) => opened.close(),
    (error: unknown) => error,
  );

test.setup(async () => {
  server = await startRedis();
  test.closing(() => server.close());
  secure = await startSecureRedis();
  test.closing(() => secure.close());
  store = await openKeyStore({ redis: server.config, log, silenceMs: SILENCE_MS });
  test.closing(() => store.close());
});

test('a server that is stuck is an outage in bounded time for whatever is asked, and comes back over new connections', async () => {
  const base = newBase();
  const rows = Array.from({ length: 2_000 }, (_, i) => row(`${base}:${i}`, '[1,1]'));
  let connected = 0;
  const stop = store.onConnected(() => connected++);
  server.process.kill('SIGSTOP');
  const started = performance.now();
  const asked = [store.write(rows, free), store.get(['x']), store.ping(), store.sweep(base), store.checkpoints(base)];
  for (const failure of await Promise.all(asked.map(failureOf))) assert.instance(failure, StoreOutage);
  assert.instance(await failureOf(store.get(['x'])), StoreOutage);
  assert.ok(performance.now() - started < 3 * SILENCE_MS, `${performance.now() - started} ms`);
  server.process.kill('SIGCONT');
  await waitFor(() => store.get(['x']), { what: 'the server', timeoutMs: 20_000 });
  assert.ok(connected > 0);
  assert.is((await store.write(rows, free)).length, rows.length);
  stop();
});

test('nothing is queued for a server that is gone: it fails at once, and is used again when it is back, empty', async () => {
  const base = newBase();
  await store.write([row(`${base}:a`, '[1,1]')], free);
  await server.kill();
  try {
    const isNoticed = async (): Promise<true | undefined> => /ECONNREFUSED/.test(String(await failureOf(store.get(['x'])))) || undefined;
    await waitFor(isNoticed, { what: 'the outage', timeoutMs: 20_000 });
    let guarded = 0;
    const started = performance.now();
    assert.instance(await failureOf(store.write([row(`${base}:b`, '[1,1]')], () => guarded++)), StoreOutage);
    assert.ok(performance.now() - started < 200);
    assert.is(guarded, 0, 'not even asked whether it may be sent');
  } finally {
    await server.restart();
  }
  await waitFor(() => store.get(['x']), { what: 'the server', timeoutMs: 20_000 });
  assert.equal(await store.get([`${base}:a`, `${base}:b`]), [null, null]);
  assert.equal(await store.write([row(`${base}:b`, '[1,1]')], free), [1]);
});

test('after a flush the checkpoint is not advanced over what is lost', async () => {
  const base = newBase();
  const checkpoint: Checkpoint = { id: 'a', seq: 7, offsets: { 'topic/0': 5 }, deletes: 2 };
  await store.resetCheckpoint(base, checkpoint, free);
  await server.client.flushall();
  assert.not(await store.advanceCheckpoint(base, { ...checkpoint, seq: 8 }, 7, free));
  assert.equal(await store.checkpoints(base), [undefined]);
});

test('a server without memory, and one that has become a replica, are outages', async () => {
  const write = (): Promise<unknown> => store.write([row(`${newBase()}:a`, '[1,1]')], free);
  await server.client.config('SET', 'maxmemory', '1');
  const full = await failureOf(write());
  await server.client.config('SET', 'maxmemory', '0');
  assert.instance(full, StoreOutage);
  assert.match((full as Error).message, /OOM/);
  await server.client.replicaof('127.0.0.1', 1);
  const demoted = await failureOf(write());
  await server.client.replicaof('NO', 'ONE');
  assert.instance(demoted, StoreOutage);
  await waitFor(() => write().catch(() => undefined), { what: 'writes', timeoutMs: 20_000 });
});

test('a key of another kind is refused, and what to do is said', async () => {
  const key = `${newBase()}:a`;
  await server.client.lpush(key, 'x');
  const failure = await failureOf(store.write([row(key, '[1,1]')], free));
  assert.instance(failure, StoreRefusal);
  assert.match((failure as Error).message, /WRONGTYPE.*one of their own/);
});

test('the rights that the README lists are all that is needed', async () => {
  assert.ok(readFileSync('README.md', 'utf8').includes(` ${LEAST_RIGHTS.join(' ')}\n`));
  const base = newBase();
  const own = await openKeyStore({ redis: { ...secure.leastRights, urls: [`${secure.leastRights.urls[0]!}/1`] }, log });
  try {
    assert.equal(await own.write([row(`${base}:a`, '[1,1]'), row(`${base}:b`, '[1,1]')], free), [1, 1]);
    assert.equal(await own.get([`${base}:a`]), ['[1,1]']);
    assert.equal(await own.expiries([`${base}:a`]), [LATER]);
    await own.resetCheckpoint(base, { id: 'a', seq: 1, offsets: {}, deletes: 0 }, free);
    assert.ok(await own.advanceCheckpoint(base, { id: 'a', seq: 2, offsets: {}, deletes: 0 }, 1, free));
    const shown: string[] = [];
    for await (const page of own.scan(base)) shown.push(...page);
    assert.is(shown.length, 2);
    assert.is(await own.remove([`${base}:a`], free), 1);
    assert.is(await own.sweep(base), 2);
    await own.ping();
    const foreign = await failureOf(own.get(['foreign']));
    assert.instance(foreign, StoreRefusal);
    assert.match((foreign as Error).message, /NOPERM.*README/);
  } finally {
    await own.close();
  }
});

test('a wrong account is refused', async () => {
  const { tls, urls } = secure.config;
  for (const [account, expected] of [
    ['metafold:geheim', /WRONGPASS.*METAFOLD_REDIS_URL/],
    ['', /NOAUTH.*METAFOLD_REDIS_URL/],
    ['nobody:p%40ss', /NOPERM.*README/],
  ] as const) {
    const failure = await opening({ tls, urls: [urls[0]!.replace(/\/\/[^@]*@?/, `//${account}${account === '' ? '' : '@'}`)] });
    assert.instance(failure, StoreRefusal, String(failure));
    assert.match((failure as Error).message, expected);
    assert.not.match((failure as Error).message, /geheim/);
  }
});

test('certificates are checked by both sides, files that are not there are said', async () => {
  const { tls, urls } = secure.config;
  const folder = mkdtempSync(join(tmpdir(), 'metafold-ca-'));
  try {
    const foreign = makeCertificates(folder, 'foreign');
    for (const wrong of [
      { ...tls, ca: foreign.ca },
      { ...tls, certificate: '', key: '' },
      { ...tls, certificate: foreign.certificate, key: foreign.key },
    ]) {
      const failure = await opening({ urls, tls: wrong });
      assert.instance(failure, StoreOutage, String(failure));
    }
    assert.match(String(await opening({ urls, tls: { ...tls, ca: '' } })), /METAFOLD_REDIS_SSL_CA_LOCATION/);
    const missing = await opening({ urls, tls: { ...tls, ca: join(folder, 'none.pem') } });
    assert.instance(missing, MetafoldError);
    assert.match((missing as MetafoldError).message, /^metafold_redis_ssl_ca_location: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('several addresses are those of a cluster', async () => {
  const failure = await opening({ ...server.config, urls: [server.url, 'redis://127.0.0.1:1'] });
  assert.instance(failure, StoreRefusal);
});

test('a database that is not there is refused', async () => {
  const failure = await opening({ ...server.config, urls: [`${server.url}/99`] });
  assert.instance(failure, StoreRefusal, String(failure));
  assert.match((failure as Error).message, /METAFOLD_REDIS_URL/);
});

test('rows are ordered by their bytes in a server whose locale has another order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-locale-'));
  // Where locales cannot be made, the server has the order of bytes and shows nothing new.
  const made = await run('localedef', ['-i', 'en_US', '-f', 'UTF-8', join(folder, 'en_US.UTF-8')]).then(
    () => true,
    () => false,
  );
  const local = await startRedisIn(made ? { LOCPATH: folder, LC_ALL: 'en_US.UTF-8' } : {});
  const own = await openKeyStore({ redis: local.config, log });
  try {
    assert.is(await local.client.eval("return 'a' < 'Z' and 1 or 0", 0), made ? 1 : 0);
    const key = `${newBase()}:a`;
    assert.equal(await own.write([row(key, '[1,1,"Z"]')], free), [1]);
    assert.equal(await own.write([row(key, '[1,1,"a"]')], free), [2]);
    assert.equal(await own.write([row(key, '[1,1,"Za"]')], free), [0]);
    assert.equal(await own.write([row(key, '[1,1,"ä"]')], free), [2]);
    assert.equal(await own.write([row(key, '[1,1,"z"]')], free), [0]);
  } finally {
    await own.close();
    await local.close();
    rmSync(folder, { recursive: true });
  }
});
