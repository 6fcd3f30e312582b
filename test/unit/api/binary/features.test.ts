/** Feature values of several documents as one list (spec 04 §6.7). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rawJson } from '../../../../projections/json.js';
import { mergeFeatures, type BinaryFeature, type FeatureDocument } from '../../../../src/api/binary/features.js';
import type { StoredEnriched, StoredFeature } from '../../../../src/api/binary/stored.js';

const test = suite('features of a binary');

function document(instance: string, ...features: StoredFeature[]): FeatureDocument {
  return { sha256_author_action: instance, features };
}

function only(feature: StoredFeature): BinaryFeature {
  const [merged, ...others] = mergeFeatures([document('k', feature)]);
  assert.is(others.length, 0);
  return merged!;
}

function partsOf(type: string, enriched: StoredEnriched | undefined) {
  return only({ name: 'f', type, value: 'v', ...(enriched && { enriched }) }).parts;
}

test('merges equal name, type and value; the first has the parts', () => {
  const merged = mergeFeatures([
    document('k2', { name: 'f', type: 'uri', value: 'a', label: 'x', enriched: { netloc: 'first' } }),
    document(
      'k1',
      { name: 'f', type: 'uri', value: 'a', label: 'b', enriched: { netloc: 'second' } },
      { name: 'f', type: 'uri', value: 'a' },
    ),
    document('k1', { name: 'f', type: 'string', value: 'a', label: '' }),
    { sha256_author_action: 'k3' },
  ]);
  assert.equal(merged, [
    { name: 'f', type: 'uri', value: 'a', label: ['b', 'x'], parts: { netloc: 'first' }, instances: ['k1', 'k2'] },
    { name: 'f', type: 'string', value: 'a', label: [], parts: {}, instances: ['k1'] },
  ]);
});

test('sorts by name, then by value as text, by code points', () => {
  const names = [
    ['b', '1'],
    ['a', '10'],
    ['a', '9'],
    ['a', '\u{1F600}'],
    ['a', '\uFF5E'],
    ['A', 'z'],
  ] as const;
  const merged = mergeFeatures([document('k', ...names.map(([name, value]) => ({ name, type: 'string', value })))]);
  assert.equal(
    merged.map(({ name, value }) => [name, value]),
    [
      ['A', 'z'],
      ['a', '10'],
      ['a', '9'],
      ['a', '\uFF5E'],
      ['a', '\u{1F600}'],
      ['b', '1'],
    ],
  );
});

test('lists places once, in order, exactly', () => {
  const at = (gte: number, lte: number): StoredFeature => ({ name: 'f', type: 'string', value: 'v', encoded: { location: { gte, lte } } });
  const large = rawJson('9007199254740993');
  const [merged] = mergeFeatures([
    document('k1', at(10, 20), at(3, 8), { name: 'f', type: 'string', value: 'v', encoded: { location: { gte: large, lte: large } } }),
    document('k2', at(3, 8), at(3, 5), at(1, 30), { name: 'f', type: 'string', value: 'v', encoded: {} }),
  ]);
  assert.equal(merged!.parts.location, [
    [1, 30],
    [3, 5],
    [3, 8],
    [10, 20],
    [large, large],
  ]);
});

test('writes numbers as the texts that Python gives them', () => {
  assert.equal(partsOf('integer', { integer: -7 }), { integer: '-7' });
  assert.equal(partsOf('integer', { integer: rawJson('9223372036854775807') }), { integer: '9223372036854775807' });
  assert.equal(partsOf('float', { float: 1000 }), { float: '1000.0' });
  assert.equal(partsOf('float', { float: rawJson('1.0E22') }), { float: '1e+22' });
  assert.equal(partsOf('float', { float: 0.00001 }), { float: '1e-05' });
});

test('takes over the parts of an address and nothing else', () => {
  const address = {
    scheme: 'http',
    netloc: 'u:p@h:1',
    filepath: '/a/b',
    params: 'x',
    query: 'q',
    fragment: 'f',
    username: 'u',
    password: 'p',
    hostname: 'h',
    ip: '::1',
    port: 1,
  };
  const other = { ...address, unknown: 'no' };
  assert.equal(partsOf('uri', other), { ...address, filepath_unix: ['', '/a'], filepath_unixr: ['b', 'a/b'] });
  assert.equal(partsOf('binary', { binary_string: '' }), { binary_string: '' });
  assert.equal(partsOf('datetime', { datetime: 'd' }), { datetime: 'd' });
  assert.equal(partsOf('uri', undefined), {});
});

test('takes paths apart at both ends, five segments deep, never whole', () => {
  const trees = (filepath: string) => {
    const { filepath_unix: left, filepath_unixr: right } = partsOf('filepath', { filepath });
    return [left, right];
  };
  assert.equal(trees('a'), [undefined, undefined]);
  assert.equal(trees('a/b'), [['a'], ['b']]);
  assert.equal(trees('a/b/c/d/e/f'), [
    ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/b/c/d/e'],
    ['f', 'e/f', 'd/e/f', 'c/d/e/f', 'b/c/d/e/f'],
  ]);
  assert.equal(trees('1/2/3/4/5/6/7')[0], ['1', '1/2', '1/2/3', '1/2/3/4', '1/2/3/4/5']);
});

test.run();
