import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lookUpSample, rowWords } from '../../../src/start/collection.js';
import { findWords, pluginsWords, requestsText, summaryWords, termToTry } from '../../../src/start/requests.js';
import { untilServed } from '../../../src/start/children.js';

const test = suite('requests to try');

test('look for a feature that the sample has, or for anything', () => {
  assert.is(termToTry({ name: 'packer', value: 'UPX 3.96' }), 'features_map.packer:"UPX 3.96"');
  assert.is(termToTry(undefined), 'size:>0');
});

test('have their answers put in words', () => {
  const items = [{ key: 'ab', file_format: 'text/html' }, { key: 'cd' }];
  assert.is(findWords({ items_count: 1234, items }), '1,234 binaries, first ab (text/html)');
  assert.is(findWords({ items_count: 0, items: [] }), '0 binaries, first -');
  const summary = { documents: { count: 7 }, features: [1, 2], sources: [{ source: 'a' }, { source: 'b' }] };
  assert.is(summaryWords(summary), '7 documents, 2 features, from a, b');
  const plugin = (name: string) => ({ newest_version: { name } });
  assert.is(pluginsWords(['a', 'b', 'c', 'd', 'e'].map(plugin)), '5 plugins: a, b, c, d, ...');
  assert.is(pluginsWords([plugin('a')]), '1 plugins: a');
});

test('have the row of a look-up put in words', () => {
  const row = { eventdate: 1_515_398_134_810, values: { source: 'a', file_format: 'text/html' } };
  assert.is(rowWords(row), '2018-01-08T07:55:34.810Z, a (text/html)');
  assert.is(rowWords({ ...row, values: { source: null, file_format: null } }), '2018-01-08T07:55:34.810Z, -');
});

test('do not wait for a look-up once they are not wanted', async () => {
  const server = createServer((_, response) => response.end('{"msg":"","status":0,"object":null}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  assert.is(await lookUpSample(api, 'ab', AbortSignal.timeout(150)), undefined);
  server.close();
});

test('are printed with what was answered', () => {
  assert.is(requestsText([{ title: 'T', curl: 'curl -s u', url: 'u', answer: 'A' }]), 'T:\n  curl -s u\n  -> A\n');
});

async function listening(status: () => number): Promise<{ server: Server; api: string }> {
  const server = createServer((request, response) => response.writeHead(request.url === '/readyz' ? status() : 404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api` };
}

test('wait until the API is ready, not only until it listens', async () => {
  let asked = 0;
  const { server, api } = await listening(() => (++asked < 3 ? 503 : 200));
  await untilServed(api, new AbortController().signal);
  assert.is(asked, 3);
  server.close();
});

test('do not wait once they are not wanted', async () => {
  const { server, api } = await listening(() => 503);
  await untilServed(api, AbortSignal.timeout(150));
  server.close();
});

test.run();
