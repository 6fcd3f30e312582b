import { ReplyError } from 'ioredis';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { redirectionOf, StoreOutage, StoreRefusal, storeError } from '../../../src/redis/errors.js';

const test = suite('redis: errors');

const reply = (message: string): Error => new (ReplyError as unknown as new (message: string) => Error)(message);

const OUTAGES = [
  reply("OOM command not allowed when used memory > 'maxmemory'."),
  reply(
    "ERR Error running script (call to f_12ab): @user_script:31: @user_script: 31: -OOM command not allowed when used memory > 'maxmemory'.",
  ),
  reply('LOADING Redis is loading the dataset in memory'),
  reply('CLUSTERDOWN The cluster is down'),
  reply("READONLY You can't write against a read only replica."),
  reply('ERR max number of clients reached'),
  new Error('Connection is closed.'),
];

for (const error of OUTAGES) test(`is waited for: ${error.message}`, () => assert.instance(storeError(error), StoreOutage));

const REFUSALS: readonly (readonly [string, RegExp])[] = [
  ['WRONGTYPE Operation against a key holding the wrong kind of value', /one of their own/],
  ['ERR Error running script (call to f_12ab): @user_script:28: WRONGTYPE Operation against a key', /one of their own/],
  ['NOAUTH Authentication required.', /METAFOLD_REDIS_URL/],
  ["NOPERM this user has no permissions to run the 'scan' command", /README/],
  ['ERR syntax error', /Redis 6\.2/],
];

for (const [message, remedy] of REFUSALS) {
  test(`is refused: ${message}`, () => {
    const error = storeError(reply(message));
    assert.instance(error, StoreRefusal);
    assert.match(error.message, remedy);
  });
}

test('names a certificate that is not trusted', () => {
  const error = storeError(Object.assign(new Error('self-signed certificate'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }));
  assert.instance(error, StoreOutage);
  assert.match(error.message, /METAFOLD_REDIS_SSL_CA_LOCATION/);
});

test('reads where a key is', () => {
  assert.equal(redirectionOf(reply('MOVED 3999 127.0.0.1:6381')), { asking: false, host: '127.0.0.1', port: 6381 });
  assert.equal(redirectionOf(reply('ASK 3999 ::1:6381')), { asking: true, host: '::1', port: 6381 });
  assert.equal(redirectionOf(reply('MOVED 3999 :6381')), { asking: false, host: '', port: 6381 });
  assert.is(redirectionOf(reply('TRYAGAIN Multiple keys request during rehashing of slot')), undefined);
  assert.is(redirectionOf(new Error('MOVED 1 h:1')), undefined);
});

test.run();
