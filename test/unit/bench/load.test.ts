import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { groupEnds, quantile, runLoad, type WireRequest } from '../../../src/bench/load.js';

const test = suite('load of a benchmark');

const get = (path: string): WireRequest => ({ method: 'GET', path, headers: {} });

/** A server that takes as many milliseconds as the path says; `/0/404` is not found. Tells what was asked. */
async function serving(body: (url: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, ms, status = '200'] = request.url!.split('/');
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${text}`.trim());
      void sleep(Number(ms)).then(() => response.writeHead(Number(status), { 'content-length': '0' }).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('takes the requests of a group together, in turns', () =>
  serving(async (url, asked) => {
    const posted: WireRequest = { method: 'POST', path: '/30', headers: { 'content-type': 'text/plain' }, body: 'hello' };
    const groups = [[get('/20'), posted, { ...get('/1'), method: 'HEAD' as const }], [get('/5')]];
    const times = await runLoad({ url, groups, clients: 1, seconds: 1, atMostSeconds: 1 });
    assert.equal(asked.slice(0, 5), ['GET /20', 'POST /30 hello', 'HEAD /1', 'GET /5', 'GET /20']);
    const [first, second] = times as [number[], number[]];
    assert.ok(first.length > 4 && Math.abs(first.length - second.length) <= 1);
    assert.ok(
      first.every((ms) => ms >= 49),
      String(first),
    );
    assert.ok(quantile(second, 0.5) >= 4 && quantile(second, 0.5) < 40, String(second));
  }));

test('fails when an answer is not the one that is measured', () =>
  serving(async (url) => {
    const failure = await runLoad({ url, groups: [[get('/0')], [get('/0/404')]], clients: 2, seconds: 1, atMostSeconds: 1 }).catch(
      (error: unknown) => error,
    );
    assert.match((failure as Error).message, /^\d+ of \d+ requests to .* failed$/);
  }));

test('goes on until something is answered', () =>
  serving(async (url) => {
    const times = await runLoad({ url, groups: [[get('/1500')]], clients: 1, seconds: 1, atMostSeconds: 4 });
    assert.ok(times[0]!.length > 0 && times[0]!.every((ms) => ms >= 1_499));
  }));

test('fails when nothing is answered in time', () =>
  serving(async (url) => {
    const failure = await runLoad({ url, groups: [[get('/5000')]], clients: 1, seconds: 1, atMostSeconds: 1 }).catch(
      (error: unknown) => error,
    );
    assert.match((failure as Error).message, /no request to .* was answered within 1 s/);
  }));

test('knows where groups end', () => {
  assert.equal(
    [...groupEnds([1, 3, 2])],
    [
      [0, 0],
      [3, 1],
      [5, 2],
    ],
  );
});

test('takes quantiles by rank', () => {
  const values = [5, 1, 4, 2, 3];
  assert.equal([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 0), quantile([7], 0.99)], [3, 5, 1, 7]);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test.run();
