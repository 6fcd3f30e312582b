/** Functions of LINQ over values (spec 07 §12): their types, and what they compute. A conversion that fails gives null. */
import { RE2JS } from 're2js';
import { parseTime, utcTime } from '../../../schemas/time.js';
import { countCodePoints } from '../../code-points.js';
import { millisOf } from '../tables/columns.js';
import { dotted } from '../value.js';
import { integerOf } from '../integers.js';
import type { LinqType, LinqValue } from '../types.js';

export type ValueType = LinqType | 'null';
type Implementation = (args: readonly LinqValue[]) => LinqValue;

export interface Resolved {
  readonly type: ValueType;
  readonly compute: Implementation;
}

/** An argument that does not fit: its place among the arguments, and what was expected. */
export interface Mismatch {
  readonly argument: number;
  readonly expected: string;
}

export interface FunctionRule {
  readonly min: number;
  readonly max: number;
  /** Null arguments fit everywhere. */
  readonly resolve: (types: readonly ValueType[]) => Resolved | Mismatch;
}

/** A function whose arguments have fixed types and that is null when one of them is. */
function strict(parameters: readonly LinqType[], type: LinqType, compute: (...args: never[]) => LinqValue): FunctionRule {
  const call = compute as (...args: readonly LinqValue[]) => LinqValue;
  return {
    min: parameters.length,
    max: parameters.length,
    resolve(types) {
      const argument = types.findIndex((given, index) => !accepts(parameters[index]!, given));
      if (argument >= 0) return { argument, expected: parameters[argument]! };
      return { type, compute: (args) => (args.includes(null) ? null : call(...args)) };
    },
  };
}

function accepts(parameter: LinqType, given: ValueType): boolean {
  return given === parameter || given === 'null' || (parameter === 'int8' && given === 'int4');
}

/** A conversion of values of any of some types. */
function conversion(type: LinqType, from: Partial<Record<LinqType, (value: never) => LinqValue>>): FunctionRule {
  return {
    min: 1,
    max: 1,
    resolve([given]) {
      if (given === 'null') return { type, compute: () => null };
      const convert = from[given!] as ((value: LinqValue) => LinqValue) | undefined;
      if (convert === undefined) return { argument: 0, expected: Object.keys(from).join(', ') };
      return { type, compute: ([value]) => (value === null ? null : convert(value!)) };
    },
  };
}

/** A function on numbers that keeps their type. */
function onNumbers(compute: (value: number) => number, exact: (value: bigint) => bigint): FunctionRule {
  return {
    min: 1,
    max: 1,
    resolve([given]) {
      if (given === 'null') return { type: 'float8', compute: () => null };
      if (given !== 'float8' && given !== 'int4' && given !== 'int8') return { argument: 0, expected: 'a number' };
      // The greatest magnitude of int4 is one that it has no positive number for.
      return {
        type: given === 'int4' ? 'int8' : given,
        compute([value]) {
          if (value === null) return null;
          return typeof value === 'bigint' ? integerOf(exact(value)) : compute(value as number);
        },
      };
    },
  };
}

const same = <T>(value: T): T => value;
const test = (compute: (value: LinqValue) => boolean): FunctionRule => ({
  min: 1,
  max: 1,
  resolve: () => ({ type: 'bool', compute: ([value]) => compute(value!) }),
});

/** Both alternatives of a choice have one type; null and the wider integer fit. */
function choiceType(a: ValueType, b: ValueType): ValueType | undefined {
  if (a === b || b === 'null') return a;
  if (a === 'null') return b;
  return (a === 'int4' && b === 'int8') || (a === 'int8' && b === 'int4') ? 'int8' : undefined;
}

const INTEGER = /^[+-]?\d{1,40}$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function integerFromText(text: string): LinqValue {
  const trimmed = text.trim();
  return INTEGER.test(trimmed) ? integerOf(BigInt(trimmed.replace(/^\+/, ''))) : null;
}

function floatFromText(text: string): LinqValue {
  const trimmed = text.trim();
  if (FLOAT.test(trimmed)) return Number(trimmed);
  return trimmed === 'NaN' || trimmed === 'Infinity' || trimmed === '-Infinity' ? Number(trimmed) : null;
}

function integerFromFloat(value: number): LinqValue {
  return Number.isFinite(value) ? integerOf(BigInt(Math.trunc(value))) : null;
}

function boolFromText(text: string): LinqValue {
  const word = text.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : null;
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d{1,9})?))?\s*(Z|[+-]\d\d:\d\d)?)?$/;

/** An ISO 8601 text; without an offset in UTC. */
export function timestampFromText(text: string): LinqValue {
  const match = DATE.exec(text.trim());
  if (match === null) return null;
  const [, day, minutes = '00:00', seconds = '00', offset = 'Z'] = match;
  try {
    return millisOf(parseTime(`${day}T${minutes}:${seconds}${offset}`));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Milliseconds that a Date can hold are those of a timestamp. */
const MAX_DATE = 8.64e15;
function timestampFromInteger(value: number | bigint): LinqValue {
  return typeof value === 'number' && Math.abs(value) <= MAX_DATE ? value : null;
}

/** ISO 8601 with milliseconds; null outside the years 1 to 9999. */
function timestampText(ms: number): LinqValue {
  try {
    const seconds = utcTime(BigInt(Math.floor(ms / 1_000)) * 1_000_000n).slice(0, -1);
    return `${seconds}.${String(ms - Math.floor(ms / 1_000) * 1_000).padStart(3, '0')}Z`;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const ADDRESS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

export function addressFromText(text: string): LinqValue {
  const parts = ADDRESS.exec(text.trim())?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function substring(text: string, from: number | bigint, length: number | bigint): LinqValue {
  const [start, count] = [Math.max(0, Number(from)), Math.max(0, Number(length))];
  return Array.from(text)
    .slice(start, start + count)
    .join('');
}

/** Patterns that are no constants are compiled once each, as far as they are few. */
const PATTERNS_KEPT = 256;
const patterns = new Map<string, RE2JS | null>();

/** Null for a text that is no pattern of RE2. */
export function patternOf(text: string): RE2JS | null {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  let pattern: RE2JS | null = null;
  try {
    pattern = RE2JS.compile(text);
  } catch {
    // The library has several errors for one thing: it is no pattern.
  }
  if (patterns.size >= PATTERNS_KEPT) patterns.clear();
  patterns.set(text, pattern);
  return pattern;
}

const FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  isnull: test((value) => value === null),
  isnotnull: test((value) => value !== null),
  isempty: {
    min: 1,
    max: 1,
    resolve: ([given]) =>
      given === 'str' || given === 'null'
        ? { type: 'bool', compute: ([value]) => value === null || value === '' }
        : { argument: 0, expected: 'str' },
  },
  length: strict(['str'], 'int4', (text: string) => countCodePoints(text)),
  lower: strict(['str'], 'str', (text: string) => text.toLowerCase()),
  upper: strict(['str'], 'str', (text: string) => text.toUpperCase()),
  trim: strict(['str'], 'str', (text: string) => text.trim()),
  substring: strict(['str', 'int8', 'int8'], 'str', substring),
  startswith: strict(['str', 'str'], 'bool', (text: string, part: string) => text.startsWith(part)),
  endswith: strict(['str', 'str'], 'bool', (text: string, part: string) => text.endsWith(part)),
  has: strict(['str', 'str'], 'bool', (text: string, part: string) => text.includes(part)),
  weakhas: strict(['str', 'str'], 'bool', (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase())),
  matches: strict(['str', 'str'], 'bool', (text: string, pattern: string) => patternOf(pattern)?.matcher(text).find() ?? null),
  str: conversion('str', {
    str: same<string>,
    bool: (value: boolean) => String(value),
    int4: (value: number) => String(value),
    int8: (value: number | bigint) => String(value),
    float8: (value: number) => String(value === 0 ? 0 : value),
    timestamp: timestampText,
    duration: (value: number) => String(value),
    ip4: dotted,
    json: same<string>,
  }),
  int: conversion('int8', {
    str: integerFromText,
    bool: (value: boolean) => (value ? 1 : 0),
    int4: same<number>,
    int8: same<number | bigint>,
    float8: integerFromFloat,
    timestamp: same<number>,
    duration: same<number>,
    ip4: same<number>,
  }),
  float: conversion('float8', {
    str: floatFromText,
    bool: (value: boolean) => (value ? 1 : 0),
    int4: same<number>,
    int8: (value: number | bigint) => Number(value),
    float8: same<number>,
    timestamp: same<number>,
    duration: same<number>,
  }),
  bool: conversion('bool', {
    str: boolFromText,
    bool: same<boolean>,
    int4: (value: number) => value !== 0,
    int8: (value: number | bigint) => value !== 0,
  }),
  timestamp: conversion('timestamp', {
    str: timestampFromText,
    int4: timestampFromInteger,
    int8: timestampFromInteger,
    timestamp: same<number>,
  }),
  ip4: conversion('ip4', {
    str: addressFromText,
    int4: (value: number) => (value >= 0 ? value : null),
    int8: (value: number | bigint) => (typeof value === 'number' && value >= 0 && value <= 4_294_967_295 ? value : null),
    ip4: same<number>,
  }),
  ifthenelse: {
    min: 3,
    max: 3,
    resolve([condition, then, otherwise]) {
      if (condition !== 'bool' && condition !== 'null') return { argument: 0, expected: 'bool' };
      const type = choiceType(then!, otherwise!);
      if (type === undefined) return { argument: 2, expected: then! };
      return { type, compute: ([chosen, a, b]) => (chosen === true ? a! : b!) };
    },
  },
  nvl: {
    min: 2,
    max: 2,
    resolve([value, fallback]) {
      const type = choiceType(value!, fallback!);
      return type === undefined ? { argument: 1, expected: value! } : { type, compute: ([a, b]) => a ?? b! };
    },
  },
  abs: onNumbers(Math.abs, (value) => (value < 0n ? -value : value)),
  floor: onNumbers(Math.floor, same),
  ceil: onNumbers(Math.ceil, same),
  round: onNumbers(Math.round, same),
};

/** The rule of a function over values; undefined for a name that is none. */
export function functionNamed(name: string): FunctionRule | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

/** Their answer depends on when they are asked: replaying a query with them would not be exact (spec 07 §9). */
export const NOT_IN_TASKS: ReadonlySet<string> = new Set(['now', 'today', 'cchas', 'ccget', 'ccheck']);
