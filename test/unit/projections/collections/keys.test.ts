/** Names of keys, their hashes and their values: the tables of spec 07 §5 and §6, verbatim. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { collectionKey, createKeyHasher, createSerialiser, redisKeyBase } from '../../../../projections/collections/key.js';
import { compareRows, expiryOf, parseValue, valueText } from '../../../../projections/collections/value.js';
import type { LinqType, LinqValue } from '../../../../projections/collections/types.js';

const test = suite('keys and values');

const BASES: readonly (readonly [domain: string, name: string, base: string])[] = [
  ['self', 'redis-rresino-154q', 'self#cbfc4168cf7a0ddabbb2bf57a03878d1'],
  ['self', 'redis-001', 'self#98227faed75fdf73b5382bb5137a8f4e'],
  ['azul', 'seen-sha256', 'azul#1ee94e734ffd6f9f9cd55db73848e863'],
  ['azul', 'Ünïcode ☃', 'azul#a8f3600d8daf5f33c4de0aaeb7bd621e'],
  ['ab', 'c', 'ab#900150983cd24fb0d6963f7d28e17f72'],
  ['a', 'bc', 'a#900150983cd24fb0d6963f7d28e17f72'],
];

for (const [domain, name, base] of BASES) test(`base of ${domain} / ${name}`, () => assert.is(redisKeyBase(domain, name), base));

type Example = readonly [types: readonly LinqType[], values: readonly LinqValue[], bytes: string | undefined, hash: string];

const HASHES: readonly Example[] = [
  [['str', 'str'], ['example.com', 'alice'], '010000000b6578616d706c652e636f6d0100000005616c696365', '609f226d4f0a03ab581bb27506ab5deb'],
  [['str', 'str'], ['ab', 'c'], '01000000026162010000000163', 'ac4c4f50eb6c2ba0a3323c71d5b96c25'],
  [['str', 'str'], ['a', 'bc'], '01000000016101000000026263', 'db3fcb6518279e2aca819175d12b9246'],
  [['str', 'str'], ['', 'x'], '0100000000010000000178', '7bb6578fbba5721311b49edae99f977f'],
  [['str', 'str'], [null, 'x'], '0000000000010000000178', 'dc25a8c073e3bd3cfa5582be8fda9e0c'],
  [['int4'], [42], '02000000040000002a', 'bc09bd71f91d6c4ab5660f4fd68cdfd2'],
  [['int8'], [42], '0300000008000000000000002a', 'fe97c1b101ccede03ce4abd02a3d1155'],
  [['int8'], [-9223372036854775808n], '03000000088000000000000000', '00d71357ae01d1fef381d940e8d5e4cd'],
  [['float8'], [-0], '04000000080000000000000000', '4d12b07c27316ce107d3a16c8266d276'],
  [['float8'], [NaN], '04000000087ff8000000000000', 'e95552c5383d6042a483df2d3c33e7cf'],
  [['bool'], [true], '050000000101', '1dcb776c3fd8cd9a1e697a754866e0d5'],
  [['timestamp'], [1515398134810], '060000000800000160d4c47c1a', '4e2e89b6da86ec0e74a55f032cceee4d'],
  [['ip4'], [0x0a000001], '08000000040a000001', '36b14913173e09f649497ad0cb782c52'],
  [['str'], ['1f2e3d4c5b6a79880716253443526170f0e1d2c3b4a5968778695a4b3c2d1e0f'], undefined, 'e60c0dc712ce282cb8a63b883a6ea162'],
];

for (const [types, values, bytes, hash] of HASHES) {
  test(`hash of ${values.map(String).join(', ')} (${types.join(', ')})`, () => {
    const serialised = createSerialiser(types)(values).toString('hex');
    if (bytes !== undefined) assert.is(serialised, bytes);
    else assert.is(serialised.length, 69 * 2);
    assert.is(createKeyHasher(types, 'md5')(values), hash);
  });
}

test('a whole key', () => {
  const base = redisKeyBase('self', 'redis-rresino-154q');
  const hash = createKeyHasher(['str', 'str'], 'md5')(['example.com', 'alice']);
  assert.is(collectionKey(base, hash), 'self#cbfc4168cf7a0ddabbb2bf57a03878d1:609f226d4f0a03ab581bb27506ab5deb');
});

test('a lone surrogate is hashed as U+FFFD, long texts are hashed whole', () => {
  const hash = createKeyHasher(['str'], 'md5');
  assert.is(hash(['a\ud800']), hash(['a\ufffd']));
  assert.is.not(hash(['x'.repeat(100_000)]), hash(['x'.repeat(99_999)]));
  assert.is(createKeyHasher(['str'], 'sha256-128')(['a']).length, 32);
});

const TYPED = fc.constantFrom<LinqType>('str', 'int4', 'int8', 'float8', 'bool', 'timestamp', 'ip4').chain((type) =>
  fc.tuple(
    fc.constant(type),
    fc.oneof(
      { weight: 1, arbitrary: fc.constant(null) },
      {
        weight: 5,
        arbitrary:
          type === 'str'
            ? fc.string({ unit: 'grapheme', maxLength: 4 })
            : type === 'bool'
              ? fc.boolean()
              : type === 'ip4'
                ? fc.nat(300)
                : fc.integer({ min: -3, max: 3 }).map((value) => (value === 0 ? 0 : value)),
      },
    ),
  ),
);

test('no two lists of typed values are serialised alike', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(fc.array(TYPED, { maxLength: 3 }), (fields) => {
      const types = fields.map(([type]) => type);
      const values = fields.map(([, value]) => value as LinqValue);
      const bytes = createSerialiser(types)(values).toString('hex');
      const text = JSON.stringify(fields.map(([type, value]) => (value === null ? null : [type, value])));
      assert.is(seen.get(bytes) ?? text, text);
      seen.set(bytes, text);
    }),
    { numRuns: 20_000 },
  );
});

test('values are written as the specification has them', () => {
  assert.is(valueText([], 1515398134810, 1, []), '1515398134810');
  const text = (type: LinqType, value: LinqValue): string => valueText([{ name: 'x', type }], 1, 1, [value]);
  const types = ['str', 'str'] as const;
  assert.is(
    valueText(
      types.map((type, i) => ({ name: String(i), type })),
      1515398134810,
      1,
      ['example.com', 'alice'],
    ),
    '[1515398134810,1,"example.com","alice"]',
  );
  const expected: readonly (readonly [LinqType, LinqValue, string])[] = [
    ['str', 'a"\n\u2028é', '"a\\"\\n\u2028é"'],
    ['str', '\ud800', '"\ufffd"'],
    ['str', '😀', '"😀"'],
    ['bool', false, 'false'],
    ['int4', 7, '7'],
    ['int8', 9007199254740991, '9007199254740991'],
    ['int8', 9007199254740993n, '"9007199254740993"'],
    ['float8', 0.1, '0.1'],
    ['float8', -0, '0'],
    ['float8', NaN, '"NaN"'],
    ['float8', -Infinity, '"-Infinity"'],
    ['ip4', 0xffffffff, '"255.255.255.255"'],
    ['timestamp', -1, '-1'],
    ['json', '{"a":1.0}', '{"a":1.0}'],
    ['json', null, 'null'],
  ];
  for (const [type, value, written] of expected) assert.is(text(type, value), `[1,1,${written}]`);
});

test('what is written is read back; what is not ours is not', () => {
  assert.equal(parseValue('1515398134810'), { eventdate: 1515398134810, n: 1, values: [] });
  assert.equal(parseValue('[5,2,"a",null]'), { eventdate: 5, n: 2, values: ['a', null] });
  for (const text of ['', 'x', '{}', '[1]', '["1",2]', '[1,2.5]', '01']) assert.is(parseValue(text), undefined, text);
});

test('expiry is absolute', () => {
  assert.is(expiryOf(1515398134810, 300), 1515398434810);
  assert.is(expiryOf(1515398134810, 30000), 1515428134810);
});

const ROWS = fc.record({ eventdate: fc.nat(2), n: fc.integer({ min: 1, max: 2 }), value: fc.constantFrom('a', 'b', 'ä', '\uffff', '😀') });

test('rows have a total order', () => {
  const sign = (n: number): number => Math.sign(n);
  fc.assert(
    fc.property(ROWS, ROWS, ROWS, (a, b, c) => {
      assert.is(sign(compareRows(a, b)) + sign(compareRows(b, a)), 0);
      if (compareRows(a, b) <= 0 && compareRows(b, c) <= 0) assert.ok(compareRows(a, c) <= 0);
      if (compareRows(a, b) === 0) assert.is(JSON.stringify([a.eventdate, a.n, a.value]), JSON.stringify([b.eventdate, b.n, b.value]));
    }),
  );
  const bytes = (value: string): { eventdate: number; n: number; value: string } => ({ eventdate: 1, n: 1, value });
  assert.ok(compareRows(bytes('\uffff'), bytes('😀')) < 0, 'by bytes, not by UTF-16 units');
});

test.run();
