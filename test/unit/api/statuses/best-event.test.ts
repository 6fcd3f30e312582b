import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson } from '../../../../projections/json.js';
import { bestEventSearch, rebuildEvent, type BinaryDocument } from '../../../../src/api/statuses/best-event.js';

const test = suite('events of documents');

const author = { category: 'plugin', name: 'unzip', version: '2', security: 'LOW' };
const DOCUMENT: BinaryDocument = {
  timestamp: '2026-03-01T00:00:05Z',
  author,
  action: 'extracted',
  sha256: 'b',
  size: 9_007_199_254_740_993n,
  file_format: 'text',
  info: { n: [1] },
  features: [{ name: 'f', value: 'v', type: 'string', label: 'l', enriched: { integer: 1 }, encoded: {} }],
  datastreams: [{ label: 'content', sha256: 'b' }],
  track_source_references: 's.1',
  track_source_references_grouped: 's.2',
  track_link: 'L',
  track_author: 'plugin.unzip.2',
  parent_track_author: 'user.bob.1',
  parent_relationship: { label: 'x' },
  source: {
    name: 's',
    security: 'LOW',
    timestamp: '2026-03-01T00:00:00Z',
    settings: { a: 'b' },
    encoded_settings: [{ key: 'a', value: 'b' }],
    encoded_references: [],
  },
  parent: { author, action: 'sourced', sha256: 'a', timestamp: 't', filename: 'n', encoded: { sha256_author_action: 'x' } },
  encoded_security: { exclusive: [], inclusive: [], markings: [], num_exclusive: 0 },
};

test('shows the last two nodes, and nothing that was derived', () => {
  const event = rebuildEvent(DOCUMENT)!;
  assert.equal(event, {
    model_version: 6,
    kafka_key: '',
    timestamp: '2026-03-01T00:00:05Z',
    author,
    action: 'extracted',
    track_source_references: 's.1',
    source: {
      name: 's',
      security: 'LOW',
      timestamp: '2026-03-01T00:00:00Z',
      settings: { a: 'b' },
      path: [
        { author, action: 'sourced', sha256: 'a', timestamp: 't', filename: 'n' },
        {
          author,
          action: 'extracted',
          sha256: 'b',
          timestamp: '2026-03-01T00:00:05Z',
          file_format: 'text',
          size: 9_007_199_254_740_993n,
          relationship: { label: 'x' },
        },
      ],
    },
    entity: {
      sha256: 'b',
      size: 9_007_199_254_740_993n,
      file_format: 'text',
      info: { n: [1] },
      datastreams: [{ label: 'content', sha256: 'b' }],
      features: [{ name: 'f', value: 'v', type: 'string', label: 'l' }],
    },
    flags: {},
    track_links: ['L'],
    track_authors: ['user.bob.1', 'plugin.unzip.2'],
  });
  assert.ok(documentJson(event).includes('9007199254740993'));
});

test('has one node and no links without a parent, and is nothing without a source', () => {
  const { source, ...rest } = { timestamp: 't', author, action: 'sourced', sha256: 'b', track_author: 'u', source: DOCUMENT.source! };
  const event = rebuildEvent({ ...rest, source }) as {
    source: { path: object[] };
    track_links?: object;
    track_authors: object;
    entity: object;
  };
  assert.is(event.source.path.length, 1);
  assert.is(event.track_links, undefined);
  assert.equal(event.track_authors, ['u']);
  assert.equal(event.entity, { sha256: 'b' });
  assert.is(rebuildEvent(rest), undefined);
});

test('reads every field that it shows', () => {
  const { _source: wanted } = bestEventSearch('b').body as { _source: { includes: string[] } };
  const covers = (path: string): boolean => wanted.includes.some((one) => path === one || path.startsWith(`${one}.`));
  for (const name of [
    'author',
    'action',
    'timestamp',
    'sha256',
    'info',
    'datastreams',
    'features.value',
    'source.references',
    'parent.relationship',
  ]) {
    assert.ok(covers(name), name);
  }
  for (const name of ['encoded_security', 'fold', 'features_map', 'features.enriched', 'source.encoded_references', 'parent.encoded']) {
    assert.not(covers(name), name);
  }
});

test.run();
