import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ApiError } from '../../../../src/api/api-error.js';
import { instantOf } from '../../../../src/api/sources/datetime.js';

const test = suite('times of parameters');

for (const [text, instant] of [
  ['2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z'],
  ['2024-01-02T03:04:05.678999+00:00', '2024-01-02T03:04:05.678Z'],
  ['2024-01-02t03:04:05.6z', '2024-01-02T03:04:05.600Z'],
  ['2024-01-02 03:04', '2024-01-02T03:04:00.000Z'],
  ['2024-01-02_03:04:05,5', '2024-01-02T03:04:05.500Z'],
  ['2024-01-02T03:04:05+05:30', '2024-01-01T21:34:05.000Z'],
  ['2024-01-02T03:04:05-0530', '2024-01-02T08:34:05.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['1969-12-31T23:59:59.9995Z', '1969-12-31T23:59:59.999Z'],
  ['0', '1970-01-01T00:00:00.000Z'],
  ['-1', '1969-12-31T23:59:59.000Z'],
  ['1704164645', '2024-01-02T03:04:05.000Z'],
  ['1704164645.5', '2024-01-02T03:04:05.500Z'],
  ['1704164645678', '2024-01-02T03:04:05.678Z'],
] as const) {
  test(`reads ${text}`, () => assert.is(instantOf('timestamp', text), instant));
}

for (const text of [
  '',
  ' ',
  'now',
  '2024-1-2x',
  '2023-02-29',
  '2024-01-02T24:00:00Z',
  '2024-01-02T03:60:00Z',
  '2024-01-02T03:04:05+99:00',
  '0000-01-01',
  '99999999999999999999',
  '1e3',
]) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    try {
      instantOf('timestamp', text);
    } catch (error) {
      assert.instance(error, ApiError);
      const { status, body } = error as ApiError;
      assert.is(status, 422);
      const [problem] = (body as { detail: { loc: string[]; input: string; type: string }[] }).detail;
      assert.equal([problem!.type, problem!.loc, problem!.input], ['datetime_from_date_parsing', ['query', 'timestamp'], text]);
      return;
    }
    throw new Error('was taken');
  });
}

test.run();
