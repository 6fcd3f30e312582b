import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answerInWords, curlLine, queriesText, queriesToTry } from '../../../src/start/queries.js';

const test = suite('queries to try');

test('ask the read aliases of the partition, for a feature that is there', () => {
  const queries = queriesToTry('p1', { name: 'packer', value: 'UPX 3.96' });
  assert.equal(
    queries.map(({ alias }) => alias),
    ['azul.p1.binary2', 'azul.p1.binary2', 'azul.p1.status'],
  );
  assert.match(JSON.stringify(queries[0]), '"query":{"term":{"features_map.packer":"UPX 3.96"}}');
  assert.is(queriesToTry('p1', undefined).length, 2);
});

test('are printed so that a shell hands them to curl unchanged', () => {
  const body = { query: { term: { name: 'it\'s $HOME "quoted" `x` \\' } } };
  const line = curlLine('http://127.0.0.1:1/a/_search?pretty', body);
  const printed = queriesText([{ title: 'T', curl: line, url: '', body, hits: 1, answer: 'A' }]);
  assert.match(printed, /^T:\n {2}curl -s /);
  const command = printed.slice(printed.indexOf('curl'), printed.indexOf('-> A')).replace(/^curl/, 'printf "%s\\n"');
  const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trimEnd().split('\n');
  assert.equal(words, ['-s', 'http://127.0.0.1:1/a/_search?pretty', '-H', 'content-type: application/json', '-d', JSON.stringify(body)]);
});

test('have their answer put in words', () => {
  const total = { value: 1234 };
  assert.is(answerInWords({ hits: { total, hits: [{ _source: { sha256: 'ab' } }] } }), '1,234 documents, first ab');
  const buckets = ['a', 'b', 'c', 'd', 'e'].map((key, index) => ({ key, doc_count: 5000 - index }));
  assert.is(
    answerInWords({ hits: { total, hits: [] }, aggregations: { x: { buckets } } }),
    '1,234 documents: a 5,000, b 4,999, c 4,998, d 4,997, ...',
  );
});

test.run();
