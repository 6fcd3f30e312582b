/** What stands at the caret of a term that is being typed (spec 05 §4.1, 04 §6.5). */
import { isLogic, type LeafNode, type RangeBounds, type TermNode } from './ast.js';
import { TermError } from './errors.js';
import { numberText } from './numbers.js';
import { parseTerm } from './parse.js';

export type PrefixType = 'case-sensitive' | 'case-insensitive' | 'numeric' | 'range' | 'empty';

interface Prefix {
  readonly prefix: string;
  readonly prefix_type: PrefixType;
}

export type Completion =
  | { readonly type: 'Initial' }
  | { readonly type: 'None' }
  | { readonly type: 'Error'; readonly column: number; readonly message: string }
  | ({ readonly type: 'FieldName'; readonly has_value: boolean } & Prefix)
  | ({ readonly type: 'FieldValue'; readonly key: string | null } & Prefix);

const NO_VALUE: Prefix = { prefix: '(search for if specified field exists - add a value to search for a value)', prefix_type: 'empty' };

function errorMessage({ kind, column, reason }: TermError): string {
  if (kind === 'escape') return reason;
  return kind === 'token' ? `Unexpected token at col ${column}` : `Unexpected character at col ${column} (are quotes/brackets closed?)`;
}

function leafAt(node: TermNode, offset: number): LeafNode | undefined {
  if (!isLogic(node)) return node.start <= offset && offset < node.end ? node : undefined;
  for (const child of node.children) {
    const leaf = leafAt(child, offset);
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}

function boundText(inclusive: bigint | undefined, exclusive: bigint | undefined): string {
  return inclusive === undefined ? `${exclusive!.toString()} (exclusive)` : `${inclusive.toString()} (inclusive)`;
}

function rangeText({ gte, gt, lte, lt }: RangeBounds): string {
  return `${boundText(gte, gt)} to ${boundText(lte, lt)}`;
}

function valuePrefix(node: LeafNode): Prefix {
  if (node.type === 'range') return { prefix: rangeText(node.value), prefix_type: 'range' };
  if (node.value === undefined) return NO_VALUE;
  if (typeof node.value !== 'string') return { prefix: numberText(node.value), prefix_type: 'numeric' };
  return { prefix: node.value, prefix_type: node.quotes === 'double' ? 'case-sensitive' : 'case-insensitive' };
}

function completionOf(node: LeafNode, offset: number): Completion {
  if (node.type === 'raw' || node.key === undefined) return { type: 'FieldValue', key: null, ...valuePrefix(node) };
  if (offset >= node.keyEnd!) return { type: 'FieldValue', key: node.key, ...valuePrefix(node) };
  return { type: 'FieldName', prefix: node.key, prefix_type: 'case-insensitive', has_value: node.value !== undefined };
}

/** What the caret is in, or what is wrong with the term; `offset` in code points. Never throws TermError. */
export function autocomplete(text: string, offset: number): Completion {
  try {
    const term = parseTerm(text);
    if (term === undefined) return { type: 'Initial' };
    const leaf = leafAt(term.root, offset);
    return leaf === undefined ? { type: 'None' } : completionOf(leaf, offset);
  } catch (error) {
    if (!(error instanceof TermError)) throw error;
    return { type: 'Error', column: error.column, message: errorMessage(error) };
  }
}
