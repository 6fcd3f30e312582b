import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareCodePoints, countCodePoints } from '../../../projections/code-points.js';

const test = suite('code points');

function slowCompare(a: string, b: string): number {
  const left = Array.from(a, (char) => char.codePointAt(0)!);
  const right = Array.from(b, (char) => char.codePointAt(0)!);
  const at = left.findIndex((point, index) => point !== right[index]);
  if (at < 0 || at >= right.length) return left.length - right.length;
  return left[at]! - right[at]!;
}

test('puts characters above U+FFFF after all others', () => {
  assert.equal(['\u{1f600}', '\uff5e', 'b', '\ue000', 'B', ''].sort(compareCodePoints), ['', 'B', 'b', '\ue000', '\uff5e', '\u{1f600}']);
  assert.ok(compareCodePoints('\u{1f600}', '\u{1f601}') < 0);
  assert.is(compareCodePoints('a\u{1f600}', 'a\u{1f600}'), 0);
});

test('agrees with comparing lists of code points', () => {
  const unit = fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10400}', '\u{10ffff}');
  const text = fc.array(unit, { maxLength: 4 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (a, b) => assert.is(Math.sign(compareCodePoints(a, b)), Math.sign(slowCompare(a, b)))),
    { numRuns: 1000 },
  );
});

test('counts pairs once and lone halves once', () => {
  assert.is(countCodePoints(''), 0);
  assert.is(countCodePoints('a\u{1f600}b'), 3);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => countCodePoints(text) === Array.from(text).length));
});

test.run();
