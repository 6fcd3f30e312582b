/** Ranges of tasks (spec 07 §4). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DateError, readRange, type RangeRequest } from '../../../../projections/collections/dates.js';

const test = suite('dates of a range');

/** A Wednesday. */
const NOW = Date.UTC(2026, 10, 25, 13, 14, 15, 160);
const at = (text: string): number => Date.parse(text);

function range(request: Partial<RangeRequest>): string[] {
  const { from, to } = readRange({ from: null, to: null, timeZone: undefined, expireIn: 300, ...request }, NOW);
  return [from, to].map((ms) => (ms === null ? 'for ever' : new Date(ms).toISOString()));
}

const FROM: readonly (readonly [value: unknown, expected: string, timeZone?: string])[] = [
  [undefined, '2026-11-25T13:09:15.160Z'],
  [null, '2026-11-25T13:09:15.160Z'],
  [-1, '2026-11-25T13:09:15.160Z'],
  [1515397834, '2018-01-08T07:50:34.000Z'],
  [1515397834.5, '2018-01-08T07:50:34.500Z'],
  [1515397834.1, '2018-01-08T07:50:34.100Z'],
  ['1515397834', '2018-01-08T07:50:34.000Z'],
  [1515398134810, '2018-01-08T07:55:34.810Z'],
  ['2d', '2026-11-23T13:14:15.160Z'],
  ['90m', '2026-11-25T11:44:15.160Z'],
  ['10s', '2026-11-25T13:14:05.160Z'],
  ['2ad', '2026-11-23T00:00:00.000Z'],
  ['1ah', '2026-11-24T23:00:00.000Z'],
  ['now', '2026-11-25T13:14:15.160Z'],
  ['today', '2026-11-25T00:00:00.000Z'],
  ['endday', '2026-11-25T23:59:59.000Z'],
  ['endmonth', '2026-11-30T23:59:59.000Z'],
  ['2026-11-01', '2026-11-01T00:00:00.000Z'],
  ['2026-11-01 12:30:01', '2026-11-01T12:30:01.000Z'],
  ['now()', '2026-11-25T13:14:15.160Z'],
  ['today() - 2 * day()', '2026-11-23T00:00:00.000Z'],
  ['yesterday()+hour()*3', '2026-11-24T03:00:00.000Z'],
  ['now() - month()', '2026-10-26T13:14:15.160Z'],
  ['today', '2026-11-24T22:00:00.000Z', 'GMT+2'],
  ['today', '2026-11-25T05:00:00.000Z', 'GMT-5'],
  ['today', '2026-11-24T23:00:00.000Z', 'Europe/Berlin'],
  // A day of 25 hours, and midnights on either side of the change of clocks.
  ['2026-10-25', '2026-10-24T22:00:00.000Z', 'Europe/Berlin'],
  ['2026-10-26', '2026-10-25T23:00:00.000Z', 'Europe/Berlin'],
  ['2026-03-29', '2026-03-28T23:00:00.000Z', 'Europe/Berlin'],
  ['2026-03-30', '2026-03-29T22:00:00.000Z', 'Europe/Berlin'],
];

for (const [value, expected, timeZone] of FROM) {
  test(`from ${JSON.stringify(value)}${timeZone === undefined ? '' : ` in ${timeZone}`}`, () => {
    assert.is(range({ from: value, timeZone })[0], expected);
  });
}

const TO: readonly (readonly [value: unknown, expected: string])[] = [
  [null, 'for ever'],
  [-1, 'for ever'],
  ['2h', '2026-11-20T12:00:00.000Z'],
  ['20ah', '2026-11-20T20:00:00.000Z'],
  ['endday', '2026-11-20T23:59:59.000Z'],
  ['endmonth', '2026-11-30T23:59:59.000Z'],
  ['now', '2026-11-25T13:14:15.160Z'],
];

for (const [value, expected] of TO) {
  test(`to ${JSON.stringify(value)}, from the 20th at ten`, () => {
    assert.is(range({ from: '2026-11-20 10:00:00', to: value })[1], expected);
  });
}

const WRONG: readonly (readonly [request: Partial<RangeRequest>, message: string])[] = [
  [{ from: 'x' }, "from: invalid date 'x'"],
  [{ from: '2026-02-30' }, "from: invalid date '2026-02-30'"],
  [{ from: true }, "from: invalid date 'true'"],
  [{ from: {} }, "from: invalid date '{}'"],
  [{ from: 'now() + now()' }, "from: invalid date 'now() + now()'"],
  [{ from: 'day()' }, "from: invalid date 'day()'"],
  [{ from: 'now() * 2' }, "from: invalid date 'now() * 2'"],
  [{ from: 'now() -' }, "from: invalid date 'now() -'"],
  [{ to: '99x' }, "to: invalid date '99x'"],
  [{ from: 1e300 }, "from: invalid date '1e+300'"],
  [{ from: 200, to: 100 }, 'to: must not be before from'],
  [{ timeZone: 'Mars/Base' }, "timeZone: unknown time zone 'Mars/Base'"],
];

for (const [request, message] of WRONG) {
  test(`${JSON.stringify(request)} is refused`, () => {
    assert.throws(
      () => range(request),
      (error: Error) => error instanceof DateError && error.message === message,
    );
  });
}

test('equal bounds are a range', () => {
  assert.equal(readRange({ from: 100, to: 100, timeZone: undefined, expireIn: 1 }, NOW), { from: 100_000, to: 100_000 });
  assert.is(at('1970-01-01T00:01:40Z'), 100_000);
});

test.run();
