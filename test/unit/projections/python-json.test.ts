import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pythonFloat, pythonJson, pythonString } from '../../../projections/python-json.js';

const test = suite('JSON text as Python writes it');

/** Left: text in the record. Right: what `json.dumps(json.loads(…))` gives after the encoder's rules. */
const PAIRS: readonly [string, string][] = [
  ['{"b":1,"a":[1,2.0,1e3,1E-7,1e22,-0,-0.0,0.1]}', '{"b": 1, "a": [1, 2.0, 1000.0, 1e-07, 1e+22, 0, -0.0, 0.1]}'],
  ['{"n":1.0,"k":[1000.0,"é"]}', '{"n": 1.0, "k": [1000.0, "\\u00e9"]}'],
  [' { "a" : [ 1 , 2.50 ] , "b" : null } ', '{"a": [1, 2.5], "b": null}'],
  ['{}', '{}'],
  ['{"a":{},"b":[],"c":[[]],"d":""}', '{"a": {}, "b": [], "c": [[]], "d": ""}'],
  ['[123456789012345678901234567890,-5,0]', '[123456789012345678901234567890, -5, 0]'],
  ['[1e15,1e16,123456789012345.6,12345678901234567.0]', '[1000000000000000.0, 1e+16, 123456789012345.6, 1.2345678901234568e+16]'],
  ['[0.0001,0.00001,0.00012345,1.5e-10,5e-324]', '[0.0001, 1e-05, 0.00012345, 1.5e-10, 5e-324]'],
  ['[0.30000000000000004,1.10,100.0,0.0,-0.5e0]', '[0.30000000000000004, 1.1, 100.0, 0.0, -0.5]'],
  ['[1.7976931348623157e308,1e400,-1e400,NaN,Infinity,-Infinity]', '[1.7976931348623157e+308, null, null, null, null, null]'],
  ['"a\\/b\\u00e9\\ud83d\\ude00\\u0041\\n\\r\\t\\b\\f\\u001f"', '"a/b\\u00e9\\ud83d\\ude00A\\n\\r\\t\\b\\f\\u001f"'],
  ['"\u007f😀\u2028"', '"\\u007f\\ud83d\\ude00\\u2028"'],
  ['"a\u007f"', '"a\\u007f"'],
  ['"\\ud800"', '"\\ud800"'],
  ['{"a":1,"b":2,"a":3}', '{"a": 3, "b": 2}'],
  ['{"a":1,"\\u0061":[2]}', '{"a": [2]}'],
  ['{"__proto__":1,"constructor":2,"10":3,"9":4}', '{"__proto__": 1, "constructor": 2, "10": 3, "9": 4}'],
  ['{"_sa":1,"a":{"_sample":[{"_sa_x":1}],"b":[{"_sax":1,"c":2}]},"\\u005fsa":2,"_s":3}', '{"a": {"b": [{"c": 2}]}, "_s": 3}'],
  ['[2.299,5.207,7.0,8,0.5]', '[2.299, 5.207, 7.0, 8, 0.5]'],
  ['[1.0,2.50,3.0]', '[1.0, 2.5, 3.0]'],
  ['[true,false,null]', '[true, false, null]'],
];

for (const [source, expected] of PAIRS) {
  test(`writes ${source.slice(0, 60)}`, () => assert.is(pythonJson(source), expected));
}

const BAD = [
  '',
  '{',
  '[1,]',
  '{"a":1,}',
  '{a:1}',
  '"abc',
  '"a\nb"',
  '01',
  '1.',
  '.5',
  '-',
  '+1',
  '1e',
  'tru',
  'abc',
  '[1 2]',
  '{"a" 1}',
  '{} x',
  '"\\x"',
  '\ufeff1',
];

for (const source of BAD) {
  test(`refuses ${JSON.stringify(source)}`, () => {
    assert.throws(
      () => pythonJson(source),
      (error: unknown) => error instanceof SyntaxError,
    );
  });
}

test('refuses nesting that no parser behind it takes, without running out of stack', () => {
  assert.throws(() => pythonJson('['.repeat(100_000)), /at most 990 levels/);
  assert.throws(() => pythonJson('{"a":'.repeat(100_000)), /at most 990 levels/);
});

test('finds duplicates among many keys', () => {
  const keys = Array.from({ length: 40 }, (_, i) => `"k${i}":${i}`);
  const text = pythonJson(`{${keys.join(',')},"k3":"x","k30":"y"}`);
  assert.equal(JSON.parse(text), { ...Object.fromEntries(keys.map((_, i) => [`k${i}`, i])), k3: 'x', k30: 'y' });
  assert.is(text.match(/"k3":/g)?.length, 1);
});

test('means the same JSON as before, on one line of ASCII', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = pythonJson(JSON.stringify(value, null, 1));
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.is(JSON.stringify(JSON.parse(text)), withoutHidden(JSON.stringify(value)));
    }),
  );
});

function withoutHidden(json: string): string {
  return JSON.stringify(JSON.parse(json, (_, member: unknown) => member));
}

test('writes any double so that it reads back the same, and keeps its text when written again', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = pythonFloat(value);
      assert.ok(Object.is(Number(text), value));
      assert.is(pythonJson(`[${text},${text}]`), `[${text}, ${text}]`);
    }),
    { numRuns: 2000 },
  );
});

test('short decimals in lists come out like single ones', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^-?(0|[1-9]\d{0,17})(\.\d{1,12})?$/), (lexeme) => {
      const alone = pythonJson(lexeme);
      assert.is(pythonJson(`[${lexeme},1]`), `[${alone}, 1]`);
    }),
    { numRuns: 5000 },
  );
});

test('escapes strings by UTF-16 units', () => assert.is(pythonString('"\\é😀\u0000'), '"\\"\\\\\\u00e9\\ud83d\\ude00\\u0000"'));

test.run();
