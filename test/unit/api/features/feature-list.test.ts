import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listFeatures } from '../../../../src/api/features/feature-list.js';
import type { PluginRegistration, RegisteredFeature } from '../../../../src/api/features/registrations.js';

const test = suite('feature list');
const ANY = { author: '', author_version: '' };

function registration(name: string, version: string, features: readonly RegisteredFeature[], security = 'LOW'): PluginRegistration {
  return { author: { category: 'plugin', name, version }, security, features };
}

const said = (author_name: string, author_version: string, more: object = {}) => ({
  author_type: 'plugin',
  author_name,
  author_version,
  ...more,
});

test('puts together what plugins say of a feature', () => {
  const registrations = [
    registration('b', '1', [{ name: 'mime', type: 'string', desc: 'of b' }], 'MEDIUM'),
    registration('a', '2', [{ name: 'mime', tags: ['z', 'y'] }, { name: '\u{1F600}' }, { name: '\uffee' }]),
    registration('a', '1', [{ name: 'mime', tags: 'y' }]),
  ];
  assert.equal(listFeatures(registrations, ANY), [
    {
      name: 'mime',
      descriptions: [said('a', '1'), said('a', '2'), said('b', '1', { desc: 'of b', type: 'string' })],
      tags: ['y', 'z'],
      security: ['LOW', 'MEDIUM'],
    },
    { name: '\uffee', descriptions: [said('a', '2')], tags: [], security: ['LOW'] },
    { name: '\u{1F600}', descriptions: [said('a', '2')], tags: [], security: ['LOW'] },
  ]);
});

test('looks at the chosen plugin only, and at its first twenty versions', () => {
  const versions = Array.from({ length: 25 }, (_, n) => String(n + 10));
  const registrations = [
    registration('b', '10', [{ name: 'b' }]),
    ...versions.toReversed().map((version) => registration('a', version, [{ name: 'f' }])),
  ];
  const [feature, ...others] = listFeatures(registrations, { author: 'a', author_version: '' });
  assert.equal(others, []);
  assert.equal(
    feature!.descriptions.map(({ author_version }) => author_version),
    versions.slice(0, 20),
  );
  const last = listFeatures(registrations, { author: 'a', author_version: '34' });
  assert.equal(last[0]!.descriptions, [said('a', '34')]);
  assert.equal(
    listFeatures(registrations, { author: '', author_version: '10' }).map(({ name }) => name),
    ['b', 'f'],
  );
});

test.run();
