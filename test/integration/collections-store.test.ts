/** The store of collections on real servers: the write rule, expiry, checkpoints, scan and sweep (spec 07 §6, §8), alone and in a cluster. */
import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { expiryOf, valueText } from '../../projections/collections/value.js';
import { openKeyStore } from '../../src/collections/redis/index.js';
import type { Checkpoint, KeyStore, KeyWrite, WriteOutcome } from '../../src/collections/types.js';
import { integration } from '../helpers/integration.js';
import { startRedis, startRedisCluster, type RedisServer } from '../helpers/redis-servers.js';

const test = integration('the store of collections');

const log = { warn: () => undefined, info: () => undefined };
const LATER = Date.now() + 3_600_000;
const free = (): void => undefined;

const stores = new Map<string, KeyStore>();
const servers = new Map<string, readonly RedisServer[]>();
const newBase = (): string => `self#${randomBytes(16).toString('hex')}`;
const row = (key: string, value: string, options: Partial<KeyWrite> = {}): KeyWrite => ({
  key,
  value,
  pxat: LATER,
  force: false,
  ...options,
});

test.setup(async () => {
  const alone = await startRedis();
  test.closing(() => alone.close());
  const cluster = await startRedisCluster();
  test.closing(() => cluster.close());
  for (const [name, redis, own] of [
    ['alone', alone.config, [alone]],
    ['cluster', cluster.config, cluster.servers],
  ] as const) {
    servers.set(name, own);
    const store = await openKeyStore({ redis, log, silenceMs: 2_000 });
    test.closing(() => store.close());
    stores.set(name, store);
  }
});

for (const name of ['alone', 'cluster'] as const) {
  const store = (): KeyStore => stores.get(name)!;

  test(`${name}: the kind of server is recognised`, () => {
    assert.is(store().cluster, name === 'cluster');
  });

  test(`${name}: the checked sequence of writes`, async () => {
    const key = `${newBase()}:a`;
    const steps: readonly (readonly [string, WriteOutcome])[] = [
      ['[100,1,"b"]', 1],
      ['[100,1,"b"]', 0],
      ['[100,1,"a"]', 0],
      ['[100,1,"c"]', 2],
      ['[99,9,"z"]', 0],
      ['[100,2,"a"]', 2],
      ['[101,1,"a"]', 2],
      ['[101,9,"a"]', 2],
      ['[101,10,"a"]', 2],
      ['[101,9,"b"]', 0],
    ];
    for (const [value, outcome] of steps) assert.equal(await store().write([row(key, value)], free), [outcome], value);
    assert.equal(await store().get([key]), ['[101,10,"a"]']);
  });

  test(`${name}: hash only compares numbers, not texts`, async () => {
    const key = `${newBase()}:a`;
    assert.equal(await store().write([row(key, '999')], free), [1]);
    assert.equal(await store().write([row(key, '1000')], free), [2]);
    assert.equal(await store().write([row(key, '-5')], free), [0]);
    assert.equal(await store().get([key]), ['1000']);
  });

  test(`${name}: bytes are compared as unsigned, not by the locale`, async () => {
    const [base, ascending] = [newBase(), ['Z', 'a', 'z', 'ä', '\uffff', '😀']];
    for (const [index, text] of ascending.entries()) {
      const value = valueText([{ name: 'x', type: 'str' }], 100, 1, [text]);
      assert.equal(await store().write([row(`${base}:a`, value)], free), [index === 0 ? 1 : 2], text);
    }
    assert.equal(await store().write([row(`${base}:a`, '[100,1,"Zz"]')], free), [0]);
  });

  test(`${name}: what no collection wrote counts as absent, force overwrites what is greater`, async () => {
    const key = `${newBase()}:a`;
    assert.equal(await store().write([row(key, 'garbage', { force: true })], free), [1]);
    assert.equal(await store().write([row(key, '[100,1]')], free), [2]);
    assert.equal(await store().write([row(key, '[50,1]', { force: true })], free), [2]);
    assert.equal(await store().get([key]), ['[50,1]']);
  });

  test(`${name}: expiry is absolute and stays when a smaller row comes`, async () => {
    const key = `${newBase()}:a`;
    const pxat = expiryOf(LATER, 300);
    await store().write([row(key, '[100,1]', { pxat })], free);
    await store().write([row(key, '[99,1]', { pxat: pxat + 1 })], free);
    assert.equal(await store().expiries([key, `${key}x`]), [pxat, -2]);
  });

  test(`${name}: many keys, in any order, three times: the greatest stands`, async () => {
    const base = newBase();
    const writes = Array.from({ length: 3_000 }, (_, i) => row(`${base}:${i % 1_000}`, `[${100 + ((i * 7) % 13)},1]`));
    const shuffled = (): KeyWrite[] => [...writes].sort(() => Math.random() - 0.5);
    await Promise.all([1, 2, 3].map(() => store().write(shuffled(), free)));
    const keys = Array.from({ length: 1_000 }, (_, i) => `${base}:${i}`);
    const expected = keys.map((_, i) => `[${Math.max(...[i, i + 1_000, i + 2_000].map((n) => 100 + ((n * 7) % 13)))},1]`);
    assert.equal(await store().get(keys), expected);
    const found = new Set<string>();
    for await (const page of store().scan(base)) for (const key of page) found.add(key);
    assert.is(found.size, 1_000);
  });

  test(`${name}: checkpoints stand beside the rows and are not shown among them`, async () => {
    const base = newBase();
    const first: Checkpoint = { id: 'a', seq: 1, offsets: { 'topic/0': 5 }, deletes: 0 };
    assert.ok((await store().checkpoints(base)).every((found) => found === undefined));
    assert.not.ok(await store().advanceCheckpoint(base, first, 0, free));
    await store().resetCheckpoint(base, first, free);
    const second = { ...first, seq: 2, offsets: { 'topic/0': 9 } };
    assert.ok(await store().advanceCheckpoint(base, second, 1, free));
    assert.ok(await store().advanceCheckpoint(base, second, 1, free), 'the same once more, as after a lost answer');
    assert.not.ok(await store().advanceCheckpoint(base, { ...second, seq: 3 }, 1, free));
    assert.not.ok(await store().advanceCheckpoint(base, { ...second, id: 'b', seq: 3 }, 2, free));
    for (const found of await store().checkpoints(base)) assert.equal(found, second);
    await store().write([row(`${base}:a`, '[1,1]')], free);
    const shown: string[] = [];
    for await (const page of store().scan(base)) shown.push(...page);
    assert.equal(shown, [`${base}:a`]);
  });

  test(`${name}: a sweep leaves nothing of the collection and all of the others`, async () => {
    const [base, other] = [newBase(), newBase()];
    await store().resetCheckpoint(base, { id: 'a', seq: 1, offsets: {}, deletes: 0 }, free);
    await store().write(
      Array.from({ length: 2_500 }, (_, i) => row(`${base}:${i}`, '[1,1]')),
      free,
    );
    await store().write([row(`${other}:a`, '[1,1]')], free);
    assert.is(await store().sweep(base), name === 'cluster' ? 2_564 : 2_501);
    assert.ok((await store().checkpoints(base)).every((found) => found === undefined));
    for await (const page of store().scan(base)) assert.unreachable(page[0]);
    assert.equal(await store().get([`${other}:a`]), ['[1,1]']);
  });

  test(`${name}: a batch of all kinds is answered in its order`, async () => {
    const base = newBase();
    const forced = row(`${base}:f`, '[1,1]', { force: true });
    await store().write([row(`${base}:a`, '[5,1]'), row(`${base}:f`, '[9,1]')], free);
    const batch = [
      row(`${base}:b`, '[1,1]'),
      forced,
      row(`${base}:a`, '[4,1]'),
      row(`${base}:c`, '[1,1]', { force: true }),
      row(`${base}:d`, '7'),
    ];
    assert.equal(await store().write(batch, free), [1, 2, 0, 1, 1]);
    assert.equal(await store().get(['a', 'b', 'c', 'd', 'f'].map((key) => `${base}:${key}`)), ['[5,1]', '[1,1]', '[1,1]', '7', '[1,1]']);
    assert.equal(await store().write([], free), []);
  });

  test(`${name}: batches of keys that are there and batches of new ones come to the same`, async () => {
    const base = newBase();
    const rows = (from: number, value: string): KeyWrite[] => Array.from({ length: 300 }, (_, i) => row(`${base}:${from + i}`, value));
    for (const [from, value, expected] of [
      [0, '[1,1]', 1],
      [0, '[2,1]', 2],
      [0, '[2,1]', 0],
      [300, '[1,1]', 1],
      [600, '[1,1]', 1],
    ] as const) {
      const outcomes = await store().write(rows(from, value), free);
      assert.ok(outcomes.length === 300 && outcomes.every((outcome) => outcome === expected), `${from} ${value}`);
    }
  });

  test(`${name}: many keys are read in the order in which they are asked for`, async () => {
    const base = newBase();
    const keys = Array.from({ length: 2_345 }, (_, i) => `${base}:${i}`);
    await store().write(
      keys.map((key, i) => row(key, String(i))),
      free,
    );
    const asked = [...keys.reverse(), `${base}:none`, keys[7]!];
    const expected = [...keys.map((key) => key.slice(base.length + 1)), null, keys[7]!.slice(base.length + 1)];
    assert.equal(await store().get(asked), expected);
    assert.is(await store().remove([keys[0]!, `${base}:none`, keys[1]!], free), 2);
    assert.equal(await store().get(keys.slice(0, 3)), [null, null, '2342']);
  });

  test(`${name}: callers of one turn get each their own, and cost a server alone one command`, async () => {
    const base = newBase();
    const keys = Array.from({ length: 300 }, (_, i) => `${base}:${i}`);
    await store().write(
      keys.map((key, i) => row(key, String(i))),
      free,
    );
    const clients = servers.get(name)!.map(({ client }) => client);
    for (const client of clients) await client.config('RESETSTAT');
    const asked = keys.map((key, i) => (i % 3 === 0 ? [key, `${base}:none`] : i % 3 === 1 ? [] : [key]));
    const answers = await Promise.all(asked.map((one) => store().get(one)));
    assert.equal(
      answers,
      asked.map((one) => one.map((key) => (key.endsWith('none') ? null : key.slice(base.length + 1)))),
    );
    const stats = (await Promise.all(clients.map((client) => client.info('commandstats')))).join('\n');
    if (name === 'alone') assert.match(stats, /^cmdstat_mget:calls=1,/m);
    else assert.not.match(stats, /^cmdstat_mget:/m);
  });

  test(`${name}: scripts that the servers have forgotten are loaded again`, async () => {
    const base = newBase();
    const keys = Array.from({ length: 500 }, (_, i) => `${base}:${i}`);
    const checkpoint: Checkpoint = { id: 'a', seq: 1, offsets: {}, deletes: 0 };
    await store().resetCheckpoint(base, checkpoint, free);
    for (const outcome of [1, 2] as const) {
      for (const { client } of servers.get(name)!) await client.script('FLUSH');
      const outcomes = await store().write(
        keys.map((key) => row(key, `[${outcome},1]`)),
        free,
      );
      assert.ok(outcomes.every((one) => one === outcome));
    }
    for (const { client } of servers.get(name)!) await client.script('FLUSH');
    assert.ok(await store().advanceCheckpoint(base, { ...checkpoint, seq: 2 }, 1, free));
  });

  test(`${name}: an unreadable checkpoint is none, and is not replaced`, async () => {
    const base = newBase();
    await store().resetCheckpoint(base, { id: 'a', seq: 1, offsets: {}, deletes: 0 }, free);
    await store().write([row(`${base}:!ckpt:0`, '[1,1]', { force: true })], free);
    assert.is((await store().checkpoints(base))[0], undefined);
    assert.not(await store().advanceCheckpoint(base, { id: 'a', seq: 2, offsets: {}, deletes: 0 }, 1, free));
  });

  test(`${name}: a row that is long dead is refused before it can delete a living one`, async () => {
    const key = `${newBase()}:a`;
    await store().write([row(key, '[1,1]')], free);
    for (const pxat of [Date.now() - 120_000, Math.floor(LATER / 1_000), NaN]) {
      const failure = await store()
        .write([row(key, '[2,1]', { pxat })], free)
        .catch((error: unknown) => error);
      assert.instance(failure, RangeError);
    }
    assert.equal(await store().get([key]), ['[1,1]']);
  });

  test(`${name}: a guard that says no keeps everything back`, async () => {
    const key = `${newBase()}:a`;
    const no = (): never => {
      throw new Error('not the owner');
    };
    await store()
      .write([row(key, '[1,1]')], no)
      .then(
        () => assert.unreachable('written'),
        (error: unknown) => assert.is((error as Error).message, 'not the owner'),
      );
    assert.equal(await store().get([key]), [null]);
  });
}
