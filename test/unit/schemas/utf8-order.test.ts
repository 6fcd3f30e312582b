import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareUtf8 } from '../../../schemas/utf8-order.js';

const test = suite('utf8-order');

test('sorts upper before lower case and accents last', () => {
  assert.equal(['b', 'é', 'a', 'B'].sort(compareUtf8), ['B', 'a', 'b', 'é']);
});

test('sorts a supplementary character behind the last of the basic plane, unlike UTF-16', () => {
  assert.ok(compareUtf8('\u{1f600}', '\uffff') > 0);
  assert.ok('\u{1f600}' < '\uffff');
});

test('agrees with the order of the bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => Math.sign(compareUtf8(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
    { numRuns: 5000 },
  );
});

test.run();
