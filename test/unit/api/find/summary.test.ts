/** Summaries of find (spec 05 §6 step B). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { summariesOf, summarise, summarySearches } from '../../../../src/api/find/summary.js';

const test = suite('find summaries');
const source = (name: string, timestamp: string) => ({ name, timestamp });

test('takes of each field the first value that is one', () => {
  const summary = summarise('aa', [
    { file_format: '', mime: 'text/a', size: 0, source: source('s2', '2024-01-02T00:00:00Z'), depth: 1, filename: ['b', ''] },
    { file_format: 'text', mime: 'text/b', size: 18446744073709551615n, source: source('s1', '2024-01-01T00:00:00Z'), filename: 'a' },
  ]);
  assert.equal(summary, {
    exists: true,
    has_content: false,
    sha256: 'aa',
    file_format: 'text',
    mime: 'text/a',
    file_size: 18446744073709551615n,
    filenames: ['b', 'a'],
    sources: [
      { depth: undefined, name: 's1', references: {}, timestamp: '2024-01-01T00:00:00Z' },
      { depth: 1, name: 's2', references: {}, timestamp: '2024-01-02T00:00:00Z' },
    ],
  });
});

test('sorts sources by name and time, each once', () => {
  const { sources } = summarise('aa', [
    { source: source('s', '2024-01-02T00:00:00Z'), depth: 0 },
    { source: source('s', '2024-01-01T00:00:00Z'), depth: 1 },
    { source: { ...source('s', '2024-01-02T00:00:00Z'), references: { a: 'b' } }, depth: 2 },
  ]);
  assert.equal(sources, [
    { depth: 1, name: 's', references: {}, timestamp: '2024-01-01T00:00:00Z' },
    { depth: 2, name: 's', references: { a: 'b' }, timestamp: '2024-01-02T00:00:00Z' },
  ]);
});

test('has content where any document has a stream with that label', () => {
  const streams = (...labels: (string | string[])[]) => ({ datastreams: labels.map((label) => ({ label })) });
  assert.is(summarise('aa', [streams('text'), streams('report', 'content')]).has_content, true);
  assert.is(summarise('aa', [streams(['text', 'content'])]).has_content, true);
  assert.is(summarise('aa', [streams('text'), {}]).has_content, false);
});

test('says of a binary without a source that it does not exist', () => {
  const answer = {
    took: 1,
    timed_out: false,
    hits: { hits: [] },
    aggregations: { SHA256: { buckets: [{ key: 'aa', SOURCE: { buckets: [] } }] } },
  };
  assert.equal([...summariesOf([answer])], [['aa', { exists: false, has_content: false, sha256: 'aa' }]]);
});

test('asks for a thousand binaries at a time', () => {
  const ids = Array.from({ length: 2_001 }, (_, n) => String(n));
  const asked = summarySearches(ids).map(
    ({ body }) => (body['query'] as { bool: { filter: { terms: { sha256: string[] } }[] } }).bool.filter[0]!.terms.sha256,
  );
  assert.equal(
    asked.map(({ length }) => length),
    [1_000, 1_000, 1],
  );
  assert.equal(asked.flat(), ids);
  assert.equal(summarySearches([]), []);
});

test.run();
