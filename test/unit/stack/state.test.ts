import { mkdtempSync, mkdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stackDown } from '../../../src/stack/down.js';
import { findRunningStack, signalService } from '../../../src/stack/discover.js';
import { endProcess, isAlive, processStartTime, spawnDetached } from '../../../src/stack/process.js';
import { livingServices, parseState, readState, recordService, wipeData, writeState } from '../../../src/stack/state.js';

const test = suite('stack state');
const folder = mkdtempSync(join(tmpdir(), 'metafold-state-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const self = { pid: process.pid, startTime: processStartTime(process.pid)! };

test('reads back what it wrote', () => {
  writeState(folder, { version: 1, portBase: 31_000, services: {} });
  recordService(folder, 'kafka', self);
  assert.equal(readState(folder), { version: 1, portBase: 31_000, services: { kafka: self } });
  recordService(folder, 'kafka', undefined);
  assert.equal(readState(folder)?.services, {});
});

test('takes nothing from a file that is not a state', () => {
  for (const text of ['', '{', 'null', '[]', '{"version":2,"portBase":1}', '{"version":1,"portBase":"29000"}']) {
    assert.is(parseState(text), undefined, text);
  }
});

test('leaves out entries that make no sense, above all pids that would mean everybody', () => {
  const services = {
    kafka: { pid: -1, startTime: 'x' },
    redis: { pid: 1, startTime: 'x' },
    registry: { pid: 7 },
    opensearch: 'x',
    other: self,
  };
  assert.equal(parseState(JSON.stringify({ version: 1, portBase: 29_000, services }))?.services, {});
});

test('does not take another process with the same pid for its service', () => {
  const state = {
    version: 1,
    portBase: 29_000,
    services: { kafka: self, redis: { pid: process.pid, startTime: 'another boot:1' } },
  } as const;
  assert.equal(livingServices(state), ['kafka']);
});

test('finds the settings of what runs, and nothing once nothing runs', async () => {
  writeState(folder, { version: 1, portBase: 31_000, services: { kafka: self } });
  const settings = await findRunningStack(folder);
  assert.equal(settings, { METAFOLD_DATA: folder, METAFOLD_KAFKA_BROKERS: '127.0.0.1:31092' });
  writeState(folder, { version: 1, portBase: 31_000, services: { kafka: { pid: process.pid, startTime: 'old' } } });
  assert.is(await findRunningStack(folder), undefined);
});

test('signals no process that has only inherited the pid', async () => {
  const command = { command: '/bin/sleep', args: ['60'], cwd: folder, env: {} };
  const stranger = await spawnDetached(command, join(folder, 'stranger.log'), undefined);
  writeState(folder, { version: 1, portBase: 31_000, services: { kafka: { pid: stranger.pid, startTime: 'old' } } });
  assert.throws(() => signalService(folder, 'kafka', 'SIGKILL'), /kafka of the stack in .* does not run/);
  assert.ok(await stackDown({ data: folder }, () => undefined));
  assert.ok(isAlive(stranger));
  assert.ok(await endProcess(stranger, 1000));
  rmSync(join(folder, 'stranger.log'));
});

test('wipes what the stack made and nothing else', () => {
  mkdirSync(join(folder, 'kafka', 'data'), { recursive: true });
  writeFileSync(join(folder, 'thesis.txt'), 'years of work');
  wipeData(folder);
  assert.not(existsSync(join(folder, 'kafka')));
  assert.not(existsSync(join(folder, 'stack.json')));
  assert.ok(existsSync(join(folder, 'thesis.txt')));
  rmSync(join(folder, 'thesis.txt'));
  wipeData(folder);
  assert.not(existsSync(folder));
});

test.run();
