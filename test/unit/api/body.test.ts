import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ApiError } from '../../../src/api/api-error.js';
import { parseBody } from '../../../src/api/body.js';

const test = suite('body');

function refusal(contentType: string | undefined, text: string): ApiError {
  try {
    parseBody(contentType, text);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('accepted');
}

const detail = (error: ApiError) => (error.body as { detail: { type: string; loc: unknown[] }[] }).detail[0]!;

test('takes JSON whatever the case of the type, and a body without a type', () => {
  assert.equal(parseBody('application/json', '{"a":[1]}'), { a: [1] });
  assert.equal(parseBody('Application/JSON; charset=utf-8', '[]'), []);
  assert.equal(parseBody(undefined, '"x"'), 'x');
  assert.is(parseBody('application/json', ''), undefined);
});

test('gives numbers as texts where they are wanted, as Python writes them', () => {
  const text = '{"items":[5, 5.0, -0, 1e3, 0.00001, 12345678901234567890, "5", true, null, {"a":{"b":[1.50]}}]}';
  assert.equal(parseBody(undefined, text, true), {
    items: ['5', '5.0', '0', '1000.0', '1e-05', '12345678901234567890', '5', true, null, { a: { b: ['1.5'] } }],
  });
  assert.equal(parseBody(undefined, '{"a":5.0}'), { a: 5 });
});

test('says where text is no JSON', () => {
  const error = refusal('application/json', '{"a":}');
  assert.is(error.status, 422);
  assert.equal(detail(error).loc, ['body', 5]);
  assert.is(detail(error).type, 'json_invalid');
});

test('refuses other types', () => assert.is(detail(refusal('text/plain', '{}')).type, 'model_attributes_type'));

test('refuses nesting that no route needs, and does not count brackets in strings', () => {
  assert.is(detail(refusal(undefined, '['.repeat(100_000))).type, 'json_invalid');
  assert.is(detail(refusal(undefined, `${'['.repeat(65)}${']'.repeat(65)}`)).type, 'json_invalid');
  const flat = JSON.stringify(['['.repeat(1_000), '\\"['.repeat(100), ...Array.from({ length: 1_000 }, () => [])]);
  assert.equal(parseBody(undefined, flat), JSON.parse(flat));
});

test.run();
