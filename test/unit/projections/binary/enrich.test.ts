import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { enrichFeature } from '../../../../projections/binary/enrich.js';
import { documentJson } from '../../../../projections/json.js';
import type { DocumentBody } from '../../../../projections/types.js';
import binaries from '../../../fixtures/enrich/binaries.json' with { type: 'json' };
import floats from '../../../fixtures/enrich/floats.json' with { type: 'json' };
import integers from '../../../fixtures/enrich/integers.json' with { type: 'json' };

/** Fixture rows: a value, and what CPython 3.12.1 makes of it (`str(int)`, `repr(float)`, the text), null where it fails. */
type Rows = [string, string | null][];

const test = suite('enriched features');

function assertEnriches(type: string, value: string, expected: DocumentBody | undefined): void {
  assert.equal(enrichFeature(type, value), expected, JSON.stringify(value));
}

test('reads integers as Python does', () => {
  for (const [value, expected] of integers as Rows) {
    const big = expected === null ? undefined : BigInt(expected);
    const safe = big !== undefined && Number.isSafeInteger(Number(big));
    assertEnriches('integer', value, big === undefined ? undefined : { integer: safe ? Number(big) : big });
  }
});

test('answers integers that are exact as doubles as numbers, others as bigint', () => {
  assertEnriches('integer', '9007199254740991', { integer: 9007199254740991 });
  assertEnriches('integer', '9007199254740992', { integer: 9007199254740992n });
  assertEnriches('integer', '-9007199254740992', { integer: -9007199254740992n });
  assertEnriches('integer', '000000000000000000007', { integer: 7 });
  assert.ok(Object.is(enrichFeature('integer', '-0')?.['integer'], 0));
});

test('reads integers of at most 4300 digits, leading zeros included', () => {
  const nines = '9'.repeat(4300);
  assertEnriches('integer', nines, { integer: BigInt(nines) });
  assertEnriches('integer', `-${nines}`, { integer: -BigInt(nines) });
  assertEnriches('integer', `${nines}9`, undefined);
  assertEnriches('integer', `${'0'.repeat(4300)}1`, undefined);
  assertEnriches('integer', `${'1_'.repeat(4299)}1`, { integer: BigInt('1'.repeat(4300)) });
});

test('strips what Python strips', () => {
  assertEnriches('integer', '\u001c\u0085\u30007\u2029 ', { integer: 7 });
  assertEnriches('integer', '\ufeff7', undefined);
  assertEnriches('float', '\u001f7.5\u00a0', { float: 7.5 });
});

test('reads digits of every script that Unicode 15.0 has, and of no later one', () => {
  assertEnriches('integer', '\u0663\u096f\u{1d7d7}\uff11\u{1fbf9}', { integer: 39919 });
  assertEnriches('integer', '\u{10d40}', undefined);
  assertEnriches('integer', '\u00b2', undefined);
  assertEnriches('float', '-\u0661.\u0665e\u0661', { float: -15 });
});

function pythonFloat(text: string): number {
  if (text.endsWith('inf')) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

test('reads floats as Python does', () => {
  for (const [value, expected] of floats as Rows) {
    const result = enrichFeature('float', value);
    if (expected === null) {
      assert.is(result, undefined, value);
      continue;
    }
    const number = pythonFloat(expected);
    const wanted = Number.isFinite(number) ? number : String(number);
    const json = documentJson(result!);
    assert.equal(JSON.parse(json), { float: wanted }, value);
    assert.is(Object.is((JSON.parse(json) as { float: unknown }).float, -0), Object.is(number, -0), value);
  }
});

test('names non-finite floats, for OpenSearch to refuse', () => {
  assertEnriches('float', ' +iNf', { float: 'Infinity' });
  assertEnriches('float', '-infinity', { float: '-Infinity' });
  assertEnriches('float', '-NAN', { float: 'NaN' });
  assertEnriches('float', '1e400', { float: 'Infinity' });
});

test('keeps the sign of zero', () => {
  for (const zero of ['-0', '-0.0', '-.0e5', '-1e-400']) assert.is(documentJson(enrichFeature('float', zero)!), '{"float":-0.0}');
  assert.is(documentJson(enrichFeature('float', '0')!), '{"float":0}');
});

test('reads text in base64 as Python does', () => {
  for (const [value, expected] of binaries as Rows) {
    assertEnriches('binary', value, expected === null ? undefined : { binary_string: expected });
  }
});

test('forgets an incomplete padding when base64 goes on', () => {
  assertEnriches('binary', 'YW=JjYQ=', undefined);
  assertEnriches('binary', 'YW=JjYQ==', { binary_string: 'abca' });
});

function binaryString(...bytes: number[]): string {
  return enrichFeature('binary', Buffer.from(bytes).toString('base64'))?.['binary_string'] as string;
}

test('drops invalid UTF-8 and keeps genuine replacement characters and a byte order mark', () => {
  assert.is(binaryString(0x61, 0xe2, 0x82, 0x62), 'ab');
  assert.is(binaryString(0xef, 0xbf, 0xbd, 0xff, 0xef, 0xbf, 0xbd), '\ufffd\ufffd');
  assert.is(binaryString(0xef, 0xbb, 0xbf, 0x61), '\ufeffa');
  assert.is(binaryString(0xef, 0xbb, 0xbf, 0x61, 0xff), '\ufeffa');
  assert.is(binaryString(0xed, 0xa0, 0x80, 0xc0, 0x80, 0xe0, 0x80, 0x80, 0xf4, 0x90, 0x80, 0x80, 0x41), 'A');
  assert.is(binaryString(0xf5, 0x80, 0x80, 0x80, 0x42), 'B');
  assert.is(binaryString(0xf0, 0x9f, 0x98, 0x80, 0xf0, 0x9f, 0x98), '\u{1f600}');
});

test('drops from UTF-8 what a decoder of the platform would replace', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      // Only arrays without a genuine U+FFFD (EF BF BD) can be compared by taking the replacements out.
      fc.pre(!Buffer.from(bytes).includes(Buffer.from([0xef, 0xbf, 0xbd])));
      assert.is(binaryString(...bytes), decoded.replaceAll('\ufffd', ''));
    }),
    { numRuns: 500 },
  );
});

const PATHS: [string, string][] = [
  ['C:\\a\\b', 'C:/a/b'],
  ['a\\b/c', 'a/b/c'],
  ['a\\b/c\\d', 'a/b/c/d'],
  ['/a\\b', '/a\\b'],
  ['a.txt', 'a.txt'],
  ['\\', '/'],
  ['', ''],
];

for (const [value, filepath] of PATHS) {
  test(`makes the path ${JSON.stringify(value)} searchable`, () => assertEnriches('filepath', value, { filepath }));
}

test('takes over datetimes unparsed and adds nothing to strings', () => {
  assertEnriches('datetime', '2026-01-01 00:00:00', { datetime: '2026-01-01 00:00:00' });
  assertEnriches('datetime', '', { datetime: '' });
  assertEnriches('string', 'x', {});
});

test('does not take an unknown type', () => {
  assert.throws(() => enrichFeature('ints', '1'), /"ints" is unknown/);
});

test.run();
