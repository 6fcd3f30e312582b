import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BrokersLostError, onBrokersLost } from '../../../streams/lost-brokers.js';
import { renewable } from '../../../streams/renewable.js';

const test = suite('clients that are replaced');

function numbered(restMs: number): { readonly clients: ReturnType<typeof renewable<number>>; readonly ended: number[] } {
  let opened = 0;
  const ended: number[] = [];
  return { clients: renewable(() => ++opened, (client) => ended.push(client), restMs), ended }; // prettier-ignore
}

test('the same client until one has failed, which ends when nobody can wait for it any more', async () => {
  const { clients, ended } = numbered(30);
  assert.is(clients.current, 1);
  assert.is(clients.current, 1);
  clients.renew(1);
  // Two requests of one client fail one after the other.
  clients.renew(1);
  assert.is(clients.current, 2);
  clients.renew(1);
  assert.is(clients.current, 2);
  assert.equal(ended, []);
  await sleep(60);
  assert.equal(ended, [1]);
  clients.close();
  assert.equal(ended, [1, 2]);
});

test('a close ends those that rest, and none twice', async () => {
  const { clients, ended } = numbered(30);
  clients.renew(clients.current);
  clients.renew(clients.current);
  assert.is(clients.current, 3);
  clients.close();
  assert.equal(ended.sort(), [1, 2, 3]);
  await sleep(60);
  assert.equal(ended.length, 3);
});

test('a client has lost its brokers when two statistics name none, one behind the other, until one does', () => {
  const broker = (source: string): string => JSON.stringify({ brokers: { one: { name: 'one', source } }, topics: {} });
  let tell: (data: { message: string }) => void = () => undefined;
  let lost = 0;
  const client = { on: (_event: string, listener: typeof tell) => (tell = listener) };
  onBrokersLost(client as never, () => lost++);
  const after = (source: string): number => {
    tell({ message: broker(source) });
    return lost;
  };
  assert.equal(['logical', 'learned', 'internal', 'configured', 'logical', 'logical', 'logical', 'learned', 'logical'].map(after), [0, 0, 0, 0, 0, 1, 2, 2, 2]); // prettier-ignore
  assert.match(new BrokersLostError('group g').message, /client of group g has lost all brokers/);
});

test.run();
