/**
 * Parameters and bodies read by the schemas beside the handlers, with the peer's leniency and its error objects (spec 04 §2.5): text is
 * turned into numbers, booleans and lists as a Python web framework does it, and what is wrong is named with place, value and rule.
 */
import type { TSchema } from 'typebox';

/** One entry of `detail` in a 422 answer. */
export interface Problem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** The keywords of JSON Schema that the routes use. */
interface Schema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
}

export type Validated = { readonly value: unknown } | { readonly problems: readonly Problem[] };

/** More say nothing new, and would make an answer far longer than the request. */
const MAX_PROBLEMS = 100;

/** `where` is body, query or path. In queries and paths every value is text. */
export function validate(schema: TSchema, where: 'body' | 'query' | 'path', given: unknown): Validated {
  const problems: Problem[] = [];
  const value = read(schema, given, [where], { text: where !== 'body', problems });
  return problems.length > 0 ? { problems } : { value };
}

interface Reading {
  readonly text: boolean;
  readonly problems: Problem[];
}

type Place = readonly (string | number)[];

function read(schema: Schema, given: unknown, loc: Place, reading: Reading): unknown {
  if (schema.anyOf !== undefined) return readNullable(schema.anyOf, given, loc, reading);
  switch (schema.type) {
    case 'object':
      return readObject(schema, given, loc, reading);
    case 'array':
      return readArray(schema, given, loc, reading);
    case 'integer':
    case 'number':
      return readNumber(schema, given, loc, reading);
    case 'boolean':
      return readBoolean(given, loc, reading);
    default:
      return readText(schema, given, loc, reading);
  }
}

/** The routes' only alternatives: a value or null. */
function readNullable(alternatives: readonly Schema[], given: unknown, loc: Place, reading: Reading): unknown {
  if (given === null) return null;
  return read(
    alternatives.find(({ type }) => type !== 'null')!,
    given,
    loc,
    reading,
  );
}

/** Notes a problem; there is no value then. */
function wrong(reading: Reading, loc: Place, type: string, msg: string, input: unknown, ctx?: Problem['ctx']): unknown {
  if (!isHopeless(reading)) reading.problems.push({ type, loc, msg, input, ...(ctx && { ctx }) });
  return undefined;
}

function isHopeless({ problems }: Reading): boolean {
  return problems.length >= MAX_PROBLEMS;
}

function readObject(schema: Schema, given: unknown, loc: Place, reading: Reading): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    wrong(reading, loc, 'model_attributes_type', msg, given);
    return;
  }
  const fields = given as Readonly<Record<string, unknown>>;
  const value: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const present = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (present !== undefined) value[name] = read(member, present, [...loc, name], reading);
    else if (member.default !== undefined) value[name] = structuredClone(member.default);
    else if (schema.required?.includes(name)) wrong(reading, [...loc, name], 'missing', 'Field required', null);
  }
  if (schema.additionalProperties === false) {
    for (const name of Object.keys(fields)) {
      if (isHopeless(reading)) break;
      if (Object.hasOwn(schema.properties ?? {}, name)) continue;
      wrong(reading, [...loc, name], 'extra_forbidden', 'Extra inputs are not permitted', fields[name]);
    }
  }
  return value;
}

function readArray(schema: Schema, given: unknown, loc: Place, reading: Reading): unknown {
  const list = reading.text && !Array.isArray(given) ? [given] : given;
  if (!Array.isArray(list)) {
    wrong(reading, loc, 'list_type', 'Input should be a valid list', given);
    return;
  }
  if (schema.maxItems !== undefined && list.length > schema.maxItems) {
    const msg = `List should have at most ${schema.maxItems} items after validation, not ${list.length}`;
    wrong(reading, loc, 'too_long', msg, null, { field_type: 'List', max_length: schema.maxItems, actual_length: list.length });
    return;
  }
  const values: unknown[] = [];
  for (const [index, item] of list.entries()) {
    if (isHopeless(reading)) break;
    values.push(read(schema.items ?? {}, item, [...loc, index], reading));
  }
  return values;
}

/** Of a parameter that takes one value and is given several, the last counts. */
function single(given: unknown, reading: Reading): unknown {
  return reading.text && Array.isArray(given) ? (given as unknown[]).at(-1) : given;
}

const WHOLE = /^\s*[+-]?[0-9]+(?:\.0*)?\s*$/;
const DECIMAL = /^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$/;

function readNumber(schema: Schema, given: unknown, loc: Place, reading: Reading): unknown {
  const one = single(given, reading);
  const whole = schema.type === 'integer';
  const number = typeof one === 'string' && (whole ? WHOLE : DECIMAL).test(one) ? Number(one) : one;
  if (typeof number !== 'number' || !Number.isFinite(number) || (whole && !Number.isInteger(number))) {
    const [kind, noun] = whole ? ['int', 'integer'] : ['float', 'number'];
    if (typeof one === 'string') {
      const msg = `Input should be a valid ${noun}, unable to parse string as ${whole ? 'an integer' : 'a number'}`;
      wrong(reading, loc, `${kind}_parsing`, msg, one);
      return;
    }
    wrong(reading, loc, `${kind}_type`, `Input should be a valid ${noun}`, one);
    return;
  }
  const { minimum, maximum } = schema;
  if (minimum !== undefined && number < minimum) {
    wrong(reading, loc, 'greater_than_equal', `Input should be greater than or equal to ${minimum}`, one, { ge: minimum });
    return;
  }
  if (maximum !== undefined && number > maximum) {
    wrong(reading, loc, 'less_than_equal', `Input should be less than or equal to ${maximum}`, one, { le: maximum });
    return;
  }
  return number;
}

const TRUE = new Set(['true', '1', 'yes', 'on', 't', 'y']);
const FALSE = new Set(['false', '0', 'no', 'off', 'f', 'n']);

function readBoolean(given: unknown, loc: Place, reading: Reading): unknown {
  const one = single(given, reading);
  if (typeof one === 'boolean') return one;
  const word = typeof one === 'string' || typeof one === 'number' ? String(one).toLowerCase() : '';
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  return wrong(reading, loc, 'bool_parsing', 'Input should be a valid boolean, unable to interpret input', one);
}

function readText(schema: Schema, given: unknown, loc: Place, reading: Reading): unknown {
  const one = single(given, reading);
  if (typeof one !== 'string') {
    wrong(reading, loc, 'string_type', 'Input should be a valid string', one);
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(one)) {
    const quoted = schema.enum.map((word) => `'${word}'`);
    const expected = quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`;
    wrong(reading, loc, 'enum', `Input should be ${expected}`, one, { expected });
    return;
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(one)) {
    // Told without the anchors, as the peer does.
    const pattern = schema.pattern.replace(/^\^|\$$/g, '');
    wrong(reading, loc, 'string_pattern_mismatch', `String should match pattern '${pattern}'`, one, { pattern });
    return;
  }
  return one;
}
