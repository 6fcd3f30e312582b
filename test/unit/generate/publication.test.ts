import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BinaryEvent, EventSource } from '../../../schemas/events.js';
import { binaryKey } from '../../../schemas/identity.js';
import { PE32 } from '../../../src/generate/formats.js';
import { publishBinary, stampBinary } from '../../../src/generate/publication.js';
import { createRandom } from '../../../src/generate/random.js';
import { bareEntity, makeSample } from '../../../src/generate/samples.js';
import { sampleSettings } from '../../../src/generate/settings.js';

const test = suite('publication');

const author = { name: 'Unbox', version: '1.0', category: 'plugin', security: undefined };
const sample = makeSample(createRandom(1), PE32);

function stamped(depth: number, settings: Record<string, string>, expedite = false): { event: BinaryEvent; source: EventSource } {
  const timestamp = 1_700_000_000_000_000n;
  const absent = { relationship: undefined, file_format: undefined, size: undefined, filename: undefined, language: undefined };
  const path = Array.from({ length: depth }, () => ({ author, action: 'extracted', sha256: sample.sha256, timestamp, ...absent }));
  const source = { name: 's1', references: undefined, security: 'LOW', path, timestamp, settings };
  const draft = { timestamp, author, source, entity: bareEntity(sample, {}), action: 'extracted' };
  return { event: stampBinary(draft, expedite), source };
}

test('takes the settings away at the depth that they name, after the key was made', () => {
  const settings = { remove_at_depth: '2', passwords: 'infected' };
  assert.equal(stamped(1, settings).event.source.settings, settings);
  const { event, source } = stamped(2, settings);
  assert.is(event.source.settings, undefined);
  assert.is(event.kafka_key, binaryKey(source));
  assert.is.not(event.kafka_key, binaryKey(event.source));
});

test('leaves settings alone whose depth is no integer', () => {
  const settings = { remove_at_depth: '2.5' };
  assert.equal(stamped(3, settings).event.source.settings, settings);
});

test('goes to the topic of source and action, or to the expedited one', () => {
  assert.is(publishBinary('qa01', stamped(1, {}).event).topic, 'azul.qa01.s1.binary.extracted');
  assert.is(publishBinary('qa01', stamped(1, {}, true).event).topic, 'azul.qa01.system.expedite');
});

test('comes with the settings of the fixture histories, apart from descriptions', () => {
  const withoutDescriptions = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (key, item: unknown) => (key === 'description' ? undefined : item));
  const fixture: unknown = JSON.parse(readFileSync(new URL('../../fixtures/history/settings.json', import.meta.url), 'utf8'));
  assert.equal(withoutDescriptions(sampleSettings('qa01', 'bench')), withoutDescriptions(fixture));
});

test.run();
