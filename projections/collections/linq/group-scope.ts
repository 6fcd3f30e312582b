/** What stands after `group`: expressions over a group's columns and aggregates. */
import type { Aggregate, Column, GroupFacts } from '../types.js';
import { aggregateType, isAggregate } from './aggregates.js';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import { checkArity, compileExpression, expected, type Compiled, type Scope } from './expressions.js';
import type { RowScope } from './row-scope.js';

export class GroupScope implements Scope<GroupFacts> {
  readonly query: string;
  /** Those that the expressions compiled so far ask for; equal ones once. */
  readonly aggregates: Aggregate[] = [];
  private readonly places = new Map<string, number>();
  private readonly columns = new Map<string, Compiled<GroupFacts>>();

  constructor(
    private readonly rows: RowScope,
    by: readonly Column[],
  ) {
    this.query = rows.query;
    this.columns.set('eventdate', { type: 'timestamp', evaluate: ({ eventdate }) => eventdate, changing: true });
    for (const [index, { name, type }] of by.entries()) {
      this.columns.set(name, { type, evaluate: (facts) => facts.by[index]!, changing: false });
    }
  }

  define(name: string, compiled: Compiled<GroupFacts>): void {
    this.columns.set(name, compiled);
  }

  column(node: A.NameNode): Compiled<GroupFacts> {
    const found = this.columns.get(node.name);
    if (found !== undefined) return found;
    // A name that means nothing at all is told as such.
    this.rows.column(node);
    throw this.notGrouped(node.name, node.at);
  }

  special(node: A.Call): Compiled<GroupFacts> | undefined {
    const { name, at } = node;
    if (name === 'feature' || name === 'has_feature' || name === 'ref') throw this.notGrouped(name, at);
    if (!isAggregate(name)) return undefined;
    checkArity(node, name === 'count' ? 0 : 1, 1, this.query);
    const [argument] = node.args;
    const compiled = argument && compileExpression(argument, this.rows);
    const type = aggregateType(name, compiled?.type);
    if (typeof type === 'object') throw expected(this, type.expected, compiled!.type, argument!.at);
    const place = this.placeOf(node, () => ({
      name,
      argument: compiled?.evaluate,
      argumentType: compiled === undefined || compiled.type === 'null' ? undefined : compiled.type,
      type,
    }));
    return { type, evaluate: (facts) => facts.aggregates[place]!, changing: true };
  }

  private placeOf(node: A.Call, make: () => Aggregate): number {
    const text = JSON.stringify(node, (key, value: unknown) =>
      key === 'at' || key === 'operatorAt' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    );
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.aggregates.push(make()) - 1;
      this.places.set(text, place);
    }
    return place;
  }

  private notGrouped(name: string, at: number): LinqError {
    return new LinqError('LINQ_NOT_GROUPED', `column is not grouped: '${name}'`, this.query, at);
  }
}
