/** Translation beyond the worked examples (spec 05 §2.1), and that its numbers go out exactly. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson } from '../../../../projections/json.js';
import type { Query } from '../../../../src/search/term/translate.js';
import { AND, DIGEST, N, NOT, OR, Pc, queryOf, R, RAW, T, X } from './queries.js';

const test = suite('term translation');

const NOTHING: Query = { match_none: {} };
const DIGITS = '0'.repeat(20) + '123456789012';

const QUERIES: readonly [string, Query][] = [
  ['k:<-3', R('k', { lt: -3 })],
  ['k:>=1', R('k', { gte: 1 })],
  ['k:1.5', N('k', 1.5)],
  ['k:"a**"', Pc('k', 'a*')],
  ['k:"*"', Pc('k', '')],
  ['k:a?', T('k', 'a?')],
  ['NOT k:[1 TO 2]', NOT(R('k', { gte: 1, lte: 2 }), X('k'))],
  ['NOT (k:a)', NOT(T('k', 'a'), X('k'))],
  ['NOT NOT k:', NOT(NOT(X('k'), X('k')))],
  ['__proto__:x', T('__proto__', 'x')],
  // Terms without a key.
  ['pe*', RAW('pe*')],
  ['"a/b c"', RAW('a/b c')],
  ['1.50', RAW('1.5')],
  ['1.0', RAW('1.0')],
  ['007', RAW('7')],
  ['1_000', RAW('1000')],
  [DIGITS, DIGEST('md5', DIGITS)],
  [`"${'é'.repeat(32)}"`, DIGEST('md5', 'é'.repeat(32))],
  [`"${'😀'.repeat(40)}"`, DIGEST('sha1', '😀'.repeat(40))],
  [`"${'😀'.repeat(16)}"`, RAW('😀'.repeat(16))],
  // Provenance is not searched.
  ['fold:', NOTHING],
  ['fold.tokens:x', NOTHING],
  ['fold.contributions.o:[1 TO 2]', NOTHING],
  ['NOT fold.tokens:x', NOT(NOTHING, NOTHING)],
  ['NOT fold.contributions.o:[1 TO 2]', NOT(NOTHING, NOTHING)],
  ['a:b OR fold.tokens:x', OR(T('a', 'b'), NOTHING)],
  ['folder:x AND features_map.fold:y', AND(T('folder', 'x'), T('features_map.fold', 'y'))],
];

for (const [term, query] of QUERIES) {
  test(`translates ${term}`, () => {
    assert.equal(queryOf(term), query);
  });
}

const WRITTEN: readonly [string, string][] = [
  ['size:=9007199254740991', '{"term":{"size":9007199254740991}}'],
  ['size:=9007199254740993', '{"term":{"size":9007199254740993}}'],
  ['size:=-9007199254740993', '{"term":{"size":-9007199254740993}}'],
  ['size:>18446744073709551617', '{"range":{"size":{"gt":18446744073709551617}}}'],
  ['size:[1 TO 99999999TB]', '{"range":{"size":{"gte":1,"lte":99999999000000000000}}}'],
  ['size:=1.50', '{"term":{"size":1.5}}'],
  ['size:=-0.0', '{"term":{"size":-0.0}}'],
  ['size:=-0', '{"term":{"size":0}}'],
];

for (const [term, json] of WRITTEN) {
  test(`writes the number of ${term} exactly`, () => {
    assert.is(documentJson(queryOf(term)!), json);
  });
}

test.run();
