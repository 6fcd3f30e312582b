import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import Type, { type TSchema } from 'typebox';
import { validate, type Problem } from '../../../src/api/validation.js';

const test = suite('validation');

const Query = Type.Object({
  needed: Type.String(),
  count: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
  flag: Type.Boolean({ default: false }),
  sort: Type.Optional(Type.String({ enum: ['_score', 'timestamp'] })),
  x: Type.Array(Type.String(), { default: [] }),
});

const value = (schema: TSchema, where: 'body' | 'query' | 'path', given: unknown): unknown => {
  const result = validate(schema, where, given);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.value;
};
const problems = (schema: TSchema, where: 'body' | 'query' | 'path', given: unknown): readonly Problem[] => {
  const result = validate(schema, where, given);
  if ('value' in result) throw new Error(`accepted: ${JSON.stringify(result.value)}`);
  return result.problems;
};

test('fills in defaults and leaves unknown parameters out', () => {
  assert.equal(value(Query, 'query', { needed: 'a', numodels_restapi: '1' }), { needed: 'a', count: 100, flag: false, x: [] });
});

test('reads numbers, booleans and lists from text as the peer does', () => {
  for (const [text, flag] of [
    ['true', true],
    ['1', true],
    ['YES', true],
    ['on', true],
    ['t', true],
    ['false', false],
    ['0', false],
    ['No', false],
    ['off', false],
    ['n', false],
  ] as const) {
    // prettier-ignore
    assert.is((value(Query, 'query', { needed: '', flag: text }) as { flag: boolean }).flag, flag, text);
  }
  for (const [text, count] of [
    ['5', 5],
    [' 5 ', 5],
    ['+5', 5],
    ['5.0', 5],
    ['1000', 1000],
  ] as const) {
    // prettier-ignore
    assert.is((value(Query, 'query', { needed: '', count: text }) as { count: number }).count, count, text);
  }
  assert.equal((value(Query, 'query', { needed: '', x: 'LOW' }) as { x: string[] }).x, ['LOW']);
  assert.equal((value(Query, 'query', { needed: '', x: ['LOW', 'MEDIUM'] }) as { x: string[] }).x, ['LOW', 'MEDIUM']);
  assert.is((value(Query, 'query', { needed: ['a', 'b'] }) as { needed: string }).needed, 'b', 'of several the last');
});

const WRONG: readonly (readonly [given: Record<string, unknown>, problem: Problem])[] = [
  [{}, { type: 'missing', loc: ['query', 'needed'], msg: 'Field required', input: null }],
  [
    { needed: '', count: '0' },
    { type: 'greater_than_equal', loc: ['query', 'count'], msg: 'Input should be greater than or equal to 1', input: '0', ctx: { ge: 1 } },
  ],
  [
    { needed: '', count: '1001' },
    {
      type: 'less_than_equal',
      loc: ['query', 'count'],
      msg: 'Input should be less than or equal to 1000',
      input: '1001',
      ctx: { le: 1000 },
    },
  ],
  [
    { needed: '', count: 'ten' },
    {
      type: 'int_parsing',
      loc: ['query', 'count'],
      msg: 'Input should be a valid integer, unable to parse string as an integer',
      input: 'ten',
    },
  ],
  [
    { needed: '', flag: 'maybe' },
    { type: 'bool_parsing', loc: ['query', 'flag'], msg: 'Input should be a valid boolean, unable to interpret input', input: 'maybe' },
  ],
  [
    { needed: '', sort: 'size' },
    {
      type: 'enum',
      loc: ['query', 'sort'],
      msg: "Input should be '_score' or 'timestamp'",
      input: 'size',
      ctx: { expected: "'_score' or 'timestamp'" },
    },
  ],
];
test('names place, value and rule of what is wrong', () => {
  for (const [given, problem] of WRONG) assert.equal(problems(Query, 'query', given), [problem]);
});

test('tells a pattern without the anchors that metafold adds', () => {
  const Path = Type.Object({ sha256: Type.String({ pattern: '^[a-fA-F0-9]{64}$' }) });
  assert.equal(problems(Path, 'path', { sha256: 'xyz' }), [
    {
      type: 'string_pattern_mismatch',
      loc: ['path', 'sha256'],
      msg: "String should match pattern '[a-fA-F0-9]{64}'",
      input: 'xyz',
      ctx: { pattern: '[a-fA-F0-9]{64}' },
    },
  ]);
  assert.is(problems(Path, 'path', { sha256: `${'a'.repeat(64)}\n` }).length, 1, 'nothing after the last digit');
  assert.is(problems(Path, 'path', { sha256: 'a'.repeat(65) }).length, 1);
  assert.equal(value(Path, 'path', { sha256: 'A'.repeat(64) }), { sha256: 'A'.repeat(64) });
});

const Body = Type.Object({
  hashes: Type.Array(Type.String(), { default: [] }),
  after: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  items: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, { additionalProperties: false }))),
});
test('takes bodies as they are typed, unknown keys at the top included', () => {
  assert.equal(value(Body, 'body', { after: null, more: 1 }), { hashes: [], after: null });
  assert.equal(value(Body, 'body', { hashes: ['a'], after: '' }), { hashes: ['a'], after: '' });
  assert.equal(problems(Body, 'body', { hashes: 'a' })[0]?.type, 'list_type');
  assert.equal(problems(Body, 'body', { hashes: [1] }), [
    { type: 'string_type', loc: ['body', 'hashes', 0], msg: 'Input should be a valid string', input: 1 },
  ]);
  assert.equal(problems(Body, 'body', [])[0]?.type, 'model_attributes_type');
});

test('forbids unknown keys within the items of a list', () => {
  assert.equal(problems(Body, 'body', { items: [{ name: 'a', value: 'b', extra: 1 }] }), [
    { type: 'extra_forbidden', loc: ['body', 'items', 0, 'extra'], msg: 'Extra inputs are not permitted', input: 1 },
  ]);
  assert.equal(problems(Body, 'body', { items: [{ name: 'a' }] })[0], {
    type: 'missing',
    loc: ['body', 'items', 0, 'value'],
    msg: 'Field required',
    input: null,
  });
});

test('does not take what an object only inherits', () => {
  const Named = Type.Object({ constructor: Type.String() });
  assert.is(problems(Named, 'body', {})[0]?.type, 'missing');
  assert.equal(value(Body, 'body', JSON.parse('{"__proto__":{"hashes":["a"]}}')), { hashes: [] });
});

test('stops where more problems would say nothing new', () => {
  const many = Array.from({ length: 500_000 }, () => 1);
  assert.is(problems(Body, 'body', { hashes: many }).length, 100);
  const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, 1]));
  assert.is(problems(Body, 'body', { items: [{ name: 'a', value: 'b', ...keys }] }).length, 100);
});

test.run();
