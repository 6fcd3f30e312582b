import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goTime, isoTime, MAX_MICROS, MIN_MICROS, parseTime, utcTime } from '../../../schemas/time.js';

const test = suite('time');

/** µs, Go form, ISO form of Python (spec 01 §5.2), and beyond. */
const FORMS: readonly [bigint, string, string][] = [
  [1616988248549280n, '2021-03-29T03:24:08.54928Z', '2021-03-29T03:24:08.549280+00:00'],
  [1612629803000000n, '2021-02-06T16:43:23Z', '2021-02-06T16:43:23+00:00'],
  [500n, '1970-01-01T00:00:00.0005Z', '1970-01-01T00:00:00.000500+00:00'],
  [0n, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00+00:00'],
  [-1n, '1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999+00:00'],
  [MIN_MICROS, '0001-01-01T00:00:00Z', '0001-01-01T00:00:00+00:00'],
  [MIN_MICROS + 1n, '0001-01-01T00:00:00.000001Z', '0001-01-01T00:00:00.000001+00:00'],
  [MAX_MICROS, '9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999+00:00'],
  [-9007199254740993n, '1684-07-28T00:12:25.259007Z', '1684-07-28T00:12:25.259007+00:00'],
  [9007199254740993n, '2255-06-05T23:47:34.740993Z', '2255-06-05T23:47:34.740993+00:00'],
  [951782400100000n, '2000-02-29T00:00:00.1Z', '2000-02-29T00:00:00.100000+00:00'],
];

for (const [micros, go, iso] of FORMS) {
  test(`writes ${micros.toString()} µs as ${go} and reads it back`, () => {
    assert.is(goTime(micros), go);
    assert.is(isoTime(micros), iso);
    assert.is(utcTime(micros), iso.replace('+00:00', 'Z'));
    assert.is(parseTime(go), micros);
    assert.is(parseTime(iso), micros);
  });
}

test('agrees with Date for any instant to the millisecond', () => {
  const millis = fc.integer({ min: Number(MIN_MICROS / 1000n), max: Number(MAX_MICROS / 1000n) });
  fc.assert(
    fc.property(millis, (ms) => {
      const iso = new Date(ms).toISOString();
      return parseTime(iso) === BigInt(ms) * 1000n && utcTime(BigInt(ms) * 1000n).slice(0, 19) === iso.slice(0, 19);
    }),
    { numRuns: 2000 },
  );
});

test('keeps every microsecond through text and back', () => {
  fc.assert(
    fc.property(fc.bigInt(MIN_MICROS, MAX_MICROS), (t) => parseTime(goTime(t)) === t && parseTime(utcTime(t)) === t),
    { numRuns: 2000 },
  );
});

test('truncates a fraction to microseconds, whatever its length', () => {
  assert.is(parseTime('1970-01-01T00:00:00.1234569Z'), 123456n);
  assert.is(parseTime('1970-01-01T00:00:00.000000999999999999999999Z'), 0n);
  assert.is(parseTime('1969-12-31T23:59:59.9999999Z'), -1n);
});

test('applies the offset', () => {
  assert.is(parseTime('1970-01-01T09:30:00+09:30'), 0n);
  assert.is(parseTime('1969-12-31T19:00:00-05:00'), 0n);
  assert.is(parseTime('1970-01-01T00:00:00-00:00'), 0n);
});

for (const bad of [
  '',
  '2021-03-29',
  '2021-03-29T03:24:08',
  '2021-03-29 03:24:08Z',
  '2021-03-29t03:24:08z',
  '2021-03-29T03:24:08.Z',
  '2021-03-29T03:24:08,5Z',
  '2021-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2021-13-01T00:00:00Z',
  '2021-00-01T00:00:00Z',
  '2021-01-00T00:00:00Z',
  '2021-01-01T24:00:00Z',
  '2021-01-01T00:60:00Z',
  '2021-01-01T00:00:60Z',
  '2021-01-01T00:00:00+24:00',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '2021-01-01T00:00:00Z ',
]) {
  test(`refuses ${JSON.stringify(bad)} and quotes it`, () => {
    assert.throws(
      () => parseTime(bad),
      (error: Error) => error instanceof RangeError && error.message.includes(JSON.stringify(bad)),
    );
  });
}

test('refuses to write what lies outside the years 1 to 9999', () => {
  assert.throws(() => goTime(MIN_MICROS - 1n), /outside the years/);
  assert.throws(() => utcTime(MAX_MICROS + 1n), /outside the years/);
});

test.run();
