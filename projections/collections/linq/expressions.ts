/**
 * Expressions to closures (spec 07 §12): types are settled once, what runs per event only computes. The same code compiles what stands before
 * `group`, over event rows, and what stands after it, over groups; a scope says what names mean in either place.
 */
import type { LinqValue } from '../types.js';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import { functionNamed, NOT_IN_TASKS, patternOf, type ValueType } from './functions.js';
import { comparisonOf, equals, negationOf, operationOf } from './operators.js';

export interface Compiled<C> {
  readonly type: ValueType;
  readonly evaluate: (context: C) => LinqValue;
  /** Whether the value may change while a group grows. */
  readonly changing: boolean;
}

/** What names and special functions mean where an expression stands. */
export interface Scope<C> {
  readonly query: string;
  /** Throws LinqError for a name that means nothing here. */
  column(node: A.NameNode): Compiled<C>;
  /** Functions beyond those over values; undefined for a name that is none. Throws LinqError for one that is not allowed here. */
  special(node: A.Call): Compiled<C> | undefined;
}

/** Throws LinqError for whatever does not fit. */
export function compileExpression<C>(node: A.Expression, scope: Scope<C>): Compiled<C> {
  switch (node.kind) {
    case 'literal':
      return { type: node.type, evaluate: () => node.value, changing: false };
    case 'name':
      return scope.column(node);
    case 'call':
      return scope.special(node) ?? compileCall(node, scope);
    case 'arithmetic':
      return compileArithmetic(node, scope);
    case 'comparison':
      return compileComparison(node, scope);
    case 'in':
      return compileMembership(node, scope);
    case 'and':
    case 'or':
      return compileLogic(node, scope);
    case 'not': {
      const { evaluate, changing } = compileCondition(node.operand, scope);
      return { type: 'bool', evaluate: (context) => evaluate(context) !== true, changing };
    }
    case 'negation':
      return compileNegation(node, scope);
  }
}

/** An expression that has to be a bool; null counts as false. */
export function compileCondition<C>(node: A.Expression, scope: Scope<C>): Compiled<C> {
  const compiled = compileExpression(node, scope);
  if (compiled.type !== 'bool' && compiled.type !== 'null') throw expected(scope, 'bool', compiled.type, node.at);
  return compiled;
}

export function expected(scope: Pick<Scope<never>, 'query'>, type: string, found: ValueType, at: number): LinqError {
  return new LinqError('LINQ_TYPE', `expected ${type}, found ${found}`, scope.query, at);
}

/** Throws LinqError for another number of arguments. */
export function checkArity(node: A.Call, min: number, max: number, query: string): void {
  const count = node.args.length;
  if (count >= min && count <= max) return;
  const takes = min === max ? `${min}` : `${min} to ${max}`;
  throw new LinqError('LINQ_ARITY', `'${node.name}' takes ${takes} argument(s), found ${count}`, query, node.at);
}

function compileCall<C>(node: A.Call, scope: Scope<C>): Compiled<C> {
  const { name, args, at } = node;
  if (NOT_IN_TASKS.has(name)) {
    throw new LinqError('LINQ_FUNCTION_NOT_ALLOWED', `function '${name}' is not allowed in a task query`, scope.query, at);
  }
  const rule = functionNamed(name);
  if (rule === undefined) throw new LinqError('LINQ_UNKNOWN_FUNCTION', `unknown function '${name}'`, scope.query, at);
  checkArity(node, rule.min, rule.max, scope.query);
  const compiled = args.map((arg) => compileExpression(arg, scope));
  const types = compiled.map(({ type }) => type);
  const resolved = rule.resolve(types);
  if ('argument' in resolved) throw expected(scope, resolved.expected, types[resolved.argument]!, args[resolved.argument]!.at);
  if (name === 'matches') checkPattern(args[1]!, scope.query);
  const { compute, type } = resolved;
  const changing = compiled.some((each) => each.changing);
  const [first, second] = compiled.map(({ evaluate }) => evaluate);
  if (compiled.length === 1) return { type, evaluate: (context) => compute([first!(context)]), changing };
  if (compiled.length === 2) return { type, evaluate: (context) => compute([first!(context), second!(context)]), changing };
  return { type, evaluate: (context) => compute(compiled.map(({ evaluate }) => evaluate(context))), changing };
}

function checkPattern(node: A.Expression, query: string): void {
  if (node.kind !== 'literal' || typeof node.value !== 'string' || patternOf(node.value) !== null) return;
  throw new LinqError('LINQ_RANGE', 'pattern is no RE2 expression', query, node.at);
}

function compileArithmetic<C>({ first, rest }: A.Arithmetic, scope: Scope<C>): Compiled<C> {
  const start = compileExpression(first, scope);
  let { type, changing } = start;
  const steps = rest.map(({ operator, at, operand }) => {
    const compiled = compileExpression(operand, scope);
    const operation = operationOf(operator, type, compiled.type);
    if (operation === undefined) {
      throw new LinqError('LINQ_TYPE', `cannot apply '${operator}' to ${type} and ${compiled.type}`, scope.query, at);
    }
    type = operation.type;
    changing ||= compiled.changing;
    return { compute: operation.compute, evaluate: compiled.evaluate };
  });
  return {
    type,
    changing,
    evaluate(context) {
      let value = start.evaluate(context);
      for (const step of steps) value = step.compute(value, step.evaluate(context));
      return value;
    },
  };
}

function compileComparison<C>(node: A.Comparison, scope: Scope<C>): Compiled<C> {
  const left = compileExpression(node.left, scope);
  const right = compileExpression(node.right, scope);
  const compare = comparisonOf(node.operator, left.type, right.type);
  if (compare === undefined) throw notComparable(scope, left.type, right.type, node.operatorAt);
  return {
    type: 'bool',
    evaluate: (context) => compare(left.evaluate(context), right.evaluate(context)),
    changing: left.changing || right.changing,
  };
}

function notComparable(scope: Pick<Scope<never>, 'query'>, a: ValueType, b: ValueType, at: number): LinqError {
  return new LinqError('LINQ_TYPE', `cannot compare ${a} with ${b}`, scope.query, at);
}

function compileMembership<C>({ left, options, negated, operatorAt }: A.Membership, scope: Scope<C>): Compiled<C> {
  const value = compileExpression(left, scope);
  const compiled = options.map((option) => {
    const each = compileExpression(option, scope);
    if (comparisonOf('=', value.type, each.type) === undefined) throw notComparable(scope, value.type, each.type, operatorAt);
    return each;
  });
  return {
    type: 'bool',
    changing: value.changing || compiled.some(({ changing }) => changing),
    evaluate(context) {
      const found = value.evaluate(context);
      // Comparing with null is false either way.
      if (found === null) return false;
      return compiled.some(({ evaluate }) => equals(found, evaluate(context))) !== negated;
    },
  };
}

function compileLogic<C>({ kind, operands }: A.Logic, scope: Scope<C>): Compiled<C> {
  const compiled = operands.map((operand) => compileCondition(operand, scope));
  const decisive = kind === 'or';
  return {
    type: 'bool',
    changing: compiled.some(({ changing }) => changing),
    evaluate(context) {
      for (const { evaluate } of compiled) if ((evaluate(context) === true) === decisive) return decisive;
      return !decisive;
    },
  };
}

function compileNegation<C>({ operand, at }: A.Negation, scope: Scope<C>): Compiled<C> {
  const { type, evaluate, changing } = compileExpression(operand, scope);
  const negation = negationOf(type);
  if (negation === undefined) throw new LinqError('LINQ_TYPE', `cannot apply '-' to ${type}`, scope.query, at);
  return { type: negation.type, evaluate: (context) => negation.compute(evaluate(context)), changing };
}
