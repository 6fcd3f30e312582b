import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportLines, settingsFor, shellQuote } from '../../../src/stack/env.js';
import { portsFor, serviceNames } from '../../../src/stack/layout.js';

const test = suite('stack settings');

test('leaves plain values alone and quotes the rest', () => {
  assert.is(shellQuote('http://127.0.0.1:29200'), 'http://127.0.0.1:29200');
  assert.is(shellQuote('/data of mine'), `'/data of mine'`);
  assert.is(shellQuote(`it's`), `'it'\\''s'`);
  assert.is(shellQuote(''), `''`);
});

test('a shell reads back exactly the values', () => {
  const values = { A: `it's "$HOME" \`id\` \\ *`, B: '{"number_of_shards":1}', C: 'two\nlines', D: '', E: '!x;y&z' };
  const script = `${exportLines(values)}printf '%s\\0' "$A" "$B" "$C" "$D" "$E"`;
  const read = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  assert.equal(read, Object.values(values));
});

test('names only services that run', () => {
  assert.equal(settingsFor('/d', portsFor(29_000), ['redis']), { METAFOLD_DATA: '/d', METAFOLD_REDIS_URL: 'redis://127.0.0.1:29379' });
});

test('gives indices settings that a single node can fulfil', () => {
  const settings = settingsFor('/d', portsFor(29_000), serviceNames);
  for (const name of ['METAFOLD_BINARY2_INDEX_CONFIG', 'METASTORE_STATUS_INDEX_CONFIG', 'METASTORE_PLUGIN_INDEX_CONFIG']) {
    assert.equal(JSON.parse(settings[name]!), { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '5s' });
  }
  assert.is(settings['METAFOLD_REGISTRY_URL'], 'http://127.0.0.1:29081/apis/ccompat/v7');
  assert.is(settings['METASTORE_OPENSEARCH_URL'], 'http://127.0.0.1:29200');
  assert.is(settings['METASTORE_NO_SECURITY_PLUGIN_COMPATIBILITY'], 'true');
});

test.run();
