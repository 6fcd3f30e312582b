/** Values that look-ups name to what was hashed (spec 07 §9): texts of an address or JSON values of a body to the types of the key fields. */
import { addressFromText, timestampFromText } from './linq/functions.js';
import { integerOf } from './integers.js';
import type { FieldSpec, LinqType, LinqValue } from './types.js';

/** A key that can't be one of the collection; the message names the place, the value and what was expected. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

const INTEGER = /^[+-]?\d{1,20}$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_INT4 = 2_147_483_647;

/** Values in the order of the key fields, of a list or of an object by name. `path` names the key in messages. Throws KeyError. */
export function coerceKey(fields: readonly FieldSpec[], given: unknown, path: string): LinqValue[] {
  const values = Array.isArray(given) ? positional(fields, given as unknown[], path) : named(fields, given, path);
  return fields.map(({ name, type }, index) => {
    const value = coerce(type, values[index]);
    if (value === undefined) throw new KeyError(`${path}.${name}: '${shown(values[index])}' is not ${type}`);
    return value;
  });
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

function positional(fields: readonly FieldSpec[], values: readonly unknown[], path: string): readonly unknown[] {
  if (values.length === fields.length) return values;
  throw new KeyError(`${path}: expected ${fields.length} values, found ${values.length}`);
}

function named(fields: readonly FieldSpec[], given: unknown, path: string): readonly unknown[] {
  if (typeof given !== 'object' || given === null) throw new KeyError(`${path}: must be a list or an object of values`);
  const unknown = Object.keys(given).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) throw new KeyError(`${path}.${unknown}: unknown field`);
  return fields.map(({ name }) => {
    if (!Object.hasOwn(given, name)) throw new KeyError(`${path}.${name}: is missing`);
    return (given as Readonly<Record<string, unknown>>)[name];
  });
}

/** Undefined for what is no value of the type. */
function coerce(type: LinqType, value: unknown): LinqValue | undefined {
  if (value === null) return null;
  switch (type) {
    case 'str':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      if (typeof value === 'boolean') return value;
      return value === 'true' ? true : value === 'false' ? false : undefined;
    case 'int4': {
      const integer = integerFrom(value);
      return typeof integer === 'number' && integer <= MAX_INT4 && integer >= -MAX_INT4 - 1 ? integer : undefined;
    }
    case 'int8':
    case 'duration':
      return integerFrom(value);
    case 'float8':
      return floatFrom(value);
    case 'timestamp':
      return integerFrom(value) ?? (typeof value === 'string' ? (timestampFromText(value) ?? undefined) : undefined);
    case 'ip4':
      return typeof value === 'string' ? (addressFromText(value) ?? undefined) : undefined;
    case 'json':
      return undefined;
  }
}

function integerFrom(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? (value === 0 ? 0 : value) : undefined;
  if (typeof value !== 'string' || !INTEGER.test(value)) return undefined;
  return integerOf(BigInt(value.replace(/^\+/, ''))) ?? undefined;
}

function floatFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (FLOAT.test(value)) return Number(value);
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}
