/** Operands and operators as they were read to expressions: `*` before `+`, comparisons before `not`, `and` before `or`. */
import type { IToken } from 'chevrotain';
import type * as A from './ast.js';
import * as T from './tokens.js';

/** `a or b and c`. */
export function logic(operands: readonly A.Expression[], words: readonly IToken[]): A.Expression {
  const alternatives: A.Expression[][] = [[operands[0]!]];
  for (const [index, { tokenType }] of words.entries()) {
    const operand = operands[index + 1]!;
    if (tokenType === T.Or) alternatives.push([operand]);
    else alternatives.at(-1)!.push(operand);
  }
  return joined(
    'or',
    alternatives.map((list) => joined('and', list)),
  );
}

function joined(kind: 'and' | 'or', operands: readonly A.Expression[]): A.Expression {
  return operands.length === 1 ? operands[0]! : { kind, at: operands[0]!.at, operands };
}

/** An operand behind any number of `not`. Of an even number two are kept, so that its type is looked at. */
export function negated(nots: readonly IToken[], operand: A.Expression): A.Expression {
  if (nots.length === 0) return operand;
  const not = (inner: A.Expression): A.Not => ({ kind: 'not', at: nots[0]!.startOffset, operand: inner });
  return nots.length % 2 === 1 ? not(operand) : not(not(operand));
}

export function comparison(left: A.Expression, token: IToken, right: A.Expression): A.Comparison {
  const operator = token.image === '/=' ? '!=' : (token.image as A.ComparisonOperator);
  return { kind: 'comparison', at: left.at, operator, operatorAt: token.startOffset, left, right };
}

export function membership(left: A.Expression, not: IToken | undefined, token: IToken, options: readonly A.Expression[]): A.Membership {
  return { kind: 'in', at: left.at, operatorAt: (not ?? token).startOffset, negated: not !== undefined, left, options };
}

/** `a + b * c - d`, from left to right. */
export function arithmetic(operands: readonly A.Expression[], operators: readonly IToken[]): A.Expression {
  const terms = [operands[0]!];
  const signs: IToken[] = [];
  let factors: A.Arithmetic['rest'][number][] = [];
  const close = (): void => {
    if (factors.length > 0) terms.push(chain(terms.pop()!, factors));
    factors = [];
  };
  for (const [index, token] of operators.entries()) {
    const operand = operands[index + 1]!;
    if (token.tokenType === T.Star || token.tokenType === T.Divide) {
      factors.push(step(token, operand));
      continue;
    }
    close();
    signs.push(token);
    terms.push(operand);
  }
  close();
  return chain(
    terms[0]!,
    signs.map((token, index) => step(token, terms[index + 1]!)),
  );
}

function step(token: IToken, operand: A.Expression): A.Arithmetic['rest'][number] {
  return { operator: token.image as A.ArithmeticOperator, at: token.startOffset, operand };
}

function chain(first: A.Expression, rest: A.Arithmetic['rest']): A.Expression {
  return rest.length === 0 ? first : { kind: 'arithmetic', at: first.at, first, rest };
}

export function nameOrCall(name: { readonly text: string; readonly at: number }, args: readonly A.Expression[] | undefined): A.Expression {
  return args === undefined ? { kind: 'name', at: name.at, name: name.text } : { kind: 'call', at: name.at, name: name.text, args };
}
