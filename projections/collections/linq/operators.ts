/** Operators of LINQ: which types they take, and what they compute (spec 07 §12). Null compares to false; arithmetic on null is null. */
import { compareCodePoints } from '../../code-points.js';
import { integerOf } from '../integers.js';
import type { LinqType, LinqValue } from '../types.js';
import type { ArithmeticOperator, ComparisonOperator } from './ast.js';
import type { ValueType } from './functions.js';

type Compare = (a: LinqValue, b: LinqValue) => boolean;
type Compute = (a: LinqValue, b: LinqValue) => LinqValue;

const NUMBERS: ReadonlySet<ValueType> = new Set(['int4', 'int8', 'float8']);
const isNumber = (type: ValueType): boolean => NUMBERS.has(type);
const isInteger = (type: ValueType): boolean => type === 'int4' || type === 'int8';

/** Equal as numbers, whatever their form; NaN equals nothing. */
function sameNumber(a: LinqValue, b: LinqValue): boolean {
  return a === b || (typeof a !== typeof b && a! >= b! && a! <= b!);
}

const byNumber = (holds: (order: number) => boolean): Compare => {
  return (a, b) => {
    if (a === null || b === null) return false;
    const order = a < b ? -1 : a > b ? 1 : sameNumber(a, b) ? 0 : Number.NaN;
    return holds(order);
  };
};

const byText = (holds: (order: number) => boolean): Compare => {
  return (a, b) => a !== null && b !== null && holds(compareCodePoints(a as string, b as string));
};

const EQUAL: Compare = (a, b) => a !== null && b !== null && sameNumber(a, b);
const UNEQUAL: Compare = (a, b) => a !== null && b !== null && !sameNumber(a, b);
const CONTAINS: Compare = (a, b) => a !== null && b !== null && (a as string).includes(b as string);

const ORDERS: Readonly<Partial<Record<ComparisonOperator, (order: number) => boolean>>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Whether values of two types can be compared at all; null fits every type. */
export function comparable(a: ValueType, b: ValueType): boolean {
  return a === b || a === 'null' || b === 'null' || (isNumber(a) && isNumber(b));
}

export const equals = EQUAL;

/** The comparison, or undefined when the operator does not take these types. */
export function comparisonOf(operator: ComparisonOperator, a: ValueType, b: ValueType): Compare | undefined {
  if (!comparable(a, b)) return undefined;
  const type = a === 'null' ? b : a;
  switch (operator) {
    case '=':
      return EQUAL;
    case '!=':
      return UNEQUAL;
    case '->':
      return type === 'str' || type === 'null' ? CONTAINS : undefined;
    case '<-':
      return type === 'str' || type === 'null' ? (x, y) => CONTAINS(y, x) : undefined;
    default: {
      if (type === 'bool' || type === 'json') return undefined;
      const holds = ORDERS[operator]!;
      return type === 'str' ? byText(holds) : byNumber(holds);
    }
  }
}

export interface Operation {
  readonly type: LinqType;
  readonly compute: Compute;
}

const nullable = (compute: (a: never, b: never) => LinqValue): Compute => {
  const call = compute as unknown as (a: LinqValue, b: LinqValue) => LinqValue;
  return (a, b) => (a === null || b === null ? null : call(a, b));
};

type Integer = number | bigint;

/** The quick way while the numbers are exact, the exact one beyond; null outside of int8. */
const onIntegers = (quick: (a: number, b: number) => number, exact: (a: bigint, b: bigint) => bigint): Compute =>
  nullable((a: Integer, b: Integer) => {
    if (typeof a === 'number' && typeof b === 'number') {
      const result = quick(a, b);
      if (Number.isSafeInteger(result)) return result === 0 ? 0 : result;
    }
    return integerOf(exact(BigInt(a), BigInt(b)));
  });

const INTEGER_OPERATIONS: Readonly<Record<Exclude<ArithmeticOperator, '/'>, Compute>> = {
  '+': onIntegers(
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  '-': onIntegers(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  '*': onIntegers(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  '%': nullable((a: Integer, b: Integer) => {
    if (b === 0) return null;
    if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? 0 : a % b;
    return integerOf(BigInt(a) % BigInt(b));
  }),
};

const onFloats = (compute: (a: number, b: number) => LinqValue): Compute =>
  nullable((a: Integer, b: Integer) => compute(Number(a), Number(b)));

const FLOAT_OPERATIONS: Readonly<Record<ArithmeticOperator, Compute>> = {
  '+': onFloats((a, b) => a + b),
  '-': onFloats((a, b) => a - b),
  '*': onFloats((a, b) => a * b),
  '/': onFloats((a, b) => (b === 0 ? null : a / b)),
  '%': onFloats((a, b) => (b === 0 ? null : a % b)),
};

/** Milliseconds stay integers that a double holds. */
const onMillis = (sign: 1 | -1): Compute =>
  nullable((a: number, b: number) => {
    const result = a + sign * b;
    return Number.isSafeInteger(result) ? result : null;
  });

/** What an operator gives for these types; undefined when it does not take them. Integers give int8, `/` float8. */
export function operationOf(operator: ArithmeticOperator, a: ValueType, b: ValueType): Operation | undefined {
  if (a === 'null' || b === 'null') {
    const other = a === 'null' ? b : a;
    const type = isInteger(other) && operator !== '/' ? 'int8' : other === 'null' || isNumber(other) ? 'float8' : undefined;
    return type && { type, compute: () => null };
  }
  if (isNumber(a) && isNumber(b)) {
    if (operator !== '/' && isInteger(a) && isInteger(b)) return { type: 'int8', compute: INTEGER_OPERATIONS[operator] };
    return { type: 'float8', compute: FLOAT_OPERATIONS[operator] };
  }
  if (operator !== '+' && operator !== '-') return undefined;
  const compute = onMillis(operator === '+' ? 1 : -1);
  if (a === 'timestamp' && b === 'duration') return { type: 'timestamp', compute };
  if (a === 'duration' && b === 'timestamp' && operator === '+') return { type: 'timestamp', compute };
  if (a === 'timestamp' && b === 'timestamp' && operator === '-') return { type: 'duration', compute };
  if (a === 'duration' && b === 'duration') return { type: 'duration', compute };
  return undefined;
}

/** What `-x` gives; undefined for a type that has no sign. */
export function negationOf(type: ValueType): { readonly type: LinqType; readonly compute: (value: LinqValue) => LinqValue } | undefined {
  const subtract = INTEGER_OPERATIONS['-'];
  if (type === 'int4' || type === 'int8') return { type: 'int8', compute: (value) => subtract(0, value) };
  if (type === 'float8' || type === 'duration') return { type, compute: (value) => (value === null ? null : -(value as number)) };
  return type === 'null' ? { type: 'float8', compute: () => null } : undefined;
}
