import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { roundHalfEven } from '../../../../src/search/similarity/rounding.js';

const test = suite('rounding half to even');

/** What Python 3.11 gives for `round(value, digits)`. */
const ROUNDED: readonly [number, number, number][] = [
  [0.125, 2, 0.12],
  [0.375, 2, 0.38],
  [0.625, 2, 0.62],
  [90.125, 2, 90.12],
  [99.875, 2, 99.88],
  [99.995, 2, 100],
  [97.385, 2, 97.39],
  [2.675, 2, 2.67],
  [1.005, 2, 1],
  [98.7654295, 2, 98.77],
  [100, 2, 100],
  [0, 2, 0],
  [90.00000002015625, 4, 90],
  [90.15625, 4, 90.1562],
  [90.46875, 4, 90.4688],
  [92.03125, 4, 92.0312],
  [0.5, 0, 0],
  [1.5, 0, 2],
  [2.5, 0, 2],
  [-0.125, 2, -0.12],
  [-0.375, 2, -0.38],
];

for (const [value, digits, rounded] of ROUNDED) {
  test(`rounds ${value} to ${digits} digits as ${rounded}`, () => assert.is(roundHalfEven(value, digits), rounded));
}

test.run();
