/** Keys of pages (spec 04 §6.2). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiError } from '../../../../src/api/api-error.js';
import { afterKey, afterText } from '../../../../src/api/find/page.js';

const test = suite('pages');

test('goes on after what a page ended with, written as the peer does', () => {
  assert.is(afterText('SHA256', 'ab'), '{"SHA256": "ab"}');
  assert.equal(afterKey(afterText('SHA256', 'a"b'), 'SHA256'), { SHA256: 'a"b' });
});

test('begins at the first page without a key', () => {
  for (const text of [undefined, null, '']) assert.is(afterKey(text, 'SHA256'), undefined);
});

const WRONG = [
  'x',
  '{',
  '[]',
  '1',
  'null',
  '"SHA256"',
  '{}',
  '{"SHA256": 1}',
  '{"SHA256": null}',
  '{"sha256": "a"}',
  '{"SHA256": "a", "b": 1}',
];
for (const text of WRONG) {
  test(`refuses ${text}`, () => {
    assert.throws(
      () => afterKey(text, 'SHA256'),
      (error: ApiError) => error.status === 422 && error.message === `Invalid after provided '${text}', after must be valid JSON!`,
    );
  });
}

test.run();
