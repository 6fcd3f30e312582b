import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { containsPattern } from '../../../src/search/contains-pattern.js';

const test = suite('patterns of what contains a text');

for (const [text, pattern] of [
  ['', '.*.*'],
  ['abc 1-2_é', '.*abc 1-2_é.*'],
  ['a.b*c?d+e|f', '.*a\\.b\\*c\\?d\\+e\\|f.*'],
  ['{1}[2](3)', '.*\\{1\\}\\[2\\]\\(3\\).*'],
  ['"\\#@&<1-2>~', '.*\\"\\\\\\#\\@\\&\\<1-2\\>\\~.*'],
  ['\\d\\w', '.*\\\\d\\\\w.*'],
] as const) {
  test(`takes ${JSON.stringify(text)} literally`, () => assert.is(containsPattern(text), pattern));
}

test.run();
