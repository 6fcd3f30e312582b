import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldPlugin } from '../../../../projections/plugin/project.js';
import { pluginEvent } from '../../../helpers/system-records.js';
import { author } from '../binary/events.js';
import { deepFrozen, onlyBody, recordOf, SETTINGS } from '../support.js';

const test = suite('plugin documents');

type Json = Record<string, unknown>;

test('shows the event without its key and its defaults', () => {
  const record = deepFrozen(recordOf(pluginEvent({}, { kafka_key: 'pl' })));
  const result = foldPlugin(record, SETTINGS);
  assert.equal(onlyBody(result), {
    model_version: 6,
    timestamp: '2026-03-01T00:00:00Z',
    author: { name: 'p', security: 'LOW' },
    entity: { name: 'p', security: 'LOW' },
    security: 'LOW',
    encoded_security: { exclusive: ['s-low'], inclusive: ['s-any'], markings: ['s-any'], num_exclusive: 1 },
  });
  assert.equal([result.writes[0]!.index, result.writes[0]!.id], ['azul.o.bench.plugin', 'pl']);
  assert.equal(foldPlugin(record, SETTINGS), result);
});

test('shows features without tags and with a description, empty if need be', () => {
  const features = [{ name: 'f', type: 'string', desc: undefined, tags: ['t'] }];
  const { entity } = onlyBody(foldPlugin(recordOf(pluginEvent({ features })), SETTINGS)) as { entity: Json };
  assert.equal(entity['features'], [{ name: 'f', type: 'string', desc: '' }]);
});

test('combines the labels of author and entity', () => {
  const result = foldPlugin(recordOf(pluginEvent({ security: 'medium' }, { author: author({ security: 'low tlp:green' }) })), SETTINGS);
  const body = onlyBody(result) as { author: Json; entity: Json; security: string };
  assert.equal([body.author['security'], body.entity['security'], body.security], ['LOW TLP:GREEN', 'MEDIUM', 'MEDIUM']);
  assert.is(result.writes[0]!.index, 'azul.x.bench.plugin');
});

for (const value of ['1', ' "x" ', 'NaN', '-Infinity', '{"a":[Infinity]}', 'null', '\n1\t']) {
  test(`takes a config value ${JSON.stringify(value)} as it stands`, () => {
    const { entity } = onlyBody(foldPlugin(recordOf(pluginEvent({ config: { a: value, _sa: 'dropped' } })), SETTINGS)) as { entity: Json };
    assert.equal(entity['config'], { a: value });
  });
}

for (const value of ['', 'abc', '"a\nb"', '{', "'x'", '01']) {
  test(`refuses a config value ${JSON.stringify(value)}`, () => {
    const { writes, refusals } = foldPlugin(recordOf(pluginEvent({ config: { good: '1', a: value } })), SETTINGS);
    assert.equal(writes, []);
    assert.is(refusals[0]?.class, 'BaseAzulException');
    assert.match(refusals[0]!.reason, /entity\.config\.a/);
  });
}

test.run();
