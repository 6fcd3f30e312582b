import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRecordingProxy } from '../../../src/bench/recording-proxy.js';

const test = suite('recording proxy');

test('passes requests on as they are and notes them once', async () => {
  const server = createServer((request, response) => {
    response.setHeader('x-seen', `${request.method} ${request.url} ${request.headers.authorization}`);
    request.pipe(response.writeHead(request.url === '/none' ? 404 : 200, { 'content-type': 'application/json' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startRecordingProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const headers = { 'content-type': 'application/x-ndjson', authorization: 'Basic abc' };
  const answer = await fetch(`${proxy.url}/_msearch?a=1`, { method: 'POST', headers, body: '{"é":1}\n' });
  assert.equal([await answer.text(), answer.headers.get('x-seen')], ['{"é":1}\n', 'POST /_msearch?a=1 Basic abc']);
  assert.is((await fetch(`${proxy.url}/none`)).status, 404);

  const { requests, overlapped } = proxy.taken();
  assert.is(overlapped, false);
  assert.equal(
    requests.map(({ method, path, body }) => [method, path, body]),
    [
      ['POST', '/_msearch?a=1', '{"é":1}\n'],
      ['GET', '/none', undefined],
    ],
  );
  assert.equal([requests[0]!.headers['authorization'], requests[0]!.headers['content-type']], ['Basic abc', 'application/x-ndjson']);
  assert.equal(
    Object.keys(requests[0]!.headers).filter((name) => /^(host|connection|content-length)$/.test(name)),
    [],
  );

  await Promise.all([fetch(`${proxy.url}/a`), fetch(`${proxy.url}/b`)]);
  const both = proxy.taken();
  assert.equal([both.requests.length, both.overlapped], [2, true]);
  assert.equal(proxy.taken(), { requests: [], overlapped: false });
  await proxy.close();
  server.close();
});

test.run();
