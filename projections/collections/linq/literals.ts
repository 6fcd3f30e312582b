/** Values of literal tokens; what is out of range is an error at the token. */
import type { IToken } from 'chevrotain';
import { integerOf } from '../integers.js';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import * as T from './tokens.js';

const MAX_INT4 = 2_147_483_647n;
const MAX_INT8 = 9_223_372_036_854_775_807n;
const MAX_DIGITS = 19;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function literal(text: string, token: IToken): A.Literal {
  const { tokenType, image, startOffset: at } = token;
  switch (tokenType) {
    case T.Int:
      return integer(text, token, false, at);
    case T.Float:
      return { kind: 'literal', at, type: 'float8', value: Number(image) };
    case T.Text:
      return { kind: 'literal', at, type: 'str', value: JSON.parse(image) as string };
    case T.Duration:
      return { kind: 'literal', at, type: 'duration', value: duration(text, token) };
    case T.Ip4:
      return { kind: 'literal', at, type: 'ip4', value: address(text, token) };
    case T.Null:
      return { kind: 'literal', at, type: 'null', value: null };
    default:
      return { kind: 'literal', at, type: 'bool', value: tokenType === T.True };
  }
}

/** An integer too large for int8 is only one with a sign before it: `-9223372036854775808`. */
interface Unsigned extends A.Literal {
  readonly tooLarge?: IToken;
}

function integer(text: string, token: IToken, negative: boolean, at: number): Unsigned {
  const digits = token.image.replace(/^0+(?=\d)/, '');
  const value = digits.length > MAX_DIGITS ? MAX_INT8 + 2n : BigInt(digits);
  if (value > MAX_INT8 + 1n || (negative && value > MAX_INT8 + 1n)) throw outOfRange(text, token);
  if (!negative && value > MAX_INT8) return { kind: 'literal', at, type: 'int8', value: null, tooLarge: token };
  const signed = negative ? -value : value;
  const type = signed <= MAX_INT4 && signed >= -MAX_INT4 - 1n ? 'int4' : 'int8';
  return { kind: 'literal', at, type, value: integerOf(signed) };
}

function outOfRange(text: string, token: IToken): LinqError {
  return new LinqError('LINQ_RANGE', 'integer out of int8 range', text, token.startOffset);
}

/** An operand behind any number of minus signs. */
export function signed(text: string, signs: readonly IToken[], operand: A.Expression): A.Expression {
  const at = signs[0]?.startOffset ?? operand.at;
  const negative = signs.length % 2 === 1;
  const tooLarge = operand.kind === 'literal' ? (operand as Unsigned).tooLarge : undefined;
  if (tooLarge !== undefined) {
    if (!negative) throw outOfRange(text, tooLarge);
    return integer(text, tooLarge, true, at);
  }
  if (signs.length === 0) return operand;
  if (operand.kind === 'literal' && negative && (typeof operand.value === 'number' || typeof operand.value === 'bigint')) {
    if (operand.type === 'int4' || operand.type === 'int8') {
      return { kind: 'literal', at, type: operand.type, value: integerOf(-BigInt(operand.value)) };
    }
  }
  const negation: A.Negation = { kind: 'negation', at, operand };
  return negative ? negation : { kind: 'negation', at, operand: negation };
}

/** Milliseconds. */
export function duration(text: string, token: IToken): number {
  const [, digits, unit] = /^(\d+)([a-z]+)$/.exec(token.image)!;
  const ms = Number(digits) * UNITS[unit!]!;
  if (!Number.isSafeInteger(ms)) throw new LinqError('LINQ_RANGE', 'duration out of range', text, token.startOffset);
  return ms;
}

function address(text: string, token: IToken): number {
  const parts = token.image.split('.').map(Number);
  if (parts.some((part) => part > 255)) throw new LinqError('LINQ_RANGE', 'ip4 out of range', text, token.startOffset);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function limit(text: string, token: IToken): number {
  const value = Number(token.image);
  if (value < 1) throw new LinqError('LINQ_RANGE', 'limit must be at least 1', text, token.startOffset);
  if (!Number.isSafeInteger(value)) throw outOfRange(text, token);
  return value;
}

export function namePart({ image, tokenType }: IToken): string {
  return tokenType === T.QuotedId ? image.slice(1, -1) : image;
}
