/**
 * Python's `round(value, digits)` for finite values: the nearest decimal to the exact value of the double, half to even.
 * `toFixed` is exact as well, but takes the upper one of two equally near decimals.
 */
export function roundHalfEven(value: number, digits: number): number {
  // A value halfway between two decimals is an odd multiple of 1/2^(digits+1): scaling by a power of two is exact, so this finds out.
  const halves = value * 2 ** (digits + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0) return Number(value.toFixed(digits));
  const below = (halves * 5 ** digits - 1) / 2;
  return (below % 2 === 0 ? below : below + 1) / 10 ** digits;
}
