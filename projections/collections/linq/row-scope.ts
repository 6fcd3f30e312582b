/** What stands before `group`, and all of a query without one: expressions over the rows of the event table. */
import type { BinaryEvent } from '../../../schemas/events.js';
import type { EventRow, EventTable, LinqValue } from '../types.js';
import { isAggregate } from './aggregates.js';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import { checkArity, compileExpression, expected, type Compiled, type Scope } from './expressions.js';

export class RowScope implements Scope<EventRow> {
  private readonly columns = new Map<string, Compiled<EventRow>>();
  /** Names that no longer mean the table's column. */
  private readonly made = new Set<string>();
  private readonly read = new Set<string>();

  constructor(
    readonly query: string,
    private readonly table: EventTable,
  ) {
    for (const { name, type, read } of table.columns) this.columns.set(name, { type, evaluate: read, changing: false });
  }

  /** Makes a column visible from here on. */
  define(name: string, compiled: Compiled<EventRow>): void {
    this.columns.set(name, compiled);
    this.made.add(name);
  }

  /** Whether the name still means the table's own column. */
  isOwn(name: string): boolean {
    return this.columns.has(name) && !this.made.has(name);
  }

  column({ name, at }: A.NameNode): Compiled<EventRow> {
    const found = this.columns.get(name);
    if (found === undefined) throw new LinqError('LINQ_UNKNOWN_COLUMN', `unknown column '${name}'`, this.query, at);
    if (!this.made.has(name)) this.reads(...this.table.columns.find((column) => column.name === name)!.parts);
    return found;
  }

  /** What of an event is read by everything that was compiled so far (`CompiledQuery.parts`). */
  get parts(): readonly string[] | undefined {
    return this.table.parts && [...new Set([...this.table.parts, ...this.read])];
  }

  private reads(...parts: readonly string[]): void {
    for (const part of parts) this.read.add(part);
  }

  special(node: A.Call): Compiled<EventRow> | undefined {
    if (isAggregate(node.name)) {
      throw new LinqError('LINQ_AGGREGATE', `aggregate '${node.name}' is not allowed here`, this.query, node.at);
    }
    switch (this.table.model === 'binary' ? node.name : '') {
      case 'feature':
        this.reads('entity.features.name', 'entity.features.value');
        return this.texts(node, 1, 1, 'str', ([name], row) => firstFeature(row, name as string));
      case 'has_feature':
        this.reads('entity.features.name', 'entity.features.value');
        return this.texts(node, 1, 2, 'bool', ([name, value], row) => hasFeature(row, name as string, value as string | undefined));
      case 'ref':
        this.reads('source.references');
        return this.texts(node, 1, 1, 'str', ([name], row) => reference(row, name as string));
      default:
        return undefined;
    }
  }

  /** A function of texts and the event; null when one of the texts is. */
  private texts(
    node: A.Call,
    min: number,
    max: number,
    type: 'str' | 'bool',
    compute: (args: readonly LinqValue[], row: EventRow) => LinqValue,
  ): Compiled<EventRow> {
    checkArity(node, min, max, this.query);
    const args = node.args.map((arg) => {
      const compiled = compileExpression(arg, this);
      if (compiled.type !== 'str' && compiled.type !== 'null') throw expected(this, 'str', compiled.type, arg.at);
      return compiled.evaluate;
    });
    return {
      type,
      changing: false,
      evaluate(row) {
        const values = args.map((evaluate) => evaluate(row));
        return values.includes(null) ? null : compute(values, row);
      },
    };
  }
}

const entityOf = (row: EventRow): BinaryEvent['entity'] => (row.event as BinaryEvent).entity;

function firstFeature(row: EventRow, name: string): LinqValue {
  return entityOf(row).features.find((feature) => feature.name === name)?.value ?? null;
}

function hasFeature(row: EventRow, name: string, value: string | undefined): boolean {
  return entityOf(row).features.some((feature) => feature.name === name && (value === undefined || feature.value === value));
}

function reference(row: EventRow, name: string): LinqValue {
  const { references } = (row.event as BinaryEvent).source;
  return references !== undefined && Object.hasOwn(references, name) ? references[name]! : null;
}
