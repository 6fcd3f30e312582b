/** What is wrong with a query, and where (spec 07 §12). */

export type LinqErrorCode =
  | 'LINQ_SYNTAX'
  | 'LINQ_LEX'
  | 'LINQ_UNKNOWN_TABLE'
  | 'LINQ_UNKNOWN_COLUMN'
  | 'LINQ_UNKNOWN_FUNCTION'
  | 'LINQ_FUNCTION_NOT_ALLOWED'
  | 'LINQ_TYPE'
  | 'LINQ_ARITY'
  | 'LINQ_AGGREGATE'
  | 'LINQ_NOT_GROUPED'
  | 'LINQ_PERIOD'
  | 'LINQ_ALIAS'
  | 'LINQ_DUPLICATE_COLUMN'
  | 'LINQ_RANGE';

/** A query that can't be used. `line` and `column` count from 1, the column in UTF-16 units; a tab is one. */
export class LinqError extends Error {
  override readonly name = 'LinqError';
  readonly line: number;
  readonly column: number;

  constructor(
    readonly code: LinqErrorCode,
    readonly text: string,
    query: string,
    /** In UTF-16 units. */
    offset: number,
  ) {
    const { line, column } = placeOf(query, offset);
    super(`${code}: ${text} at line ${line}, column ${column}`);
    this.line = line;
    this.column = column;
  }
}

function placeOf(query: string, offset: number): { readonly line: number; readonly column: number } {
  const before = query.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
