/**
 * Sums of floats that do not depend on the order: all terms are added exactly, as one large integer of units of 2^-1074, and the whole is rounded
 * once, half to even (spec 07 §7).
 */

const MANTISSA_BITS = 52n;
const HIDDEN_BIT = 1n << MANTISSA_BITS;
const EXPONENT_MASK = 0x7ff;
/** Exponent of the unit. */
const UNIT = -1074;
const PRECISION = 53;

const view = new DataView(new ArrayBuffer(8));

export class ExactSum {
  private units = 0n;
  private isNaN = false;
  private positive = false;
  private negative = false;

  add(value: number): void {
    if (Number.isFinite(value)) this.units += unitsOf(value);
    else if (Number.isNaN(value)) this.isNaN = true;
    else if (value > 0) this.positive = true;
    else this.negative = true;
  }

  /** The sum rounded once; never -0. */
  value(): number {
    if (this.isNaN || (this.positive && this.negative)) return NaN;
    if (this.positive || this.negative) return this.positive ? Infinity : -Infinity;
    return this.units < 0n ? -rounded(-this.units) : rounded(this.units);
  }
}

/** A finite number as a multiple of 2^-1074, which every one is. */
function unitsOf(value: number): bigint {
  if (value === 0) return 0n;
  view.setFloat64(0, value);
  const high = view.getUint32(0);
  const exponent = (high >>> 20) & EXPONENT_MASK;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(view.getUint32(4));
  const magnitude = exponent === 0 ? fraction : (fraction | HIDDEN_BIT) << BigInt(exponent - 1);
  return value < 0 ? -magnitude : magnitude;
}

/** The nearest double of so many units, ties to even; Infinity beyond the greatest. */
function rounded(units: bigint): number {
  const excess = bitLength(units) - PRECISION;
  if (excess <= 0) return scaled(Number(units), UNIT);
  const shift = BigInt(excess);
  const kept = units >> shift;
  const rest = units - (kept << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return scaled(Number(up ? kept + 1n : kept), UNIT + excess);
}

/** `mantissa * 2^exponent`: exact where that is a double, Infinity beyond. */
function scaled(mantissa: number, exponent: number): number {
  return exponent > 1_000 ? Infinity : mantissa * 2 ** exponent;
}

function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0]!, 16)));
}
