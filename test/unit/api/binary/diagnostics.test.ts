/** When a summary says what about itself (spec 04 §6.7). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rawJson } from '../../../../projections/json.js';
import { contentDiagnostics, manyBuckets, manyEvents, sortDiagnostics, type Diagnostic } from '../../../../src/api/binary/diagnostics.js';
import type { PluginConfig } from '../../../../src/api/plugin-model.js';
import type { BinaryStream } from '../../../../src/api/binary/streams.js';
import type { ExactNumber } from '../../../../src/api/binary/stored.js';

const test = suite('diagnostics');

function stream(label: string[], size?: ExactNumber): BinaryStream {
  return { sha256: 'aa', label, instances: ['k'], ...(size !== undefined && { size }) };
}

function limits(...sizes: unknown[]): Map<string, PluginConfig> {
  return new Map(sizes.map((size, n) => [`P${n + 1}`, size === undefined ? {} : { filter_max_content_size: size }]));
}

function ids(found: readonly Diagnostic[]): string[] {
  return found.map(({ id }) => id);
}

test('full buckets may hide something', () => {
  assert.equal(manyBuckets('info', 2, 3), []);
  assert.equal(manyBuckets('sources_s1_references', 3, 3), [
    {
      severity: 'warning',
      id: 'many_buckets_sources_s1_references',
      title: 'Results may be missing for sources_s1_references',
      body: 'There were more fields identified by the database (over 3). Consider increasing query size in user settings.',
    },
  ]);
});

test('many events', () => {
  assert.equal(manyEvents(9, 10), []);
  assert.equal(manyEvents(10, 10), [
    {
      severity: 'warning',
      id: 'many_events',
      title: 'Many events',
      body: "This binary has many events in the system (10) and accurate results can't be guaranteed.",
    },
  ]);
});

test('no content, whatever plugins want', () => {
  const body = 'The content for this binary is not in Azul and as such this file is unlikely to be processed by most plugins.';
  const missing = [{ severity: 'info', id: 'no_content', title: 'Content not found', body }];
  assert.equal(contentDiagnostics([], limits(1)), missing);
  assert.equal(contentDiagnostics([stream(['report'], 5)], limits(1)), missing);
  assert.equal(contentDiagnostics([stream(['content'])], limits(1)), missing, 'of unknown size');
  assert.equal(contentDiagnostics([stream(['content', 'text'], 0)], limits(1)), [], 'an empty one is content');
});

test('plugins that will not take it: those with a limit below the size', () => {
  const content = [stream(['assemblyline'], 1), stream(['content'], 100)];
  assert.equal(contentDiagnostics(content, limits(100, 0, undefined, '5', null, 1e9)), []);
  assert.equal(contentDiagnostics(content, limits(99, 0)), [
    {
      severity: 'warning',
      id: 'large',
      title: 'Content too large for 1 plugin',
      body: 'The following plugin will not process the binary: P1',
    },
  ]);
  const [five] = contentDiagnostics(content, limits(1, 2, 3, 4, 5));
  assert.is(five!.title, 'Content too large for 5 plugins');
  assert.is(five!.body, 'The following plugins will not process the binary: P1, P2, P3, P4, P5');
  const [seven] = contentDiagnostics(content, limits(1, 2, 3, 4, 5, 6, 7));
  assert.is(seven!.title, 'Content too large for 7 plugins');
  assert.is(seven!.body, 'The following plugins will not process the binary: P1, P2, P3, P4, P5 and 2 more');
});

test('sizes are compared exactly', () => {
  const content = [stream(['content'], rawJson('18446744073709551615'))];
  assert.equal(ids(contentDiagnostics(content, limits(18446744073709551615n))), []);
  assert.equal(ids(contentDiagnostics(content, limits(18446744073709551614n))), ['large']);
});

test('sorted by id', () => {
  const of = (id: string): Diagnostic => ({ severity: 'info', id, title: '', body: '' });
  assert.equal(ids(sortDiagnostics([of('no_content'), of('many_events'), of('large')])), ['large', 'many_events', 'no_content']);
});

test.run();
