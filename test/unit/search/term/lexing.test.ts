/** What a place in a term takes (spec 05 §1.2, §1.3), and where a quoted string ends. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { quotedEnd } from '../../../../src/search/term/strings.js';
import { AND, DOC, faultOf, N, NOT, OR, queryOf, R, RAW, T, Tc, X } from './queries.js';
import type { Query } from '../../../../src/search/term/translate.js';

const test = suite('term lexing');

const a = RAW('a');
const b = RAW('b');

const PLACES: Readonly<Record<string, readonly [string, Query | string][]>> = {
  'at the start': [
    ['123', RAW('123')],
    ['12ab', RAW('12ab')],
    ['to', RAW('to')],
    ['docand', RAW('docand')],
    ['AND', 'token 1'],
    [')', 'token 1'],
    [':b', 'token 1'],
    ['+5', 'token 1'],
    ['.5', 'token 1'],
    ['-', 'character 1'],
    ['aNd', 'character 1'],
    ['oR', 'character 1'],
    ['{', 'character 1'],
    ["'x", 'character 1'],
    ['not:x', 'token 4'],
    ['Not x', NOT(RAW('x'))],
    ['nOT', RAW('nOT')],
    ['notes', RAW('notes')],
    ['NOT-x', RAW('NOT-x')],
    ['tomato', RAW('tomato')],
    ['docANDx', RAW('docANDx')],
    ['"android"', RAW('android')],
  ],
  'after !': [
    ['!123', NOT(RAW('123'))],
    ['!to', NOT(RAW('to'))],
    ['!docand', NOT(RAW('docand'))],
    ['!NOT a', NOT(NOT(a))],
    ['!!a', NOT(NOT(a))],
    ['!(a)', NOT(a)],
    ['!-5', 'token 2'],
    ['!)', 'token 2'],
    ['!', 'token 1'],
  ],
  'after (': [
    ['(123)', 'token 5'],
    ['(12ab)', 'token 4'],
    ['(12b)', 'token 5'],
    ['(to)', RAW('to')],
    ['(docand)', RAW('docand')],
    ['(not a)', NOT(a)],
    ['(1 TO 5)', 'range 1'],
    ['()', 'token 2'],
    ['(', 'token 1'],
  ],
  'after a blank': [
    ['( 123)', 'token 3'],
    ['! 123', 'token 3'],
    ['NOT 123', 'token 5'],
    ['a AND 123', 'token 7'],
    ['a 12ab', 'token 3'],
    ['a -5', 'token 3'],
    ['a .5', 'token 3'],
    ['a TO', 'token 3'],
    ['a To', AND(a, RAW('To'))],
    ['a tomato', AND(a, RAW('tomato'))],
    [' docand', 'token 2'],
    ['( docand)', 'token 3'],
    ['a AND docand', 'token 7'],
    ['NOT Docand', 'token 5'],
    ['a docandx', AND(a, RAW('docandx'))],
    ['a Docand b', DOC(a, b)],
    ['a DocAnd b', DOC(a, b)],
    ['a or b', OR(a, b)],
    ['a Or b', OR(a, b)],
    ['a and b', AND(a, b)],
    ['a android', 'token 6'],
    ['a order', 'token 5'],
    ['a oR b', 'character 3'],
    ['a )', 'token 3'],
    ['a ]', 'token 3'],
    ['a AND(b)', 'token 6'],
    ['NOT(a)', 'token 4'],
    ['a\tb\r\n\fc', AND(a, b, RAW('c'))],
    ['a\u00a0b', 'character 2'],
  ],
  'after :': [
    ['a:not', T('a', 'not')],
    ['a:NOT', T('a', 'NOT')],
    ['a:to', T('a', 'to')],
    ['a:docand', T('a', 'docand')],
    ['a:12', N('a', 12)],
    ['a:order', 'token 3'],
    ['a:And', 'token 3'],
    ['a:oR', 'character 3'],
    ['a:!b', 'token 3'],
    ['a: b', AND(X('a'), b)],
    ['a:( 1 TO 5 ]', R('a', { gt: 1, lte: 5 })],
    ['a:(b)', 'token 4'],
    ['(a:)', X('a')],
    ['a::b', 'token 3'],
  ],
  'after a comparison': [
    ['a:="b"', 'token 4'],
    ['a:>b', 'token 4'],
    ['a:> 1', 'token 4'],
    ['a:>=-1.5', R('a', { gte: -1.5 })],
    ['a:<+2', R('a', { lt: 2 })],
    ['a:=[1 TO 2]', R('a', { gte: 1, lte: 2 })],
    ['a:<(1 TO 2)', R('a', { gt: 1, lt: 2 })],
    ['a:==1', 'character 4'],
    ['a:=', 'token 2'],
    ['a:>10MBx', 'token 8'],
    ['a:>10bb', 'token 7'],
  ],
  'inside a range': [
    ['a:[1TO5]', R('a', { gte: 1, lte: 5 })],
    ['a:[1to5]', R('a', { gte: 1, lte: 5 })],
    ['a:[1TO 5]', R('a', { gte: 1, lte: 5 })],
    ['a:[ 1kb TO +5 )', R('a', { gte: 1000, lt: 5 })],
    ['a:[1kbTO2kb]', R('a', { gte: 1000, lte: 2000 })],
    ['a:[1 TO+5]', R('a', { gte: 1, lte: 5 })],
    ['a:[1 TO5]', 'token 6'],
    ['a:[1 TO-5]', 'token 6'],
    ['a:[1\nTO\n5]', R('a', { gte: 1, lte: 5 })],
    ['a:[1 2]', 'token 6'],
    ['a:[1 TO]', 'token 8'],
    ['a:[1 TO 5', 'token 9'],
    ['a:[x TO 5]', 'token 4'],
    ['a:["1" TO 5]', 'token 4'],
    ['a:[1 kb TO 5]', 'token 6'],
  ],
  'after an item': [
    ['a(b)', 'token 2'],
    ['(a)(b)', 'token 4'],
    ['(a)AND b', 'token 4'],
    ['"a"b', 'token 4'],
    ['a"b"', 'token 2'],
    ['a:b)', 'token 4'],
    ['a:[1 TO 5]x', 'token 11'],
    ['"a":b', T('a', 'b')],
    ["'a':'b'", T('a', 'b')],
  ],
};

for (const [place, cases] of Object.entries(PLACES)) {
  for (const [term, expected] of cases) {
    test(`${place}: ${JSON.stringify(term)}`, () => {
      if (typeof expected === 'string') assert.is(faultOf(term), expected);
      else assert.equal(queryOf(term), expected);
    });
  }
}

const STRINGS: readonly [string, Query | string][] = [
  ['a:"x\\\\"', Tc('a', 'x\\')],
  ['a:"\\"', 'escape 3'],
  ['a:"x\ny"', 'character 3'],
  ['a:"x\ry\u2028z"', Tc('a', 'x\ry\u2028z')],
  // The second quote of an empty string counts as a character when a later one ends it.
  ['a:"" "c"', 'token 7'],
  ['a:"" c', AND(Tc('a', ''), RAW('c'))],
  ['a:\'\' "c"', AND(T('a', ''), RAW('c'))],
];

for (const [term, expected] of STRINGS) {
  test(`quotes: ${JSON.stringify(term)}`, () => {
    if (typeof expected === 'string') assert.is(faultOf(term), expected);
    else assert.equal(queryOf(term), expected);
  });
}

test('ends a quoted string where the expression of the language does', () => {
  const double = /"((?:[^\n](?!(?<![\\])"))*[^\n]?)"/y;
  const text = fc.string({ unit: fc.constantFrom('"', '"', "'", '\\', '\\', 'a', ' ', '\n', '😀'), maxLength: 12 });
  fc.assert(
    fc.property(text, (rest) => {
      double.lastIndex = 0;
      assert.is(quotedEnd(`"${rest}`, 0), double.exec(`"${rest}`)?.[0].length);
    }),
    { numRuns: 5000 },
  );
});

test('takes quoted strings of any length', () => {
  const long = 'x'.repeat(2_000_000);
  assert.equal(queryOf(`a:"${long}"`), Tc('a', long));
  assert.is(faultOf(`a:"${long}`), 'character 3');
  assert.is(faultOf(`a:"${'\\"'.repeat(1_000_000)}`), 'escape 3');
});

test.run();
