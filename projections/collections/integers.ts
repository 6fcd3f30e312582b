/** Integers of LINQ: a number while it is exact, a bigint beyond, nothing outside of int8. */

const MAX_INT8 = 9_223_372_036_854_775_807n;
const MIN_INT8 = -9_223_372_036_854_775_808n;

/** Null when it does not fit int8. */
export function integerOf(value: bigint): number | bigint | null {
  if (value > MAX_INT8 || value < MIN_INT8) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
