/** A parsed query to what runs per event (spec 07 §12, §7). */
import type { Column, CompiledQuery, EventRow, EventTable, GroupedQuery, GroupFacts, LinqType, LinqValue, PlainQuery } from '../types.js';
import type * as A from './ast.js';
import { LinqError } from './errors.js';
import { compileCondition, compileExpression, type Compiled, type Scope } from './expressions.js';
import { GroupScope } from './group-scope.js';
import { parseQuery } from './parser.js';
import { ResultColumns } from './result.js';
import { RowScope } from './row-scope.js';
import { namedSources } from './sources.js';

const MAX_LENGTH = 16_384;
const MIN_PERIOD_MS = 1_000;

type Condition<C> = Compiled<C>['evaluate'];

/**
 * Compiles a query over the tables that `tableNamed` knows. Throws LinqError for the first thing that is wrong with it. `wanted`: names of the
 * result columns whose values matter to the caller, all by default; those which the query does not name are null when they do not; `eventdate` always matters.
 */
export function compileQuery(
  text: string,
  tableNamed: (name: string) => EventTable | undefined,
  wanted?: ReadonlySet<string>,
): CompiledQuery {
  if (text.length > MAX_LENGTH) throw new LinqError('LINQ_RANGE', `query is longer than ${MAX_LENGTH} characters`, text, MAX_LENGTH);
  const query = parseQuery(text);
  const table = tableNamed(query.table.name);
  if (table === undefined) throw new LinqError('LINQ_UNKNOWN_TABLE', `unknown table '${query.table.name}'`, text, query.table.at);
  const rows = new RowScope(text, table);
  const sources = namedSources(query.before, rows);
  const plain = query.group === undefined;
  const implied = (column: Column): Compiled<EventRow> =>
    plain && wanted?.has(column.name) === false && column.name !== 'eventdate'
      ? unread(column)
      : rows.column({ kind: 'name', at: 0, name: column.name });
  const before = compileClauses(query.before, rows, new ResultColumns<EventRow>(text), table.columns, implied);
  const { columns, body } =
    query.group === undefined
      ? compilePlain(before, table.columns, implied)
      : compileGrouped(query.group, query.after, before.conditions, rows);
  return {
    text: query.pragmaAt === undefined ? text : text.slice(0, query.pragmaAt).trimEnd(),
    table,
    columns,
    sources,
    parts: rows.parts,
    limit: query.limit,
    body,
  };
}

/** A column whose value nobody asks for. */
function unread({ type }: Column): Compiled<EventRow> {
  return { type, evaluate: () => null, changing: false };
}

interface Clauses<C> {
  readonly conditions: readonly Condition<C>[];
  readonly result: ResultColumns<C>;
  readonly selected: boolean;
}

interface DefiningScope<C> extends Scope<C> {
  define(name: string, compiled: Compiled<C>): void;
}

/** The clauses in their order: what one makes is seen by those behind it. `all`: what `*` stands for, `implied`: how. */
function compileClauses<C>(
  clauses: readonly (A.Where | A.Select)[],
  scope: DefiningScope<C>,
  result: ResultColumns<C>,
  all: readonly Column[],
  implied: (column: Column) => Compiled<C>,
): Clauses<C> {
  const conditions: Condition<C>[] = [];
  let selected = false;
  for (const clause of clauses) {
    if (clause.kind === 'where') {
      for (const node of clause.conditions) conditions.push(compileCondition(node, scope).evaluate);
      continue;
    }
    selected = true;
    // Columns of one select do not see each other.
    const made: (() => void)[] = [];
    for (const item of clause.items) {
      if (!('expression' in item)) {
        for (const column of all) if (!result.has(column.name)) result.imply(column.name, implied(column));
        continue;
      }
      const compiled = compileExpression(item.expression, scope);
      result.add(item, compiled);
      made.push(() => scope.define(item.name, compiled));
    }
    for (const define of made) define();
  }
  return { conditions, result, selected };
}

interface Compilation {
  readonly columns: readonly Column[];
  readonly body: PlainQuery | GroupedQuery;
}

function columnsOf<C>({ columns }: ResultColumns<C>): Column[] {
  return columns.map(({ name, type }) => ({ name, type }));
}

function holds<C>(conditions: readonly Condition<C>[], context: C): boolean {
  for (const condition of conditions) if (condition(context) !== true) return false;
  return true;
}

function valuesOf<C>(evaluations: readonly Condition<C>[], context: C): LinqValue[] {
  const values = new Array<LinqValue>(evaluations.length);
  for (let i = 0; i < evaluations.length; i++) values[i] = evaluations[i]!(context);
  return values;
}

function compilePlain(
  { conditions, result, selected }: Clauses<EventRow>,
  all: readonly Column[],
  implied: (column: Column) => Compiled<EventRow>,
): Compilation {
  if (!selected) for (const column of all) result.imply(column.name, implied(column));
  result.imply('eventdate', { type: 'timestamp', evaluate: ({ eventdate }) => eventdate, changing: false }, true);
  const evaluations = result.columns.map(({ compiled }) => compiled.evaluate);
  return {
    columns: columnsOf(result),
    body: { kind: 'plain', evaluate: (row) => (holds(conditions, row) ? valuesOf(evaluations, row) : undefined) },
  };
}

function compileGrouped(group: A.Group, after: A.Query['after'], conditions: readonly Condition<EventRow>[], rows: RowScope): Compilation {
  const windowMs = windowOf(group, rows.query);
  const named = new ResultColumns<EventRow>(rows.query);
  for (const item of group.by) named.add(item, compileExpression(item.expression, rows));
  const by = columnsOf(named);
  const keys = named.columns.map(({ compiled }) => compiled.evaluate);
  const scope = new GroupScope(rows, by);
  const result = new ResultColumns<GroupFacts>(rows.query);
  const all = [...(named.has('eventdate') ? [] : [{ name: 'eventdate', type: 'timestamp' as LinqType }]), ...by];
  const implied = ({ name }: Column): Compiled<GroupFacts> => scope.column({ kind: 'name', at: 0, name });
  for (const column of all) result.imply(column.name, implied(column));
  const clauses = compileClauses(after, scope, result, all, implied);
  const evaluations = result.columns.map(({ compiled }) => compiled.evaluate);
  const changing = new Set(result.columns.filter(({ compiled }) => compiled.changing).map(({ name }) => name));
  return {
    columns: columnsOf(result),
    body: {
      kind: 'grouped',
      windowMs,
      by,
      aggregates: scope.aggregates,
      filtered: clauses.conditions.length > 0,
      changing,
      groupOf: (row) => (holds(conditions, row) ? valuesOf(keys, row) : undefined),
      evaluate: (facts) => (holds(clauses.conditions, facts) ? valuesOf(evaluations, facts) : undefined),
    },
  };
}

/** Length of the windows: the client's period, else the server's, of which it has to be a multiple (spec 07 §7). */
function windowOf({ server, client }: A.Group, query: string): number | undefined {
  for (const period of [server, client]) {
    if (period?.ms !== undefined && period.ms < MIN_PERIOD_MS) {
      throw new LinqError('LINQ_PERIOD', 'period must be at least 1s', query, period.at);
    }
  }
  if (client === undefined) return server?.ms;
  if (server?.ms !== undefined && client.ms !== undefined && client.ms % server.ms !== 0) {
    throw new LinqError('LINQ_PERIOD', 'client period must be a multiple of the server period', query, client.at);
  }
  return client.ms;
}
