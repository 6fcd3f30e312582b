/** Errors of terms (spec 05 §1.7). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { termFailure } from '../../../../src/search/term/errors.js';
import { errorOf, faultOf } from './queries.js';

const test = suite('term errors');

const MESSAGES: readonly [string, string][] = [
  ['a to b', 'Unexpected token \'to\' at line 1, column 3, expected AND, OR, DOCAND, a word, a quoted string, "(", "[", NOT or "!"'],
  ['a=b', 'No terminal matches \'=\' at line 1 col 2, expected ":", another comparison, a blank or the end'],
  ['a:b AND', "Unexpected token '' at line 1, column 5 (the term ends too early), expected a blank"],
  ['a AND (b', 'Unexpected token \'\' at line 1, column 8 (the term ends too early), expected ":", another comparison, a blank or ")"'],
  ['a\n  b 😀', 'No terminal matches \'😀\' at line 2 col 5, expected AND, OR, DOCAND, a word, a quoted string, "(", "[", NOT or "!"'],
  ['a:"\\x"', 'Invalid escape character: x at line 1, column 3'],
  ['a "\\"', 'Unterminated escape at end of string at line 1, column 3'],
  ['a [1 TO 2]', 'A range needs a key at line 1, column 3'],
  ['binary.tag:', 'binary.tag needs a value at line 1, column 1'],
  ['a Feature.Tag:>=5', "feature.tag can't be compared with :>= at line 1, column 3"],
];

for (const [term, message] of MESSAGES) {
  test(`says of ${JSON.stringify(term)} what and where`, () => {
    assert.is(errorOf(term).message, message);
  });
}

const EXPECTED: readonly [string, readonly string[]][] = [
  ['=', ['a word', 'a quoted string', '"("', '"["', 'NOT', '"!"']],
  ['!=', ['a word', 'a quoted string', '"("', '"["', 'NOT', '"!"']],
  ['(=', ['a word', 'a quoted string', '"("', '"["', 'NOT', '"!"', 'a number']],
  ['a AND =', ['a word', 'a quoted string', '"("', '"["', 'NOT', '"!"']],
  ['NOT=', ['a blank']],
  ['a AND', ['a blank']],
  ['a:=', ['a number', '"["', '"("']],
  ['a:=b', ['a number', '"["', '"("']],
  ['a:/', ['a word', 'a quoted string', '"["', '"("', 'a blank']],
  ['a:b=', ['a blank', 'the end']],
  ['(a:b=', ['a blank', '")"']],
  ['a:[', ['a number']],
  ['a:[ =', ['a number']],
  ['a:[1', ['a unit of size', 'TO']],
  ['a:[1kb', ['TO']],
  ['a:[1 =', ['TO']],
  ['(1 =', ['TO']],
  ['a:[1 TO ', ['a number']],
  ['a:[1 TO 5', ['a unit of size', '"]"', '")"']],
  ['a:[1 TO 5 =', ['"]"', '")"']],
  ['a:>5x', ['a unit of size', 'a blank', 'the end']],
  ['a:>5 =', ['AND', 'OR', 'DOCAND', 'a word', 'a quoted string', '"("', '"["', 'NOT', '"!"']],
  ['a:[1 TO 5]=', ['a blank', 'the end']],
];

for (const [term, expected] of EXPECTED) {
  test(`knows what ${JSON.stringify(term)} could go on with`, () => {
    assert.equal(errorOf(term).expected, expected);
  });
}

const PLACES: readonly [string, string][] = [
  ['android', 'token 1'],
  ['aNd', 'character 1'],
  ['"x', 'character 1'],
  ['a:b AND', 'token 5'],
  ['(a:b', 'token 4'],
  ['not', 'token 1'],
  ['a:b AND  \n', 'token 5'],
  ['  a =', 'character 5'],
  ['😀', 'character 1'],
  ['"😀":"😀" =', 'character 9'],
];

for (const [term, fault] of PLACES) {
  test(`finds the place of ${JSON.stringify(term)}`, () => {
    assert.is(faultOf(term), fault);
  });
}

test('counts lines by \\n alone and columns within the line', () => {
  const { line, column } = errorOf('a\r\nb\rc\n "x" =');
  assert.equal([line, column], [3, 6]);
});

test('gives the place of the last token where the term ends too early in another line', () => {
  const { line, column } = errorOf('a\nAND');
  assert.equal([line, column], [2, 1]);
});

const CODES: readonly [string, string, string][] = [
  ['a=b', 'character', 'MetastoreBinaryFindFaildToParseSearchTerm'],
  ['a to', 'token', 'MetastoreBinaryFindFaildToParseSearchTerm'],
  ['[1 TO 5]', 'range', 'MetastoreSearchQuerySearchForImplicitShouldBeLiteral'],
  ['"\\x"', 'escape', 'MetastoreSearchQueryInvalidUnescapeSequence'],
  ['"\\"', 'escape', 'MetastoreSearchQueryUnterminatedEscapeAtEnd'],
  ['binary.tag:[1 TO 2]', 'tag', 'MetastoreSearchQueryTagSearchNotOnStringValue'],
  ['binary.tag:>[1 TO 2]', 'tag', 'MetastoreSearchQueryTagSearchNotOnStringValue'],
  ['FEATURE.tag:', 'tag', 'MetastoreSearchQueryTagSearchNotOnStringValue'],
  ['binary.tag:>1', 'tag', 'MetastoreSearchQueryTagSearchNotWithEquals'],
  ['binary.tag:<=1', 'tag', 'MetastoreSearchQueryTagSearchNotWithEquals'],
];

for (const [term, kind, code] of CODES) {
  test(`names ${JSON.stringify(term)} as the peer does`, () => {
    const error = errorOf(term);
    assert.equal([error.kind, error.code], [kind, code]);
  });
}

test('reports what is wrong first in the text', () => {
  assert.is(faultOf('binary.tag: OR [1 TO 2]'), 'tag 1');
  assert.is(faultOf('[1 TO 2] OR binary.tag:'), 'range 1');
});

test('answers as each endpoint does', () => {
  const syntax = errorOf('a=b ');
  assert.equal(termFailure(syntax, 'find', 'a=b '), {
    code: 'MetastoreBinaryFindFaildToParseSearchTerm',
    message: `Failed to parse term 'a=b ': ${syntax.message}`,
  });
  assert.equal(termFailure(syntax, 'all', 'a=b '), {
    code: 'MetastoreFailedToParseTermQuery',
    message: `Failed to parse term: ${syntax.message}`,
  });
  const range = errorOf('[1 TO 5]');
  assert.is(termFailure(range, 'all', '[1 TO 5]').code, 'MetastoreSearchQuerySearchForImplicitShouldBeLiteral');
});

test.run();
