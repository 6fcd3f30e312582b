/** A parsed query (spec 07 §12, grammar). Every node knows where it begins, in UTF-16 units. */
import type { LinqType, LinqValue } from '../types.js';

export interface Literal {
  readonly kind: 'literal';
  readonly at: number;
  readonly type: LinqType | 'null';
  readonly value: LinqValue;
}

export interface NameNode {
  readonly kind: 'name';
  readonly at: number;
  readonly name: string;
}

export interface Call {
  readonly kind: 'call';
  readonly at: number;
  readonly name: string;
  readonly args: readonly Expression[];
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '->' | '<-';

/** `a + b - c`, from left to right; a list, so that its length is no depth. */
export interface Arithmetic {
  readonly kind: 'arithmetic';
  readonly at: number;
  readonly first: Expression;
  readonly rest: readonly { readonly operator: ArithmeticOperator; readonly at: number; readonly operand: Expression }[];
}

export interface Comparison {
  readonly kind: 'comparison';
  readonly at: number;
  readonly operator: ComparisonOperator;
  readonly operatorAt: number;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Membership {
  readonly kind: 'in';
  readonly at: number;
  readonly operatorAt: number;
  readonly negated: boolean;
  readonly left: Expression;
  readonly options: readonly Expression[];
}

export interface Logic {
  readonly kind: 'and' | 'or';
  readonly at: number;
  readonly operands: readonly Expression[];
}

export interface Not {
  readonly kind: 'not';
  readonly at: number;
  readonly operand: Expression;
}

export interface Negation {
  readonly kind: 'negation';
  readonly at: number;
  readonly operand: Expression;
}

export type Expression = Literal | NameNode | Call | Arithmetic | Comparison | Membership | Logic | Not | Negation;

/** An expression with the name of its column. */
export interface Item {
  readonly expression: Expression;
  readonly name: string;
  readonly nameAt: number;
}

export interface Where {
  readonly kind: 'where';
  /** All of them have to hold. */
  readonly conditions: readonly Expression[];
}

export interface Select {
  readonly kind: 'select';
  readonly items: readonly (Item | { readonly kind: '*' })[];
}

/** Milliseconds; undefined for `-`. */
export interface Period {
  readonly at: number;
  readonly ms: number | undefined;
}

export interface Group {
  readonly server: Period | undefined;
  readonly by: readonly Item[];
  readonly client: Period | undefined;
}

export interface Query {
  readonly table: { readonly name: string; readonly at: number };
  readonly before: readonly (Where | Select)[];
  readonly group: Group | undefined;
  readonly after: readonly (Where | Select)[];
  readonly limit: number | undefined;
  /** Where the first pragma begins. */
  readonly pragmaAt: number | undefined;
}
