import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimDataFolder } from '../../../src/start/record.js';
import { processStartTime, type ProcessIdentity } from '../../../src/stack/process.js';

const test = suite<{ folder: string }>('record of a start');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'metafold-record-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const SELF: ProcessIdentity = { pid: process.pid, startTime: processStartTime(process.pid)! };

async function deadProcess(): Promise<ProcessIdentity> {
  const child = spawn('true');
  await once(child, 'exit');
  return { pid: child.pid!, startTime: 'long ago' };
}

test('lets one start have a data folder at a time', ({ folder }) => {
  const record = claimDataFolder(folder);
  assert.throws(
    () => claimDataFolder(folder),
    (error: Error) => error.message.includes(`runs already for ${folder} (pid ${process.pid})`),
  );
  record.note({ worker: SELF });
  assert.throws(() => claimDataFolder(folder), /runs already/);
  record.release();
  claimDataFolder(folder).release();
});

test('takes over from a start that was killed, with what of its processes still lives', async ({ folder }) => {
  const dead = await deadProcess();
  const content = { owner: dead, worker: SELF, server: SELF, services: { kafka: SELF, redis: dead, nonsense: SELF } };
  const file = join(folder, 'start', 'run.json');
  claimDataFolder(folder); // makes the folder
  writeFileSync(file, JSON.stringify(content));
  const { leftovers } = claimDataFolder(folder);
  assert.equal([leftovers.worker, leftovers.server], [SELF, SELF]);
  assert.equal([...leftovers.services], [['kafka', SELF]]);
  assert.throws(() => claimDataFolder(folder), /runs already/);
});

test('takes over from a record that makes no sense', ({ folder }) => {
  claimDataFolder(folder);
  writeFileSync(join(folder, 'start', 'run.json'), 'not JSON');
  const { leftovers } = claimDataFolder(folder);
  assert.equal([leftovers.worker, leftovers.server, leftovers.services.size], [undefined, undefined, 0]);
});

test('leaves no folder behind that was not there, and none of somebody else’s files away', ({ folder }) => {
  const data = join(folder, 'data');
  claimDataFolder(data).release();
  assert.not(existsSync(data));
  const record = claimDataFolder(data);
  writeFileSync(join(data, 'stack.json'), '{}');
  record.release();
  assert.ok(existsSync(join(data, 'stack.json')));
  assert.not(existsSync(join(data, 'start')));
});

test.run();
