import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { durationText, Pace } from '../../../src/cli/pace.js';
import { createProgress } from '../../../src/cli/progress.js';

const test = suite('pace');

test('is that of the last half minute, not of what was done before', () => {
  const pace = new Pace();
  assert.is(pace.observe(0, 5_000, 10_000), undefined);
  assert.equal(pace.observe(10_000, 6_000, 10_000), { perSecond: 100, secondsLeft: 40 });
  assert.equal(pace.observe(35_000, 8_500, 10_000), { perSecond: 100, secondsLeft: 15 });
  assert.equal(pace.observe(40_000, 9_000, 10_000), { perSecond: 100, secondsLeft: 10 });
});

test('knows no time left while nothing moves', () => {
  const pace = new Pace();
  pace.observe(0, 5, 10);
  assert.equal(pace.observe(1_000, 5, 10), { perSecond: 0, secondsLeft: undefined });
  assert.equal(pace.observe(2_000, 10, 10)?.secondsLeft, 0);
});

test('is shown with a bar, and in JSON', () => {
  const lines: string[] = [];
  const pace = { perSecond: 1234.56, secondsLeft: 200 };
  createProgress('text', (line) => lines.push(line), () => 0).report('fold', 25_000, 100_000, pace); // prettier-ignore
  createProgress('json', (line) => lines.push(line), () => 0).report('fold', 25_000, 100_000, pace); // prettier-ignore
  assert.equal(lines, [
    'fold: [#####...............] 25 % 25,000 of 100,000, 1,235/s, 3 min 20 s left (0.0 s)',
    '{"event":"progress","stage":"fold","done":25000,"total":100000,"elapsed_s":0,"per_s":1234.6,"left_s":200}',
  ]);
});

test('spells durations', () => {
  assert.equal([0.4, 59.6, 200, 3900, 90_000].map(durationText), ['0 s', '1 min 00 s', '3 min 20 s', '1 h 05 min', '25 h 00 min']);
});

test.run();
