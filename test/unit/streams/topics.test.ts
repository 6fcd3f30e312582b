import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { binaryTopicPattern, kindOfTopic, systemTopic, systemTopicPattern } from '../../../streams/topics.js';

const topics = suite('topics');

topics('matches the binary topics of its prefix and nothing else', () => {
  const pattern = new RegExp(binaryTopicPattern('qa01'));
  assert.ok(pattern.test('azul.qa01.virustotal.binary.sourced'));
  assert.ok(pattern.test('azul.qa01.a-b_c.binary.enriched'));
  for (const other of [
    'azul.qa012.s1.binary.sourced',
    'azul.qa01.system.status',
    'azul.qa01.s.1.binary.sourced',
    'azul.qa01.s1.binary.a.b',
    'xazul.qa01.s1.binary.sourced',
  ]) {
    assert.not(pattern.test(other), other);
  }
});

topics('matches one system topic whole', () => {
  const pattern = new RegExp(systemTopicPattern('qa01', 'status'));
  assert.ok(pattern.test(systemTopic('qa01', 'status')));
  assert.not(pattern.test('azul.qa01.system.status2'));
});

for (const [topic, kind] of [
  ['azul.qa01.s1.binary.sourced', 'binary'],
  ['azul.qa01.system.expedite', 'expedite'],
  ['azul.qa01.system.dead-letter', 'dead-letter'],
  ['azul.system', undefined],
  ['other', undefined],
] as const) {
  topics(`takes ${topic} for ${kind ?? 'none of ours'}`, () => assert.is(kindOfTopic(topic), kind));
}

topics.run();
