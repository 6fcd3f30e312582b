import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { processStartTime } from '../../../src/stack/process.js';
import { waitFor } from '../../helpers/wait-for.js';
import { type FileOutcome, runFile } from '../../runner/run-file.js';

const test = suite('running a test file');

function run(name: string, seconds = 60): Promise<FileOutcome> {
  return runFile(fileURLToPath(new URL(`../../fixtures/runner/${name}.ts`, import.meta.url)), { ...process.env, NO_COLOR: '1' }, seconds);
}

test('passes a file whose set-up runs once before its tests', async () => {
  const { passed, failed } = await run('passes');
  assert.equal({ passed, failed }, { passed: 2, failed: 0 });
});

test('fails a file with a throw in before, which uvu forgives', async () => {
  assert.is((await run('throws-in-before')).failed, 1);
});

test('fails every test of an integration suite whose set-up fails, and closes what it had opened', async () => {
  const { passed, failed, output } = await run('failed-setup');
  assert.equal({ passed, failed }, { passed: 0, failed: 2 });
  assert.match(output, 'no server');
  assert.match(output, 'closed what was open');
});

test('fails an integration suite that cannot close what it opened', async () => {
  const { failed, output } = await run('fails-to-close');
  assert.is(failed, 1);
  assert.match(output, 'closing failed: Error: stuck');
});

test('ends a file that takes too long, with what it has started', async () => {
  const { failed, reasons, output } = await run('never-ends', 4);
  assert.is(failed, 1);
  assert.match(reasons.join(), 'took too long');
  const child = Number(/child (\d+)/.exec(output)?.[1]);
  await waitFor(() => processStartTime(child) === undefined, { timeoutMs: 5000, what: 'the end of the child' });
});

test('waits for a condition and reports what it saw last', async () => {
  let looks = 0;
  assert.is(await waitFor(() => (++looks > 2 ? 'there' : ''), { timeoutMs: 1000, what: 'it', intervalMs: 1 }), 'there');
  try {
    await waitFor(() => Promise.reject(new Error('refused')), { timeoutMs: 20, what: 'the server', intervalMs: 1 });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /waited 20 ms for the server; last seen: Error: refused/);
  }
});

test.run();
