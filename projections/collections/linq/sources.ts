/** The sources that a query can have rows of, as far as its text says so (spec 07 §2): their topics are the only ones that are read. */
import type * as A from './ast.js';
import type { RowScope } from './row-scope.js';

/**
 * Of every `source = "x"` that has to hold. Undefined: any; empty: two different ones have to hold at once. A query's own column `source` is another one,
 * so only clauses before it count.
 */
export function namedSources(before: readonly (A.Where | A.Select)[], rows: Pick<RowScope, 'isOwn'>): readonly string[] | undefined {
  if (!rows.isOwn('source')) return undefined;
  let found: readonly string[] | undefined;
  for (const clause of before) {
    if (clause.kind === 'select') {
      if (clause.items.some((item) => 'name' in item && item.name === 'source' && item.expression.kind !== 'name')) break;
      continue;
    }
    for (const name of clause.conditions.flatMap(conjuncts).flatMap(namedSource)) {
      found = found === undefined || found.includes(name) ? [name] : [];
    }
  }
  return found;
}

function conjuncts(node: A.Expression): readonly A.Expression[] {
  return node.kind === 'and' ? node.operands.flatMap(conjuncts) : [node];
}

function namedSource(node: A.Expression): readonly string[] {
  if (node.kind !== 'comparison' || node.operator !== '=') return [];
  const { left, right } = node;
  const [column, text] = left.kind === 'name' ? [left, right] : [right, left];
  if (column.kind !== 'name' || column.name !== 'source' || text.kind !== 'literal' || typeof text.value !== 'string') return [];
  return [text.value];
}
