/** Nodes, their places and values (spec 05 §1.1, §1.5, §1.6; 04 §15), and what bounds a term. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { leavesOf, type RawNode, type TagNode } from '../../../../src/search/term/ast.js';
import { parseTerm } from '../../../../src/search/term/parse.js';
import { AND, DOC, faultOf, N, NOT, OR, queryOf, R, RAW, T, Tc } from './queries.js';
import type { Query } from '../../../../src/search/term/translate.js';

const test = suite('term parsing');

test('gives nodes with their places', () => {
  assert.equal(parseTerm(' a:"b" OR !k:>1kb  ')!.root, {
    type: 'or',
    start: 1,
    end: 17,
    children: [
      { type: 'tag', start: 1, end: 6, key: 'a', keyEnd: 2, op: ':', value: 'b', quotes: 'double' },
      {
        type: 'not',
        start: 10,
        end: 17,
        children: [{ type: 'tag', start: 11, end: 17, key: 'k', keyEnd: 12, op: ':>', value: 1000n }],
      },
    ],
  });
});

test('gives ranges with their brackets, raw values and existence', () => {
  assert.equal(parseTerm("k:=[ 1 TO 2.9 ) (x 'y') e:")!.root, {
    type: 'and',
    start: 0,
    end: 26,
    children: [
      { type: 'range', start: 0, end: 15, key: 'k', keyEnd: 1, op: ':=', value: { gte: 1n, lt: 2n } },
      { type: 'raw', start: 17, end: 18, value: 'x', quotes: 'none', source: 'x' },
      { type: 'raw', start: 19, end: 22, value: 'y', quotes: 'single', source: "'y'" },
      { type: 'tag', start: 24, end: 26, key: 'e', keyEnd: 25, op: ':' },
    ],
  });
});

test('takes a range without a key, which only its translation refuses', () => {
  assert.equal(parseTerm('(1 TO 5]')!.root, { type: 'range', start: 0, end: 8, value: { gt: 1n, lte: 5n } });
});

test('counts places in code points', () => {
  const [first, second] = leavesOf(parseTerm('"😀😀":"😀" k:b')!.root) as TagNode[];
  assert.equal([first!.start, first!.keyEnd, first!.end], [0, 4, 8]);
  assert.equal([second!.start, second!.keyEnd, second!.end], [9, 10, 12]);
});

test('counts a lone half of a pair as one', () => {
  const [, second] = leavesOf(parseTerm('"\ud83d":"😀" k:b')!.root);
  assert.is(second!.start, 8);
});

test('cuts off blanks at the end as Python does, not at the start', () => {
  assert.is(parseTerm('\u2003\x1c\u0085'), undefined);
  assert.is(parseTerm('  a \u00a0\x1f\n')!.text, '  a');
  assert.is(faultOf('\ufeff'), 'character 1');
});

test('puts the parentheses of its operands into the place of an operator', () => {
  const { start, end } = parseTerm(' (a OR b) AND (c)')!.root;
  assert.equal([start, end], [1, 17]);
});

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => RAW(text)) as [Query, Query, Query, Query];

const PRECEDENCE: readonly [string, Query][] = [
  ['a OR b c', OR(a, b, c)],
  ['a DOCAND b c', DOC(a, b, c)],
  ['a b OR c', AND(a, OR(b, c))],
  ['a AND b AND c', AND(a, b, c)],
  ['a AND (b AND c) AND d', AND(a, b, c, d)],
  ['(a OR b) OR c', OR(a, b, c)],
  ['a OR (b OR c) d', OR(a, b, c, d)],
  ['a (b AND c)', AND(a, b, c)],
  ['a b AND c', AND(a, b, c)],
  ['a AND b c OR d', AND(a, b, OR(c, d))],
  ['a OR b c AND d', OR(a, b, AND(c, d))],
  ['a DOCAND b OR c AND d', DOC(a, OR(b, AND(c, d)))],
  ['a OR (b c) d', OR(a, AND(b, c), d)],
  ['(a b OR c) OR d', OR(AND(a, OR(b, c)), d)],
  ['(((a)))', a],
  ['NOT a b', AND(NOT(a), b)],
  ['NOT (a AND b)', NOT(AND(a, b))],
  ['NOT NOT a', NOT(NOT(a))],
  ['a AND NOT (b AND NOT c)', AND(a, NOT(AND(b, NOT(c))))],
];

for (const [term, query] of PRECEDENCE) {
  test(`groups ${term}`, () => {
    assert.equal(queryOf(term), query);
  });
}

const VALUES: readonly [string, TagNode['value']][] = [
  ['1_000', 1000n],
  ['00012', 12n],
  ['1__0', '1__0'],
  ['1_', '1_'],
  ['_1', '_1'],
  ['1e5', '1e5'],
  ['0x10', '0x10'],
  ['10.0.0.1', '10.0.0.1'],
  ['10MB', '10MB'],
  ['1.5e3', 1500],
  ['1.5E-1', 0.15],
  ['1_0.2_5', 10.25],
  ['1.', 1],
  ['1.e2', 100],
  ['1.5e999', '1.5e999'],
  ['1._5', '1._5'],
  ['18446744073709551617', 18446744073709551617n],
  ['9'.repeat(4300), BigInt('9'.repeat(4300))],
  ['9'.repeat(4301), '9'.repeat(4301)],
  ['"1"', '1'],
  [String.raw`"\n\r\t\\\"\'"`, '\n\r\t\\"\''],
  [String.raw`'\n\r\t\\\"\''`, '\n\r\t\\"\''],
];

for (const [source, value] of VALUES) {
  const name = source.length > 40 ? `${source.length} digits` : source;
  test(`reads the value ${name}`, () => {
    const node = parseTerm(`k:${source}`)!.root as TagNode;
    assert.is(node.value, value);
    assert.is(node.quotes === undefined, typeof value !== 'string');
    assert.is((parseTerm(source)!.root as RawNode).value, value);
  });
}

const NUMBERS: readonly [string, TagNode['value']][] = [
  ['1b', 1n],
  ['2KB', 2000n],
  ['2kIb', 2048n],
  ['2mb', 2_000_000n],
  ['2MiB', 2_097_152n],
  ['2gb', 2_000_000_000n],
  ['2gib', 2_147_483_648n],
  ['2tb', 2_000_000_000_000n],
  ['2TiB', 2_199_023_255_552n],
  ['-1.5KiB', -1536],
  ['+7', 7n],
  ['.5', 0.5],
  ['1e5', 100_000n],
  ['1e-2', 0.01],
  ['-2E3kb', -2_000_000n],
  ['1e300', 1e300],
  ['1.5e3', 1500],
  ['18446744073709551615TiB', 18446744073709551615n * 1_099_511_627_776n],
];

for (const [source, value] of NUMBERS) {
  test(`reads the number ${source}`, () => {
    assert.is((parseTerm(`k:>${source}`)!.root as TagNode).value, value);
  });
}

const RANGES: readonly [string, Query][] = [
  ['k:[1.9 TO 5.9]', R('k', { gte: 1, lte: 5 })],
  ['k:[-1.9 TO 1.5kib]', R('k', { gte: -1, lte: 1536 })],
  ['k:[5 TO 1]', R('k', { gte: 5, lte: 1 })],
  ['k:[1e3 TO 1e22]', R('k', { gte: 1000, lte: 10n ** 22n })],
];

for (const [term, query] of RANGES) {
  test(`reads the range ${term}`, () => {
    assert.equal(queryOf(term), query);
  });
}

test('takes numbers for keys as text', () => {
  assert.equal(queryOf('123:x'), T('123', 'x'));
  assert.equal(queryOf('1.5:x'), T('1.5', 'x'));
  assert.equal(queryOf('"123":"x"'), Tc('123', 'x'));
  assert.equal(queryOf('1_0:=5'), N('1_0', 5));
});

test('reads escapes in keys', () => {
  assert.equal(queryOf(String.raw`"a\"b":c`), T('a"b', 'c'));
  assert.is(faultOf(String.raw`x "a\qb":c`), 'escape 3');
});

const LONG = 10_000;

const TOO_DEEP: Readonly<Record<string, [string, string]>> = {
  parentheses: ['('.repeat(LONG) + 'a' + ')'.repeat(LONG), 'token 101'],
  'open parentheses': ['('.repeat(LONG), 'token 101'],
  exclamations: [`${'!'.repeat(LONG)}a`, 'token 101'],
  'exclamations and parentheses': [`${'!('.repeat(LONG)}a`, 'token 202'],
  NOT: [`${'NOT '.repeat(LONG)}a`, 'token 401'],
  'alternating operators': [`${'a AND b OR '.repeat(LONG)}a`, 'token 546'],
};

for (const [name, [term, fault]] of Object.entries(TOO_DEEP)) {
  test(`refuses ${LONG} levels of ${name}`, () => {
    assert.is(faultOf(term), fault);
    assert.throws(() => parseTerm(term), /Nested deeper than 100 levels at line 1, column/);
  });
}

test('takes as many levels as it says', () => {
  assert.equal(queryOf(`${'('.repeat(100)}a${')'.repeat(100)}`), a);
  assert.ok(queryOf(`${'!'.repeat(99)}a`));
  assert.is(faultOf(`${'!'.repeat(100)}a`), 'token 101');
});

const FLAT: Readonly<Record<string, [string, Query]>> = {
  AND: [`${'a AND '.repeat(LONG)}a`, AND(...Array<Query>(LONG + 1).fill(a))],
  OR: [`${'a OR '.repeat(LONG)}a`, OR(...Array<Query>(LONG + 1).fill(a))],
  blanks: [`${'a '.repeat(LONG)}a`, AND(...Array<Query>(LONG + 1).fill(a))],
  groups: [`${'(a OR a) OR '.repeat(LONG)}a`, OR(...Array<Query>(2 * LONG + 1).fill(a))],
  'lists that are absorbed': [`a OR ${'a a OR '.repeat(LONG)}a`, OR(...Array<Query>(2 * LONG + 2).fill(a))],
};

for (const [name, [term, query]] of Object.entries(FLAT)) {
  test(`takes ${LONG} operands of ${name}`, () => {
    // By their texts: a comparison member by member of that many is slow.
    assert.ok(JSON.stringify(queryOf(term)) === JSON.stringify(query));
  });
}

test('says that a number is too large', () => {
  for (const number of ['1e400', '-1.5e400', '1e308TB', '9'.repeat(4301)]) {
    assert.is(faultOf(`a k:>${number}`), 'token 6');
    assert.throws(() => parseTerm(`k:[1 TO ${number}]`), 'Number is too large at line 1, column 9');
  }
});

test.run();
