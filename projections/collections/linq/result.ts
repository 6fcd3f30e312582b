/** The columns of a query's result, as its selects add up (spec 07 §12, "Result columns"). */
import type { Column, LinqType } from '../types.js';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import type { Compiled } from './expressions.js';

export interface ResultColumn<C> extends Column {
  readonly compiled: Compiled<C>;
}

export class ResultColumns<C> {
  private readonly list: ResultColumn<C>[] = [];
  private readonly named = new Set<string>();
  /** There without having been asked for: asking for one of them once is no repetition. */
  private readonly implied = new Set<string>();

  constructor(private readonly query: string) {}

  get columns(): readonly ResultColumn<C>[] {
    return this.list;
  }

  has(name: string): boolean {
    return this.named.has(name);
  }

  /** Adds a column that the query need not name. */
  imply(name: string, compiled: Compiled<C>, first = false): void {
    if (this.named.has(name)) return;
    this.named.add(name);
    this.implied.add(name);
    const column = { name, type: compiled.type as LinqType, compiled };
    if (first) this.list.unshift(column);
    else this.list.push(column);
  }

  /** Adds what a select names. Throws LinqError for a name that is there already and for what has no type. */
  add({ name, nameAt, expression }: A.Item, compiled: Compiled<C>): void {
    if (compiled.type === 'null') throw new LinqError('LINQ_TYPE', 'expected a value, found null', this.query, expression.at);
    if (name === 'eventdate' && compiled.type !== 'timestamp') {
      throw new LinqError('LINQ_TYPE', `expected timestamp, found ${compiled.type}`, this.query, expression.at);
    }
    if (this.implied.delete(name)) {
      if (expression.kind === 'name' && expression.name === name) return;
      this.list[this.list.findIndex((column) => column.name === name)] = { name, type: compiled.type, compiled };
      return;
    }
    if (this.named.has(name)) throw this.repeated(name, nameAt);
    this.named.add(name);
    this.list.push({ name, type: compiled.type, compiled });
  }

  repeated(name: string, at: number): LinqError {
    return new LinqError('LINQ_DUPLICATE_COLUMN', `duplicate column '${name}'`, this.query, at);
  }
}
