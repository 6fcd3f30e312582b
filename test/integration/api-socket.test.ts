/** The API as a process, byte for byte: what is no HTTP, comes too slowly or too large is answered or ended, and others are served. */
import * as assert from 'uvu/assert';
import { apiHistory } from '../helpers/api-history.js';
import { integration, waitFor } from '../helpers/integration.js';
import { converse, serveApi, type ServedApi } from '../helpers/served-api.js';

const test = integration('api socket');
let api: ServedApi;

test.setup(async () => {
  const { arena } = await apiHistory();
  api = await serveApi(arena, { RESTAPI_SECURITY: 'none' });
  test.closing(() => api.stop());
});

const ME = '/api/v0/users/me';
const request = (line: string, ...headers: string[]): string => `${[line, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
const answers = (text: string): number => text.match(/HTTP\/1\.1 [0-9]{3}/g)?.length ?? 0;
const first = (text: string): string => text.split('\r\n')[0]!;

/** What is sent, and the status of its one answer. */
const BROKEN: readonly [what: string, bytes: string | Uint8Array, status: number][] = [
  ['words', 'hello\r\n\r\n', 400],
  ['a TLS greeting', Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['an unknown method', request(`EXPLODE ${ME} HTTP/1.1`), 400],
  ['another version', request(`GET ${ME} HTTP/9.9`), 400],
  ['no host', `GET ${ME} HTTP/1.1\r\n\r\n`, 400],
  ['a space in a header name', request(`GET ${ME} HTTP/1.1`, 'X Y: z'), 400],
  ['a NUL in a header', request(`GET ${ME} HTTP/1.1`, 'X: a\0b'), 400],
  ['a bare line feed in a header', request(`GET ${ME} HTTP/1.1`, 'X: a\nY: b'), 400],
  ['two lengths', request('POST /api/v1/security/normalise HTTP/1.1', 'Content-Length: 2', 'Content-Length: 3'), 400],
  ['a negative length', request('POST /api/v1/security/normalise HTTP/1.1', 'Content-Length: -1'), 400],
  ['a length and chunks', request('POST /api/v1/security/max HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked'), 400],
  ['an unknown transfer coding', request('POST /api/v1/security/max HTTP/1.1', 'Transfer-Encoding: xchunked'), 400],
  ['chunks without lengths', `${request('POST /api/v1/security/max HTTP/1.1', 'Transfer-Encoding: chunked')}zz\r\n`, 400],
  ['headers of 100 kB', request(`GET ${ME} HTTP/1.1`, `X: ${'a'.repeat(100_000)}`), 431],
  ['5,000 headers', request(`GET ${ME} HTTP/1.1`, ...Array.from({ length: 5_000 }, (_item, n) => `X-${n}: 0123456789`)), 431],
  ['an address of 100 kB', request(`GET /${'a'.repeat(100_000)} HTTP/1.1`), 431],
  ['an address of 40 kB', request(`GET /${'a'.repeat(40_000)} HTTP/1.1`, 'Connection: close'), 414],
  ['a body that says to be too large', request('POST /api/v1/security/max HTTP/1.1', 'Content-Length: 99999999999'), 413],
  ['an absolute address', request(`GET http://a.example${ME} HTTP/1.1`, 'Connection: close'), 200],
  ['the address *', request('OPTIONS * HTTP/1.1', 'Connection: close'), 404],
  ['a method that no route has', request(`QUERY ${ME} HTTP/1.1`, 'Connection: close'), 405],
  ['an upgrade', request(`GET ${ME} HTTP/1.1`, 'Connection: Upgrade, close', 'Upgrade: websocket'), 200],
];

for (const [what, bytes, status] of BROKEN) {
  test(`${what}: ${status}`, async () => {
    const { text, closed } = await converse(api.port, bytes, { timeoutMs: 8_000 });
    assert.is(answers(text), 1, text.slice(0, 500));
    assert.match(first(text), `HTTP/1.1 ${status}`);
    assert.not.match(text, /HPE_|ERR_|FST_|node_modules/);
    assert.ok(closed, 'the connection is ended');
  });
}

test('answers pipelined requests in their order', async () => {
  const ids = Array.from({ length: 20 }, (_item, n) => `pipelined-${n}`);
  const sent = ids.map((id, n) => request(`GET ${n % 2 === 0 ? ME : '/nope'} HTTP/1.1`, `X-Request-Id: ${id}`)).join('');
  const { text } = await converse(api.port, sent, { done: (got) => answers(got) === ids.length && /\}$/.test(got) });
  const answered = [...text.matchAll(/^x-request-id: (.*)\r$/gim)].map(([, id]) => id);
  assert.equal(answered, ids);
});

test('reads a body that comes in pieces', async () => {
  const body = '{"security":"low"}';
  const chunks = Array.from(body, (character) => `1\r\n${character}\r\n`).join('');
  const head = request('POST /api/v1/security/normalise HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked');
  const { text } = await converse(api.port, `${head}${chunks}0\r\n\r\n`, { done: (got) => got.endsWith('"LOW"') });
  assert.match(first(text), '200');
  assert.ok(text.endsWith('"LOW"'), text);
});

test('is no proxy', async () => {
  const { text, closed } = await converse(api.port, request('CONNECT 127.0.0.1:22 HTTP/1.1'));
  assert.equal([text, closed], ['', true]);
});

test('ends connections whose headers do not come, and serves others meanwhile', async () => {
  const waiting = Promise.all(
    Array.from({ length: 50 }, () => converse(api.port, `GET ${ME} HTTP/1.1\r\nHost: a\r\nX: `, { timeoutMs: 25_000 })),
  );
  const response = await fetch(`${api.url}${ME}`);
  assert.is(response.status, 200);
  for (const { text, closed, milliseconds } of await waiting) {
    assert.ok(closed, `still open after ${milliseconds} ms`);
    assert.match(first(text), 'HTTP/1.1 408');
  }
});

test('counts and logs a request whose caller left before its body had come', async () => {
  const head = request('POST /api/v1/security/normalise HTTP/1.1', 'Content-Length: 100', 'X-Request-Id: left-early');
  await converse(api.port, head, { timeoutMs: 300 });
  const logged = (): unknown => api.audit().find(({ request: id }) => id === 'left-early')?.['status'];
  await waitFor(() => logged() !== undefined, { timeoutMs: 5_000, what: 'the audit line' });
  assert.is(logged(), 499);
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  assert.match(metrics, /azulapi_requests_in_progress\{method="POST",app_name="azul"\} 0/);
});

test('is there afterwards', async () => {
  assert.is((await fetch(`${api.url}/readyz`)).status, 200);
  assert.not.match(api.command.log(), /"level":"error"|unhandled/);
});
