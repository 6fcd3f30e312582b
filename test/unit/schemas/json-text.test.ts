import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JsonNumber, JsonObject, type JsonValue, MAX_JSON_DEPTH, parseJson, sourceText } from '../../../schemas/json-text.js';

const test = suite('json-text');

/** The value that JSON.parse would give. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof JsonObject)) return value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of value.entries) result[key] = plain(item);
  return result;
}

function entries(text: string): [string, JsonValue][] {
  return [...(parseJson(text) as JsonObject).entries];
}

for (const text of ['5.0', '5', '-0', '1e400', '1E+2', '0.10', '18446744073709551617', '-1.5e-10']) {
  test(`keeps the text of the number ${text}`, () => {
    assert.equal(parseJson(` ${text} `), new JsonNumber(text));
  });
}

test('keeps the order of keys, numeric ones included', () => {
  assert.equal(
    entries('{"b":1,"10":2,"a":3,"2":4}').map(([key]) => key),
    ['b', '10', 'a', '2'],
  );
});

test('gives a duplicate key its last value at its first position', () => {
  const found = entries('{"a":1,"b":2,"a":3}');
  assert.equal(found, [
    ['a', new JsonNumber('3')],
    ['b', new JsonNumber('2')],
  ]);
});

test('takes __proto__ as a key like any other', () => {
  assert.equal(entries('{"__proto__":null}'), [['__proto__', null]]);
});

test('keeps the source text of objects and arrays exactly', () => {
  const value = parseJson(' {"a" : [ 1.0,\n"\\u00e9" ], "o":{ } } ') as JsonObject;
  assert.is(value.text, '{"a" : [ 1.0,\n"\\u00e9" ], "o":{ } }');
  assert.is(sourceText(value.entries.get('a')!), '[ 1.0,\n"\\u00e9" ]');
  assert.is(sourceText(value.entries.get('o')!), '{ }');
});

test('writes an equivalent text for strings and for arrays made by hand', () => {
  assert.is(sourceText('a"b'), '"a\\"b"');
  assert.is(sourceText([new JsonNumber('1.0'), null, [true]]), '[1.0,null,[true]]');
});

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.is(JSON.stringify(plain(parseJson(text))), JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 1000 },
  );
});

test('accepts and refuses the same texts as JSON.parse', () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '0',
    '.5',
    'e',
    'true',
    'null',
    ' ',
    '\n',
    '\u0001',
    '\u00a0',
  );
  const accepts = (parse: (text: string) => unknown, text: string): boolean => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      assert.is(accepts(parseJson, text), accepts(JSON.parse, text), text);
    }),
    { numRuns: 20_000 },
  );
});

for (const [text, message] of [
  ['', /ends unexpectedly at offset 0/],
  ['{"a":1', /ends unexpectedly at offset 6/],
  ['[1,]', /unexpected "\]" in JSON at offset 3/],
  ['{"a":NaN}', /unexpected "N" in JSON at offset 5/],
  ['01', /unexpected "1" in JSON at offset 1/],
  ['"a\tb"', /unexpected "\\t" in JSON at offset 2/],
  ['"\\x"', /invalid escape/],
  ['{} x', /unexpected "x" in JSON at offset 3/],
] as const) {
  test(`refuses ${JSON.stringify(text)} with the offset`, () => {
    assert.throws(
      () => parseJson(text),
      (error: Error) => error instanceof SyntaxError && message.test(error.message),
    );
  });
}

test('reads deep nesting up to its limit and refuses more without exhausting the stack', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  assert.not.throws(() => parseJson(nested(MAX_JSON_DEPTH)));
  assert.throws(() => parseJson(nested(MAX_JSON_DEPTH + 1)), /nested deeper/);
  assert.throws(() => parseJson('{"a":'.repeat(1_000_000)), /nested deeper/);
});

test.run();
