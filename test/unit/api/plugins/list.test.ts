import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newestByName, type Registration } from '../../../../src/api/plugin-model.js';
import { downloadPlugins, latestPlugins, registrationOf } from '../../../../src/api/plugins/list.js';

const test = suite('plugins of registrations');

function registration(
  name: string,
  version: string | undefined,
  timestamp: string,
  config?: Readonly<Record<string, string>>,
): Registration {
  const named = { name, ...(version !== undefined && { version }) };
  return { timestamp, author: named, entity: { ...named, ...(config && { config }) }, security: 'LOW' };
}

test('orders versions by time, and by name when they are of one millisecond', () => {
  const [plugin] = latestPlugins([
    registration('p', '3', '2026-03-03T00:00:00.000900Z'),
    registration('p', '10', '2026-03-03T00:00:00.000100Z'),
    registration('p', '2', '2026-03-02T00:00:00Z'),
    registration('p', '3', '2026-03-01T00:00:00Z'),
  ]);
  assert.equal(plugin!.versions, ['10', '3', '2']);
  assert.is(plugin!.newest_version.version, '10');
});

test('orders plugins by lower-cased name and leaves out what has no version', () => {
  const plugins = latestPlugins([
    registration('b', '1', '2026-03-01T00:00:00Z'),
    registration('C', '1', '2026-03-01T00:00:00Z'),
    registration('a', undefined, '2026-03-01T00:00:00Z'),
    registration('A', '', '2026-03-01T00:00:00Z'),
  ]);
  assert.equal(
    plugins.map(({ newest_version: { name } }) => name),
    ['A', 'b', 'C'],
  );
});

test('shows at most a hundred versions and a thousand plugins', () => {
  const versions = Array.from({ length: 120 }, (_, n) => registration('p', String(n), new Date(1e12 - n * 1000).toISOString()));
  assert.is(latestPlugins(versions)[0]!.versions.length, 100);
  assert.is(latestPlugins(versions)[0]!.versions[99], '99');
  const plugins = Array.from({ length: 1_100 }, (_, n) => registration(`p${n}`, '1', '2026-03-01T00:00:00Z'));
  assert.is(latestPlugins(plugins).length, 1_000);
});

test('takes of each plugin the newest registration that downloads', () => {
  const yes = { is_processing_download_events: 'true' };
  const found = downloadPlugins([
    registration('z', '3', '2026-03-03T00:00:00Z', { is_processing_download_events: 'false' }),
    registration('z', '2', '2026-03-02T00:00:00Z', yes),
    registration('y', '1', '2026-03-02T00:00:00Z', yes),
    registration('z', '1', '2026-03-01T00:00:00Z', yes),
    registration('x', '1', '2026-03-01T00:00:00Z', { is_processing_download_events: '' }),
    registration('w', '1', '2026-03-01T00:00:00Z'),
  ]);
  assert.equal(
    found.map(({ entity }) => `${entity.name} ${entity.version!}`),
    ['y 1', 'z 2'],
  );
});

test('takes the newest of several registrations', () => {
  const list = [
    registration('p', '1', '2026-03-02T00:00:00Z'),
    registration('p', '1', '2026-03-01T00:00:00Z'),
    registration('q', '1', '2026-03-01T00:00:00Z'),
  ];
  assert.is(newestByName(list, 10).get('p'), list[0]);
  assert.equal([...newestByName(list, 1).keys()], ['p']);
  assert.is(registrationOf(list, 'p', '1'), list[0]);
  assert.is(registrationOf(list, 'p', '2'), undefined);
});

test.run();
