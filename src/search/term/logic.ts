/**
 * From items and the operators between them to nodes (spec 05 §1.5). An operator takes everything to its right, lists without operators included, so the
 * work goes from right to left, one run of equal operators after the other; a child with the operator of its parent is spliced into it.
 */
import { isLogic, type LogicNode, type LogicType, type ParsedTerm, type TermNode } from './ast.js';
import { limitError, type TermError } from './errors.js';

/** A node and where it stands, parentheses included. */
export interface Item {
  readonly node: TermNode;
  readonly start: number;
  readonly end: number;
}

/** Levels of nodes, and of parentheses: a term that OpenSearch takes has far fewer. */
export const MAX_DEPTH = 100;

/** An item without an operator before it is a further operand of the one that came last; before any operator it is one of an AND. */
function effective(operators: readonly (LogicType | undefined)[]): LogicType[] {
  let last: LogicType = 'and';
  return operators.map((operator) => (last = operator ?? last));
}

/** The children of a node of that type. */
function spliced(type: LogicType, nodes: readonly TermNode[]): TermNode[] {
  return nodes.flatMap((node) => (isLogic(node) && node.type === type ? node.children : [node]));
}

/** One node of all items; `operators[i]` stands between item i and the next, `undefined` for a mere blank. */
export function joinItems(items: readonly Item[], operators: readonly (LogicType | undefined)[]): TermNode {
  const types = effective(operators);
  const { node: last, end } = items.at(-1)!;
  let right = last;
  for (let to = types.length; to > 0;) {
    const type = types[to - 1]!;
    let from = to - 1;
    while (from > 0 && types[from - 1] === type) from--;
    const left = items.slice(from, to).map(({ node }) => node);
    right = { type, start: items[from]!.start, end, children: spliced(type, [...left, right]) };
    to = from;
  }
  return right;
}

/** NOT around an item, once for each start. */
export function negateItem(starts: readonly number[], item: Item): Item {
  let { node } = item;
  for (const start of starts.toReversed()) {
    const not: LogicNode = { type: 'not', start, end: item.end, children: [node] };
    node = not;
  }
  return { node, start: starts[0] ?? item.start, end: item.end };
}

/** Refuses more levels than `MAX_DEPTH`, at the first node below them; without recursion. */
export function limitDepth({ text, root }: ParsedTerm): void {
  let level: readonly TermNode[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw tooDeep(text, level[0]!.start);
    level = level.flatMap((node) => (isLogic(node) ? node.children : []));
  }
}

export function tooDeep(text: string, offset: number): TermError {
  return limitError(text, offset, `Nested deeper than ${MAX_DEPTH} levels`);
}
