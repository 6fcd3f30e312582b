/**
 * What is sent to the account endpoint and how its answers are taken (spec 03 §10.5). A bare listener stands where OpenSearch would
 * be: it only shows the request and answers a status, so nothing here says how OpenSearch behaves.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAccountReader, readAccount, type AccountReader } from '../../../src/access/account.js';
import { AccountError } from '../../../src/access/identity-errors.js';
import { createGrants } from '../../../src/access/grants.js';
import type { Identity } from '../../../src/access/identity.js';
import { policyWith } from '../projections/security/configurations.js';
import { answerTo, errorOf } from './support.js';

const test = suite('account');

const FAILED = '500 "Internal Server Error" {}';
const REFUSED = '401 {"detail":"Opensearch authentication failed"} {"WWW-Authenticate":"Bearer"}';

const ANSWERS: [status: number, text: string, expected: string][] = [
  [200, '{"roles":[]}', 'accepted'],
  [201, '{"roles":["s-low"]}', 'accepted'],
  [401, 'Unauthorized', REFUSED],
  [401, '{"roles":["s-low"]}', REFUSED],
  [403, '{"roles":["s-low"]}', FAILED],
  [400, 'no handler found', FAILED],
  [404, '', FAILED],
  [302, '{"roles":["s-low"]}', FAILED],
  [204, '', FAILED],
  [500, '', FAILED],
  [503, '', FAILED],
  [200, '', FAILED],
  [200, '<html>', FAILED],
  [200, 'null', FAILED],
  [200, '[]', FAILED],
  [200, '{}', FAILED],
  [200, '{"roles":"s-low"}', FAILED],
  [200, '{"roles":["s-low",1]}', FAILED],
];

for (const [status, text, expected] of ANSWERS) {
  test(`an answer ${status} ${text} is ${expected}`, async () => {
    assert.is(await answerTo(Promise.resolve().then(() => readAccount(status, text))), expected);
  });
}

let server: Server;
let requests: IncomingMessage[];
let status: number;
let reader: AccountReader;
const address = (account = '', path = ''): string => `http://${account}127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

test.before.each(async () => {
  requests = [];
  status = 200;
  server = createServer((request, response) => {
    requests.push(request);
    if (status !== 0)
      response.writeHead(status, { location: '/elsewhere' }).end('{"user_name":"alice","roles":["own_index","s-low","s-any"]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  reader = createAccountReader({ opensearchUrl: address('azul_writer:secret@', '/base/'), verifyCertificates: true });
});

test.after.each(async () => {
  await reader.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("asks with the caller's own token, and without the service's account", async () => {
  const account = await reader.read('x.y.z');
  assert.equal(account.roles, ['own_index', 's-low', 's-any']);
  assert.is(account.info['user_name'], 'alice');
  assert.is(requests.length, 1);
  assert.is(requests[0]!.method, 'GET');
  assert.is(requests[0]!.url, '/base/_plugins/_security/api/account');
  assert.is(requests[0]!.headers.authorization, 'Bearer x.y.z');
});

test('a token follows no redirection', async () => {
  status = 307;
  assert.is(await answerTo(reader.read('x.y.z')), FAILED);
  assert.is(requests.length, 1);
});

test('an endpoint that is silent or away is an error within the time limit', async () => {
  status = 0;
  const silent = createAccountReader({ opensearchUrl: address(), verifyCertificates: true, timeoutMs: 100 });
  assert.is(await answerTo(silent.read('x.y.z')), FAILED);
  await silent.close();
  const away = createAccountReader({ opensearchUrl: 'http://127.0.0.1:1', verifyCertificates: true });
  assert.is(await answerTo(away.read('x.y.z')), FAILED);
  await away.close();
});

test('an error holds no token', async () => {
  status = 503;
  const error = await errorOf(reader.read('x.y.z'));
  assert.instance(error, AccountError);
  assert.not(`${error.stack} ${JSON.stringify(error)}`.includes('x.y.z'));
});

test('grants of an account are asked for once a minute, and not without a token', async () => {
  const source = createGrants({
    source: 'account',
    policy: policyWith(),
    roleMap: {},
    privilegedRoles: ['LOW'],
    adminRole: 'admin',
    opensearchUrl: address(),
    verifyCertificates: true,
  });
  const user = { username: 'alice', org: '', email: '', roles: ['LOW', 'HIGH'], unique_id: 'a', decoded: {} };
  const identity: Identity = { user, token: 'x.y.z', expiresAt: 4_000_000_000 };
  const grants = await source.of(identity);
  assert.equal([grants.granted, grants.privileged, grants.roles], [['s-any', 's-low'], false, ['s-any', 's-low']]);
  assert.is(await source.of({ ...identity }), grants);
  assert.is(requests.length, 1);
  await source.of({ ...identity, token: 'u.v.w' });
  assert.is(requests[1]!.headers.authorization, 'Bearer u.v.w');
  status = 401;
  assert.is(await answerTo(source.of({ ...identity, token: 'r.s.t' })), REFUSED);
  assert.match(await answerTo(source.of({ ...identity, token: undefined })), /^401 /);
  assert.is(requests.length, 3);
  await source.close();
});

test.run();
