import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endProcess, isAlive, parseProcStat, processStartTime, signalGroup, spawnDetached } from '../../../src/stack/process.js';
import { waitFor } from '../../helpers/wait-for.js';

const test = suite('stack processes');
const folder = mkdtempSync(join(tmpdir(), 'metafold-process-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const fields = 'S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 200';

function shell(script: string, log = 'log') {
  const command = { command: '/bin/sh', args: ['-c', script], cwd: folder, env: { PATH: '/usr/bin:/bin' } };
  return spawnDetached(command, join(folder, log), undefined);
}

test('reads state and start time from a stat line', () => {
  assert.equal(parseProcStat(`42 (java) ${fields}`), { state: 'S', startTicks: '987654' });
});

test('is not misled by a process name with spaces and brackets', () => {
  assert.equal(parseProcStat(`42 (a) Z (b c) ${fields}`), { state: 'S', startTicks: '987654' });
});

test('makes nothing of a text that is no stat line', () => {
  assert.is(parseProcStat(''), undefined);
  assert.is(parseProcStat('42 (java) S 1'), undefined);
});

test('knows its own process, and none with a pid that nobody has', () => {
  const startTime = processStartTime(process.pid)!;
  assert.ok(isAlive({ pid: process.pid, startTime }));
  assert.not(isAlive({ pid: process.pid, startTime: `${startTime}0` }));
  assert.is(processStartTime(2 ** 22 + 1), undefined);
});

test('ends a service with everything that it has started', async () => {
  const service = await shell('sleep 60 & echo $! > child; wait');
  const child = await waitFor(() => Number(readFileSync(join(folder, 'child'), 'utf8')), { timeoutMs: 5000, what: 'the pid of the child' });
  assert.ok(isAlive(service));
  assert.ok(processStartTime(child));
  assert.ok(await endProcess(service, 5000));
  assert.not(isAlive(service));
  await waitFor(() => processStartTime(child) === undefined, { timeoutMs: 5000, what: 'the end of the child' });
});

test('ends a stopped service politely', async () => {
  const service = await shell(`trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done`, 'stopped.log');
  const log = join(folder, 'stopped.log');
  await waitFor(() => readFileSync(log, 'utf8').includes('ready'), { timeoutMs: 5000, what: 'the service' });
  assert.ok(signalGroup(service, 'SIGSTOP'));
  assert.ok(await endProcess(service, 5000));
  assert.match(readFileSync(log, 'utf8'), 'bye');
});

test('ends a service that ignores SIGTERM by force', async () => {
  const service = await shell(`trap '' TERM; echo ready; while :; do sleep 0.1; done`, 'stubborn.log');
  await waitFor(() => readFileSync(join(folder, 'stubborn.log'), 'utf8').includes('ready'), { timeoutMs: 5000, what: 'the service' });
  assert.ok(await endProcess(service, 300));
  assert.not(isAlive(service));
});

test('reports a command that cannot be executed', async () => {
  const command = { command: join(folder, 'no-such-program'), args: [], cwd: folder, env: {} };
  try {
    await spawnDetached(command, join(folder, 'log'), undefined);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'ENOENT');
  }
});

test.run();
