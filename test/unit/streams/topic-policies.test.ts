import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { topicPolicy } from '../../../streams/topic-policies.js';

const test = suite('topic policies');

/** Policy and retention as the table of spec 01 §1 has them. */
const SYSTEM: readonly (readonly [name: string, policy: string, retention: string])[] = [
  ['expedite', 'delete', '604800000'],
  ['error', 'delete', '604800000'],
  ['insert', 'compact', '-1'],
  ['delete', 'compact', '-1'],
  ['retrohunt', 'compact', '-1'],
  ['plugin', 'delete', '604800000'],
  ['status', 'delete', '86400000'],
  ['download', 'delete', '43200000'],
  ['report', 'delete', '2419200000'],
  ['scrape', 'delete', '2419200000'],
  ['dead-letter', 'compact', '-1'],
  ['projection-control', 'compact', '-1'],
  ['annotation', 'compact', '-1'],
  ['collection-task', 'compact', '-1'],
  ['collection-lock', 'compact', '-1'],
];

for (const [name, policy, retention] of SYSTEM) {
  test(`keeps system.${name} as the platform does`, () => {
    const config = topicPolicy(`azul.qa01.system.${name}`)!;
    assert.is(config['cleanup.policy'], policy);
    assert.is(config['retention.ms'], retention);
    assert.is(config['segment.bytes'], '1073741824');
  });
}

test('compacts binaries of a source that does not expire', () => {
  const config = topicPolicy('azul.qa01.s1.binary.sourced')!;
  assert.is(config['cleanup.policy'], 'compact');
  assert.is(config['retention.ms'], '-1');
});

test('gives binaries the expiry and settings of their source, policy and retention first', () => {
  const asked: string[] = [];
  const config = topicPolicy('azul.my.prefix.s1.binary.enriched', (source) => {
    asked.push(source);
    return { expireAfterMs: 86_400_000, config: { 'segment.bytes': '1024', 'retention.ms': '5', 'cleanup.policy': 'compact' } };
  })!;
  assert.equal(asked, ['s1']);
  assert.is(config['cleanup.policy'], 'delete');
  assert.is(config['retention.ms'], '86400000');
  assert.is(config['segment.bytes'], '1024');
});

test('knows no other name', () => {
  for (const topic of [
    '',
    'x',
    'azul.qa01.system.nope',
    'azul.qa01.system',
    'azul.qa01.binary.sourced',
    'kafka.qa01.system.delete',
    'azul..s1.binary.sourced',
    'azul.qa01.s1.binary.',
    'azul.qa01.system.toString',
  ]) {
    assert.is(topicPolicy(topic), undefined, topic);
  }
});

test.run();
