import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answerBadHttp, decodablePath } from '../../../src/api/bad-http.js';

const test = suite('bad http');

const PATHS: readonly [given: string, read: string][] = [
  ['/api/v0/sources?x=%zz', '/api/v0/sources?x=%zz'],
  ['/api/%41%2f%C3%A9', '/api/%41%2f%C3%A9'],
  ['/api/%zz', '/api/%25zz'],
  ['/api/100%', '/api/100%25'],
  ['/api/%ff/b', '/api/%EF%BF%BD/b'],
  ['/api/a%2Fb%ff/c', '/api/a%2Fb%EF%BF%BD/c'],
  ['/api/%ed%a0%80?a=%ff', '/api/%EF%BF%BD%EF%BF%BD%EF%BF%BD?a=%ff'],
  ['/%C3%A9%zz?', '/%C3%A9%25zz?'],
];

for (const [given, read] of PATHS) {
  test(`reads ${given} as ${read}`, () => {
    assert.is(decodablePath(given), read);
    assert.type(decodeURIComponent(read.split('?')[0]!), 'string');
  });
}

class Connection extends PassThrough {
  bytesWritten = 0;
  endedSoon = false;
  destroySoon(): void {
    this.endedSoon = true;
  }
}

function answer(code: string, bytesWritten = 0): { readonly text: string; readonly ended: boolean } {
  const connection = new Connection();
  connection.bytesWritten = bytesWritten;
  answerBadHttp(Object.assign(new Error('internal'), { code }), connection as unknown as Socket);
  return { text: String(connection.read() ?? ''), ended: connection.endedSoon };
}

test('says what kind of request it cannot take, and no more', () => {
  for (const [code, status] of [
    ['HPE_HEADER_OVERFLOW', 431],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408],
    ['HPE_INVALID_METHOD', 400],
  ] as const) {
    const { text, ended } = answer(code);
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    const [head = '', body = ''] = text.split('\r\n\r\n');
    assert.equal(Object.keys(JSON.parse(body) as object), ['ref', 'message']);
    assert.match(head, `Content-Length: ${body.length}`);
    assert.not.match(text, /internal|HPE|ERR/);
    assert.ok(ended);
  }
});

test('does not write into an answer that has begun, nor to who has left', () => {
  assert.equal(answer('HPE_INVALID_METHOD', 100), { text: '', ended: true });
  assert.equal(answer('ECONNRESET'), { text: '', ended: true });
});

test.run();
