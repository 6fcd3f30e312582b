import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countKey, countTtlSeconds, documentKey, filtersDigest } from '../../../src/api/cache/keys.js';

const test = suite('keys of the result cache');

test('names what is kept', () => {
  const group = { category: 'feature_value.entities', security: 'S', uniq: 'U' } as const;
  assert.is(
    countKey(group, 'mime.0cc175b9c0f1b6a831c399e269772661'),
    'mf:cnt:feature_value.entities:S:U:mime.0cc175b9c0f1b6a831c399e269772661',
  );
  assert.is(documentKey({ category: 'similar', version: 'v2', unique: 'aa' }, 'S'), 'mf:gen:similar:v2:S:aa');
});

test('digests filters as Python writes them', () => {
  assert.is(filtersDigest([]), 'd751713988987e9331980363e24189ce');
  // python3 -c 'import hashlib, json; print(hashlib.md5(json.dumps([{"term": {"author.name": "é"}}]).encode()).hexdigest())'
  assert.is(filtersDigest([{ term: { 'author.name': 'é' } }]), '774e46df86b8f8691a83c7119667cd87');
});

for (const [count, seconds] of [
  [0, 300],
  [99, 300],
  [100, 86_400],
  [9_999, 86_400],
  [10_000, 604_800],
] as const) {
  test(`keeps a count of ${count} for ${seconds} s`, () => assert.is(countTtlSeconds(count), seconds));
}

test.run();
