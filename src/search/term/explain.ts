/** What `/v1/search/explain` shows of a term (spec 04 §15). */
import type { DocumentBody } from '../../../projections/types.js';
import { isLogic, type LeafNode, type TermNode } from './ast.js';
import { jsonNumber } from './numbers.js';
import { parseTerm } from './parse.js';
import type { TagLookup } from './tags.js';
import { boundsJson, translateTerm, type Query } from './translate.js';

export interface Explanation {
  readonly ast: DocumentBody | null;
  readonly query: Query | null;
}

/** Nothing is looked up: a tag stands for what would be found. */
const showTag: TagLookup = ({ name, tag }) => ({ terms: { sha256: [`<${name}:${tag}>`] } });

function leafJson(node: LeafNode): DocumentBody {
  const { type, start, end } = node;
  if (node.type === 'range') return { type, start, end, key: node.key, op: node.op, value: boundsJson(node.value) };
  const value = node.value === undefined || typeof node.value === 'string' ? node.value : jsonNumber(node.value);
  const keyed = node.type === 'tag' ? { key: node.key, op: node.op } : {};
  return { type, start, end, ...keyed, value, quotes: node.quotes };
}

/** A node in the form that callers see. */
export function nodeJson(node: TermNode): DocumentBody {
  if (!isLogic(node)) return leafJson(node);
  const { type, start, end, children } = node;
  return { type, start, end, children: children.map(nodeJson) };
}

/** Nodes and query of a term, both null when it is blank, for `documentJson`. Throws TermError. */
export function explainTerm(text: string): Explanation {
  const term = parseTerm(text);
  if (term === undefined) return { ast: null, query: null };
  return { ast: nodeJson(term.root), query: translateTerm(term, showTag) };
}
