/** From tokens to the nodes that are no operators (spec 05 §1.6). Offsets of tokens are UTF-16 units, those of nodes code points. */
import type { IToken } from 'chevrotain';
import type { Quotes, RangeBounds, TagOperator, TermNumber } from './ast.js';
import { escapeError, limitError } from './errors.js';
import type { Item } from './logic.js';
import { tokenNumber, truncated, wordNumber } from './numbers.js';
import type { OffsetOf } from './position.js';
import { unescapeQuoted } from './strings.js';
import { Bracket, CloseBracket, Word } from './tokens.js';

/** What is parsed. */
export interface Source {
  readonly text: string;
  readonly offsetOf: OffsetOf;
}

export interface NumberValue {
  readonly value: TermNumber;
  /** The token after which it ends. */
  readonly last: IToken;
}

export interface TextValue {
  readonly value: string | TermNumber;
  readonly quotes?: Quotes;
  readonly last: IToken;
}

export interface RangeValue {
  readonly bounds: RangeBounds;
  readonly last: IToken;
}

export interface Comparison {
  readonly op: IToken;
  readonly value: NumberValue | TextValue | RangeValue | undefined;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export function spanOf({ offsetOf }: Source, first: IToken, last: IToken): Span {
  return { start: offsetOf(first.startOffset), end: offsetOf(last.startOffset + last.image.length) };
}

/** Throws TermError of kind escape. */
function stringOf(source: Source, token: IToken): string {
  if (token.tokenType === Word) return token.image;
  const unescaped = unescapeQuoted(token.image);
  if ('fault' in unescaped) throw escapeError(source.text, source.offsetOf(token.startOffset), unescaped);
  return unescaped.text;
}

function quotesOf(token: IToken): Quotes {
  if (token.tokenType === Word) return 'none';
  return token.image.startsWith('"') ? 'double' : 'single';
}

/** An unquoted value that reads as a number is one. Throws TermError of kind escape. */
export function textValue(source: Source, token: IToken): TextValue {
  const number = token.tokenType === Word ? wordNumber(token.image) : undefined;
  if (number !== undefined) return { value: number, last: token };
  return { value: stringOf(source, token), quotes: quotesOf(token), last: token };
}

/** Throws TermError for a number beyond all bounds. */
export function numberValue(source: Source, digits: IToken, unit: IToken | undefined): NumberValue {
  const value = tokenNumber(digits.image, unit?.image);
  if (value === undefined) throw limitError(source.text, source.offsetOf(digits.startOffset), 'Number is too large');
  return { value, last: unit ?? digits };
}

/** Fractions of the bounds are cut off; a bound of the wrong side is no error, such a range matches nothing. */
export function rangeValue(open: IToken, from: TermNumber, to: TermNumber, close: IToken): RangeValue {
  const lower = open.tokenType === Bracket ? { gte: truncated(from) } : { gt: truncated(from) };
  const upper = close.tokenType === CloseBracket ? { lte: truncated(to) } : { lt: truncated(to) };
  return { bounds: { ...lower, ...upper }, last: close };
}

export function rangeItem(source: Source, open: IToken, { bounds, last }: RangeValue): Item {
  const span = spanOf(source, open, last);
  return { node: { type: 'range', ...span, value: bounds }, ...span };
}

export function rawItem(source: Source, token: IToken): Item {
  const span = spanOf(source, token, token);
  const { value, quotes } = textValue(source, token);
  return { node: { type: 'raw', ...span, value, ...(quotes && { quotes }), source: token.image }, ...span };
}

/** Keys are text, also where they read as numbers. Throws TermError of kind escape. */
export function keyedItem(source: Source, token: IToken, { op, value }: Comparison): Item {
  const span = spanOf(source, token, value?.last ?? op);
  const keyed = { ...span, key: stringOf(source, token), keyEnd: source.offsetOf(op.startOffset), op: op.image as TagOperator };
  if (value === undefined) return { node: { type: 'tag', ...keyed }, ...span };
  if ('bounds' in value) return { node: { type: 'range', ...keyed, value: value.bounds }, ...span };
  const quotes = 'quotes' in value ? value.quotes : undefined;
  return { node: { type: 'tag', ...keyed, value: value.value, ...(quotes && { quotes }) }, ...span };
}
