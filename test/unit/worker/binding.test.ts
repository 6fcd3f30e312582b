import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projections } from '../../../projections/index.js';
import { consumerGroup, isGroupOf, readingOf, subscriptions } from '../../../src/worker/binding.js';

const test = suite('binding');

const named = (name: string) => projections.find((projection) => projection.name === name)!;
const matches = (name: string, topic: string): boolean[] =>
  subscriptions(named(name), 'qa.01').map((list) => list.some((pattern) => new RegExp(pattern).test(topic)));

test('subscribes binary to expedited events first, then to the topics of all sources and to statuses', () => {
  assert.equal(matches('binary', 'azul.qa.01.system.expedite'), [true, false]);
  assert.equal(matches('binary', 'azul.qa.01.s1.binary.sourced'), [false, true]);
  assert.equal(matches('binary', 'azul.qa.01.system.status'), [false, true]);
  assert.equal(matches('binary', 'azul.qa.01.system.error'), [false, false]);
});

test('subscribes the others to their own topic only', () => {
  for (const name of ['status', 'plugin', 'download']) {
    assert.equal(matches(name, `azul.qa.01.system.${name}`), [true]);
    assert.equal(matches(name, 'azul.qa.01.s1.binary.sourced'), [false]);
  }
});

test('takes no topic of another prefix', () => {
  for (const topic of [
    'azul.qa.012.s1.binary.sourced',
    'azul.qa.01.more.s1.binary.sourced',
    'xazul.qa.01.s1.binary.sourced',
    'azul.qax01.s1.binary.sourced',
  ]) {
    assert.equal(matches('binary', topic), [false, false], topic);
  }
});

test('reads a status as results for binary and as a whole for status', () => {
  assert.is(readingOf(named('binary'), 'azul.qa.system.status')?.form, 'status-results');
  assert.is(readingOf(named('status'), 'azul.qa.system.status')?.form, 'status');
  assert.is(readingOf(named('plugin'), 'azul.qa.system.status'), undefined);
});

test('names a group by partition, projection and suffix', () => {
  assert.is(consumerGroup('bench', 'binary', 3), 'metafold.bench.binary.3');
});

test('knows the groups of one generation, whatever their suffix', () => {
  assert.ok(isGroupOf(consumerGroup('bench-g2', 'binary', 12), 'bench-g2', 'binary'));
  for (const other of [
    'metafold.bench.binary.0',
    'metafold.bench-g2.status.0',
    'metafold.bench-g2.binary.0x',
    'metafold.bench-g2.binary.',
  ]) {
    assert.not.ok(isGroupOf(other, 'bench-g2', 'binary'), other);
  }
});

test.run();
