/** The worked examples of spec 05 §3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wrapTerm } from '../../../../src/search/term/wrap.js';
import type { Query } from '../../../../src/search/term/translate.js';
import { AND, DIGEST, DOC, errorOf, faultOf, M, N, NOT, OR, P, Pc, queryOf, R, RAW, T, Tc, X } from './queries.js';

const test = suite('term examples');

const ab = T('a', 'b');
const cd = T('c', 'd');
const ef = T('e', 'f');

const MD5 = '0123456789abcdef0123456789ABCDEF';
const SHA1 = `${MD5}01234567`;
const SHA256 = `${MD5}${MD5}`.toUpperCase();
const SHA512 = `${SHA256}${SHA256}`;

/** Number of the example, term, and the query or the kind and column of the error. */
const EXAMPLES: readonly [number, string, Query | string | undefined][] = [
  [1, '', undefined],
  [1, ' \t\n', undefined],
  [2, 'magic:pe', T('magic', 'pe')],
  [3, 'magic:"PE32*"', Pc('magic', 'PE32')],
  [4, "magic:'PE32*'", P('magic', 'PE32')],
  [5, 'magic:*', P('magic', '')],
  [6, 'magic:a*b', T('magic', 'a*b')],
  [7, 'a:b*c*', P('a', 'b*c')],
  [8, 'size:', X('size')],
  [9, 'size:10', N('size', 10)],
  [9, 'size:=10', N('size', 10)],
  [9, 'size:1_0', N('size', 10)],
  [10, 'size:"10"', Tc('size', '10')],
  [11, 'size:10MB', T('size', '10MB')],
  [12, 'size:>10MB', R('size', { gt: 10000000 })],
  [13, 'size:<=1.5KiB', R('size', { lte: 1536 })],
  [14, 'size:>10 MB', AND(R('size', { gt: 10 }), RAW('MB'))],
  [15, 'size:> 10', 'token 7'],
  [16, 'size:-5', 'token 6'],
  [16, 'size:=-5', N('size', -5)],
  [17, 'size:[1 TO 5]', R('size', { gte: 1, lte: 5 })],
  [17, 'size:>[1 TO 5]', R('size', { gte: 1, lte: 5 })],
  [18, 'size:(1kb TO 5mib]', R('size', { gt: 1000, lte: 5242880 })],
  [19, 'size:[1 To 5]', 'token 9'],
  [20, 'size:[1 TO *]', 'token 12'],
  [21, 'file_format:="abc"', 'token 14'],
  [22, 'timestamp:2020-01-01T00:00:00Z', 'token 24'],
  [23, 'source.timestamp:>=1577836800000', R('source.timestamp', { gte: 1577836800000 })],
  [24, 'a:b c:d', AND(ab, cd)],
  [24, 'a:b AND c:d', AND(ab, cd)],
  [24, 'a:b And c:d', AND(ab, cd)],
  [25, 'a:b aNd c:d', 'character 5'],
  [26, 'a:b OR c:d', OR(ab, cd)],
  [27, 'a:b DOCAND c:d', DOC(ab, cd)],
  [28, 'a:b AND c:d OR e:f', AND(ab, OR(cd, ef))],
  [29, 'a:b OR c:d AND e:f', OR(ab, AND(cd, ef))],
  [30, 'a:b OR c:d e:f', OR(ab, cd, ef)],
  [31, 'a b OR c d', AND(RAW('a'), OR(RAW('b'), RAW('c'), RAW('d')))],
  [32, 'source.name:"s" DOCAND depth:0 source.timestamp:"x"', DOC(Tc('source.name', 's'), N('depth', 0), Tc('source.timestamp', 'x'))],
  [33, '(a:b OR c:d) AND e:f', AND(OR(ab, cd), ef)],
  [34, 'a OR (b OR c)', OR(RAW('a'), RAW('b'), RAW('c'))],
  [35, '(a b)', AND(RAW('a'), RAW('b'))],
  [36, '( a:b )', 'token 7'],
  [36, '( a:b)', ab],
  [37, 'NOT a:b', NOT(ab, X('a'))],
  [37, '!a:b', NOT(ab, X('a'))],
  [37, '! a:b', NOT(ab, X('a'))],
  [38, '!a:', NOT(X('a'), X('a'))],
  [39, 'NOT (a:b OR c:d)', NOT(OR(ab, cd))],
  [40, 'NOT NOT a:b', NOT(NOT(ab, X('a')))],
  [41, 'a:b AND NOT c:d', AND(ab, NOT(cd, X('c')))],
  [42, 'NOT a OR b', OR(NOT(RAW('a')), RAW('b'))],
  [43, 'foo', RAW('foo')],
  [44, '"application/pdf"', RAW('application/pdf')],
  [44, 'application/pdf', 'character 12'],
  [45, MD5, DIGEST('md5', MD5)],
  [45, SHA1, DIGEST('sha1', SHA1)],
  [45, SHA512, DIGEST('sha512', SHA512)],
  [46, SHA256, DIGEST('sha256', SHA256)],
  [47, '123', RAW('123')],
  [47, ' 123', 'token 2'],
  [47, 'a 123', 'token 3'],
  [47, 'a "123"', AND(RAW('a'), RAW('123'))],
  [48, 'android', 'token 1'],
  [48, 'origin:x', 'token 1'],
  [48, 'a:Oracle', 'token 3'],
  [49, 'to', RAW('to')],
  [49, 'a to b', 'token 3'],
  [50, 'docand', RAW('docand')],
  [50, 'a docand b', DOC(RAW('a'), RAW('b'))],
  [50, 'a docAND b', AND(RAW('a'), RAW('docAND'), RAW('b'))],
  [51, 'not', 'token 1'],
  [51, 'a NOT', 'token 3'],
  [52, 'key:key:key', 'token 8'],
  [53, 'a:foo/bar', 'character 6'],
  [54, '"a b":"c d"', Tc('a b', 'c d')],
  [55, 'a:"x\\"y"', Tc('a', 'x"y')],
  [55, "a:'it\\'s'", T('a', "it's")],
  [56, 'a:"C:\\Windows"', 'escape 3'],
  [57, 'a:"b" "c"', AND(Tc('a', 'b'), RAW('c'))],
  [57, 'a:"b""c"', 'token 6'],
  [58, 'a:""', Tc('a', '')],
  [58, '""', RAW('')],
  [59, '[1 TO 5]', 'range 1'],
  [60, '"unterminated', 'character 1'],
  [62, 'a=b', 'character 2'],
  [62, 'a :b', 'token 3'],
];

for (const [number, term, expected] of EXAMPLES) {
  test(`${number}: ${JSON.stringify(term)}`, () => {
    if (typeof expected === 'string') assert.is(faultOf(term), expected);
    else assert.equal(queryOf(term), expected);
  });
}

test('61: binary.tag becomes the binaries that have the tag', () => {
  const asked: string[] = [];
  const query = queryOf('binary.tag:foo', ({ name, tag }) => {
    asked.push(`${name}:${tag}`);
    return { terms: { sha256: ['aa', 'bb'] } };
  })!;
  assert.equal(asked, ['binary.tag:foo']);
  assert.equal(wrapTerm(query), [M({ terms: { sha256: ['aa', 'bb'] } })]);
});

test('has every example', () => {
  const numbers = new Set(EXAMPLES.map(([number]) => number));
  assert.equal(
    [...numbers, 61].sort((a, b) => a - b),
    Array.from({ length: 62 }, (_, index) => index + 1),
  );
});

test('56: names the character that needs no escape', () => {
  assert.is(errorOf('a:"C:\\Windows"').reason, 'Invalid escape character: W');
});

/** Number of the example, term, and the clauses on parents. */
const WRAPPED: readonly [number, string, readonly Query[]][] = [
  [2, 'magic:pe', [M(T('magic', 'pe'))]],
  [24, 'a:b AND c:d', [{ bool: { filter: [M(ab), M(cd)] } }]],
  [26, 'a:b OR c:d', [M(OR(ab, cd))]],
  [27, 'a:b DOCAND c:d', [M(DOC(ab, cd))]],
  [33, '(a:b OR c:d) AND e:f', [{ bool: { filter: [M(OR(ab, cd)), M(ef)] } }]],
  [37, 'NOT a:b', [M(NOT(ab, X('a')))]],
  [41, 'a:b AND NOT c:d', [{ bool: { filter: [M(ab), M(NOT(cd, X('c')))] } }]],
];

for (const [number, term, clauses] of WRAPPED) {
  test(`${number}: wraps ${term}`, () => {
    assert.equal(wrapTerm(queryOf(term)!), clauses);
  });
}

test.run();
