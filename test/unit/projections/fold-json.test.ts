import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldFromSource, foldJson, parseFold } from '../../../projections/fold-json.js';
import type { Contribution } from '../../../projections/types.js';

const test = suite('fold as JSON');

const PLAIN: Contribution = {
  topic: 'azul.qa01.system.status',
  partition: 3,
  recordKey: 'key',
  eventKey: 'key',
  insertKeys: [],
  offset: 9007199254740991,
  insertOffsets: [],
  timestamp: 253402300799999999n,
  recordTimestamp: 253402300799999999n,
  source: undefined,
  sourceTimestamp: undefined,
  tokens: ['eAAAA', 'rAAAA'],
};

const DERIVED: Contribution = {
  ...PLAIN,
  recordKey: 'a "quoted"\nkey',
  eventKey: 'child',
  insertKeys: ['i1', 'i2'],
  insertOffsets: [4, 5],
  timestamp: 2n,
  recordTimestamp: -62135596800000000n,
  source: 's1',
  sourceTimestamp: 1n,
  tokens: ['eAAAA', 'eBBBB', 'iBBBB', 'rAAAA'],
  lineage: [
    { timestamp: -62135596800000000n, tokens: ['eAAAA', 'rAAAA'] },
    { timestamp: 2n, tokens: [] },
  ],
};

test('leaves defaults out', () => {
  const expected = {
    tokens: ['eAAAA', 'rAAAA'],
    contributions: [{ t: PLAIN.topic, p: 3, o: 9007199254740991, k: 'key', ts: '253402300799999999', tk: ['eAAAA', 'rAAAA'] }],
  };
  assert.equal(JSON.parse(foldJson([PLAIN], false)), expected);
});

test('shows the union of all tokens, losers included, sorted', () => {
  const fold = JSON.parse(foldJson([DERIVED, PLAIN], true)) as { tokens: string[]; truncated: boolean };
  assert.equal(fold.tokens, ['eAAAA', 'eBBBB', 'iBBBB', 'rAAAA']);
  assert.is(fold.truncated, true);
});

test('comes back as it was', () => {
  assert.equal(parseFold(foldJson([PLAIN], false)), { contributions: [PLAIN], truncated: false });
  assert.equal(parseFold(foldJson([DERIVED, PLAIN], true)), { contributions: [DERIVED, PLAIN], truncated: true });
});

test('is one line', () => {
  assert.not.match(foldJson([DERIVED], false), /\n/);
});

test('names the field that is not as it should be', () => {
  assert.throws(() => foldFromSource({ contributions: [{ t: 1 }] }), /field ts/);
  assert.throws(() => foldFromSource({ contributions: [{ ts: '1', k: 'k', t: 't', p: 0.5 }] }), /field p is 0.5/);
  assert.throws(() => foldFromSource({ contributions: [{ ts: '1', k: 'k', t: 't', p: 0, o: 1, ik: [1] }] }), /field ik/);
  assert.throws(() => foldFromSource({ contributions: [{ ts: '1', k: 'k', t: 't', p: 0, o: 1, l: [{ ts: 1 }] }] }), /field ts/);
  assert.throws(() => foldFromSource({ contributions: [{ ts: '1', k: 'k', t: 't', p: 0, o: 1, l: {} }] }), /field l/);
  assert.throws(() => foldFromSource([]), /expected an object/);
  assert.throws(() => foldFromSource({}), /contributions/);
});

test.run();
