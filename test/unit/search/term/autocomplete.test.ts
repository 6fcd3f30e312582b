/** What stands at the caret (spec 05 §4.1). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { autocomplete, type Completion, type PrefixType } from '../../../../src/search/term/autocomplete.js';

const test = suite('term autocomplete');

const NONE: Completion = { type: 'None' };
const EXISTS = '(search for if specified field exists - add a value to search for a value)';

function name(prefix: string, has_value = true): Completion {
  return { type: 'FieldName', prefix, prefix_type: 'case-insensitive', has_value };
}

function value(key: string | null, prefix: string, prefix_type: PrefixType): Completion {
  return { type: 'FieldValue', key, prefix, prefix_type };
}

function wrongToken(column: number): Completion {
  return { type: 'Error', column, message: `Unexpected token at col ${column}` };
}

function wrongCharacter(column: number): Completion {
  return { type: 'Error', column, message: `Unexpected character at col ${column} (are quotes/brackets closed?)` };
}

const CARETS: readonly [string, readonly number[], Completion][] = [
  ['', [0], { type: 'Initial' }],
  [' \n', [0, 5], { type: 'Initial' }],
  ['test:1234', [0, 1, 2, 3], name('test')],
  ['test:1234', [4, 5, 6, 7, 8], value('test', '1234', 'numeric')],
  ['test:1234', [9, 100, -1], NONE],
  ['test', [2], value(null, 'test', 'case-insensitive')],
  ['test:"Hello"', [5, 11], value('test', 'Hello', 'case-sensitive')],
  ["test:'Hello'", [5], value('test', 'Hello', 'case-insensitive')],
  ['test:[5 TO 10]', [5, 9, 13], value('test', '5 (inclusive) to 10 (inclusive)', 'range')],
  ['test:(5kb TO 6.7)', [9], value('test', '5000 (exclusive) to 6 (exclusive)', 'range')],
  ['test:', [0, 3], name('test', false)],
  ['test:', [4], value('test', EXISTS, 'empty')],
  ['test:', [5], NONE],
  ['a:b AND c:d', [3, 4, 7], NONE],
  ['a:b AND c:d', [8], name('c')],
  ['a:b AND c:d', [9, 10], value('c', 'd', 'case-insensitive')],
  ['!a:b', [0], NONE],
  ['NOT (a:b)', [0, 4, 8], NONE],
  ['NOT (a:b)', [5], name('a')],
  ['file_format:te', [13], value('file_format', 'te', 'case-insensitive')],
  ['size:>10MB', [5], value('size', '10000000', 'numeric')],
  ['size:>10MB', [9], value('size', '10000000', 'numeric')],
  ['size:<=1.5KiB', [7], value('size', '1536.0', 'numeric')],
  ['size:>1e5', [7], value('size', '100000', 'numeric')],
  ['size:=18446744073709551617', [7], value('size', '18446744073709551617', 'numeric')],
  ['"a\\"b":"c\\n"', [5], name('a"b')],
  ['"a\\"b":"c\\n"', [7], value('a"b', 'c\n', 'case-sensitive')],
  ['123:x', [1], name('123')],
  ['a [1 TO 5]', [4], value(null, '1 (inclusive) to 5 (inclusive)', 'range')],
  ['(a b)', [3], value(null, 'b', 'case-insensitive')],
  ['binary.tag:', [10], value('binary.tag', EXISTS, 'empty')],
  ['"😀" k:b', [4], name('k')],
  ['"😀" k:b', [3], NONE],
  ['a:"x', [0], wrongCharacter(3)],
  ['key:key:key', [4], wrongToken(8)],
  ['a:b OR', [0], wrongToken(5)],
  ['a:"\\x"', [0], { type: 'Error', column: 3, message: 'Invalid escape character: x' }],
  ['a:"\\"', [0], { type: 'Error', column: 3, message: 'Unterminated escape at end of string' }],
  ['size:>1e999', [0], wrongToken(7)],
];

for (const [term, offsets, completion] of CARETS) {
  for (const offset of offsets) {
    test(`${JSON.stringify(term)} at ${offset}`, () => {
      assert.equal(autocomplete(term, offset), completion);
    });
  }
}

test.run();
