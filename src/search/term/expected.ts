/** What could have stood after some tokens, in words (spec 05 §1.3). */
import type { IToken, TokenType } from 'chevrotain';
import * as T from './tokens.js';

const ITEM = ['a word', 'a quoted string', '"("', '"["', 'NOT', '"!"'];
const OPERATORS = ['AND', 'OR', 'DOCAND'];

function isA(token: IToken | undefined, ...types: TokenType[]): boolean {
  return token !== undefined && types.some((type) => token.tokenType === type || (token.tokenType.CATEGORIES?.includes(type) ?? false));
}

/** How many brackets are open. */
function depthOf(tokens: readonly IToken[]): number {
  const opening = tokens.filter((token) => isA(token, T.Parenthesis, T.ValueParenthesis, T.Bracket));
  const closing = tokens.filter((token) => isA(token, T.CloseParenthesis, T.CloseBracket));
  return opening.length - closing.length;
}

/** After a number and its unit: where the number stands is said by what is before it. */
function afterNumber(tokens: readonly IToken[], units: readonly string[]): string[] {
  const before = tokens.filter((token) => !isA(token, T.Blank, T.Size)).at(-2);
  if (isA(before, T.To)) return [...units, '"]"', '")"'];
  if (isA(before, T.Bracket, T.ValueParenthesis, T.Parenthesis)) return [...units, 'TO'];
  return [...units, ...afterItem(tokens)];
}

function afterItem(tokens: readonly IToken[]): string[] {
  return depthOf(tokens) > 0 ? ['a blank', '")"'] : ['a blank', 'the end'];
}

function afterBlank(before: readonly IToken[]): string[] {
  const last = before.at(-1);
  if (last === undefined || isA(last, T.Operator, T.Not, T.Bang, T.Parenthesis)) return ITEM;
  if (isA(last, T.Bracket, T.ValueParenthesis, T.To)) return ['a number'];
  if (isA(last, T.NumberToken, T.Size)) {
    const inRange = afterNumber(before, []);
    if (!inRange.includes('a blank')) return inRange;
  }
  return [...OPERATORS, ...ITEM];
}

/** What can follow these tokens, the likeliest first. */
export function expectedAfter(tokens: readonly IToken[]): string[] {
  const last = tokens.at(-1);
  if (last === undefined || isA(last, T.Bang)) return ITEM;
  if (isA(last, T.Parenthesis)) return [...ITEM, 'a number'];
  if (isA(last, T.Blank)) return afterBlank(tokens.slice(0, -1));
  if (isA(last, T.Operator, T.Not)) return ['a blank'];
  if (isA(last, T.Colon)) return ['a word', 'a quoted string', '"["', '"("', 'a blank'];
  if (isA(last, T.Comparison)) return ['a number', '"["', '"("'];
  if (isA(last, T.Bracket, T.ValueParenthesis, T.To)) return ['a number'];
  if (isA(last, T.NumberToken)) return afterNumber(tokens, ['a unit of size']);
  if (isA(last, T.Size)) return afterNumber(tokens, []);
  if (isA(last, T.Text) && !isA(tokens.at(-2), T.Colon)) return ['":"', 'another comparison', ...afterItem(tokens)];
  return afterItem(tokens);
}
