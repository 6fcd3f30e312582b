import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asStartError, newProcesses } from '../../../src/start/local-stack.js';
import type { MetafoldError } from '../../../src/errors.js';
import { StackError } from '../../../src/stack/index.js';

const test = suite('stack of a start');

test('takes for its own what was not there before, a service that was started anew included', () => {
  const before = new Map([
    ['kafka', { pid: 10, startTime: 'a' }],
    ['redis', { pid: 11, startTime: 'a' }],
  ] as const);
  const now = new Map([
    ['kafka', { pid: 10, startTime: 'a' }],
    ['redis', { pid: 11, startTime: 'b' }],
    ['opensearch', { pid: 12, startTime: 'a' }],
  ] as const);
  assert.equal([...newProcesses(now, before).keys()], ['redis', 'opensearch']);
  assert.is(newProcesses(before, before).size, 0);
});

test('gives failures of the stack the codes of all commands, with what the server printed', () => {
  const failed = asStartError(new StackError('start_failed', 'Kafka ended', { output: 'a\nb' })) as MetafoldError;
  assert.equal([failed.code, failed.message, failed.details], ['MF_STACK', 'Kafka ended', { reason: 'start_failed', output: ['a', 'b'] }]);
  assert.is((asStartError(new StackError('bad_option', 'x')) as MetafoldError).code, 'MF_USAGE');
  const other = new Error('y');
  assert.is(asStartError(other), other);
});

test.run();
