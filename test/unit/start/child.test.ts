import { createServer, type AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort, childFailure } from '../../../src/start/child.js';

const test = suite('children of a start');

test('fails with the code and reason that the child gave last', () => {
  const tail = '{"level":"info"}\nmetafold worker: MF_KAFKA: first\nmetafold worker: MF_TEMPLATE_VERSION: too new\n';
  const error = childFailure('worker', 'exit code 1', '/tmp/worker.log', tail);
  assert.is(error.code, 'MF_TEMPLATE_VERSION');
  assert.is(error.message, 'the worker ended (exit code 1): too new; see its log /tmp/worker.log');
  assert.equal(error.details['output'], tail.trimEnd().split('\n'));
});

test('takes a code that is unknown here for a bug, and does without one', () => {
  const error = childFailure('worker', 'SIGKILL', '/tmp/worker.log', 'metafold worker: MF_NOT_A_CODE: x\n');
  assert.equal([error.code, error.message], ['MF_INTERNAL', 'the worker ended (SIGKILL): x; see its log /tmp/worker.log']);
  assert.is(childFailure('worker', 'SIGKILL', '/tmp/worker.log', '').message, 'the worker ended (SIGKILL); see its log /tmp/worker.log');
});

test('names the API server, and takes no other command for it', () => {
  const tail = 'metafold worker: MF_KAFKA: not mine\n';
  const error = childFailure('serve', 'exit code 2', '/tmp/serve.log', tail);
  assert.equal([error.code, error.message], ['MF_INTERNAL', 'the API server ended (exit code 2); see its log /tmp/serve.log']);
  assert.is(childFailure('serve', 'x', '', `${tail}metafold serve: MF_CONFIG: mine\n`).code, 'MF_CONFIG');
});

test('finds another port where the wanted one is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const other = await freePort(port);
  assert.is.not(other, port);
  assert.ok(other > 0);
  await new Promise((resolve) => server.close(resolve));
  assert.is(await freePort(port), port);
});

test.run();
