/** Streams and sources of several documents as one list each, and what is asked for (spec 04 §6.7). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DETAILS, detailsOf } from '../../../../src/api/binary/details.js';
import { sourcesOf, type Submission } from '../../../../src/api/binary/sources.js';
import { mergeStreams } from '../../../../src/api/binary/streams.js';
import { valueTagSearches } from '../../../../src/api/binary/value-tags.js';

const test = suite('parts of a summary');

test('no details asked for are all; tags of values need the values', () => {
  assert.equal([...detailsOf([])], [...DETAILS]);
  assert.equal([...detailsOf(['info', 'info', 'security'])].sort(), ['info', 'security']);
  assert.equal([...detailsOf(['feature_tags'])].sort(), ['feature_tags', 'features']);
});

test('the same bytes are one stream, with the fields of the first', () => {
  const merged = mergeStreams([
    {
      sha256_author_action: 'k2',
      datastreams: [
        { sha256: 'aa', label: 'text', size: 1, language: 'c' },
        { sha256: 'aa', label: 'content', size: 2 },
        { sha256: 'bb', label: 'report' },
      ],
    },
    {
      sha256_author_action: 'k1',
      datastreams: [
        { sha256: 'cc', label: 'content', size: 3 },
        { sha256: 'aa', label: 'text', size: 4 },
      ],
    },
    { sha256_author_action: 'k3' },
  ]);
  assert.equal(merged, [
    { sha256: 'aa', label: ['content', 'text'], size: 1, language: 'c', instances: ['k2', 'k2', 'k1'] },
    { sha256: 'cc', label: ['content'], size: 3, instances: ['k1'] },
    { sha256: 'bb', label: ['report'], instances: ['k2'] },
  ]);
});

test('submissions to a source are direct or indirect, the newest first', () => {
  const submission = (depth: number, timestamp: string, track: string): Submission => ({
    depth,
    document: { source: { name: 'unused', timestamp }, track_source_references: track },
  });
  const sources = sourcesOf(
    new Map([
      ['s2', [submission(2, '2024-01-01T00:00:00Z', 'a')]],
      [
        's1',
        [
          submission(0, '2024-01-01T00:00:00Z', 'a'),
          submission(0, '2024-01-01T00:00:00.500000Z', 'b'),
          submission(0, '2024-01-01T00:00:00Z', 'c'),
          submission(1, '2025-01-01T00:00:00Z', 'd'),
        ],
      ],
    ]),
  );
  const tracks = sources.map(({ source, direct, indirect }) => [
    source,
    direct.map((row) => row.track_source_references),
    indirect.map((row) => row.track_source_references),
  ]);
  assert.equal(tracks, [
    ['s1', ['b', 'a', 'c'], ['d']],
    ['s2', [], ['a']],
  ]);
});

test('tags of more values than a query takes are several searches', () => {
  const sizes = (count: number) =>
    valueTagSearches(Array.from({ length: count }, (_, n) => String(n))).map(({ body }) => {
      const { filter } = (body['query'] as { bool: { filter: [unknown, { terms: { pivot: string[] } }] } }).bool;
      return filter[1].terms.pivot.length;
    });
  assert.equal(sizes(0), []);
  assert.equal(sizes(65_536), [65_536]);
  assert.equal(sizes(65_537), [65_536, 1]);
});

test.run();
