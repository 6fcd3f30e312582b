/** From nodes to an OpenSearch query on metadata documents (spec 05 §2.1, §2.2), before parents, labels and filters come into it. */
import { countCodePoints } from '../../../projections/code-points.js';
import type { DocumentBody } from '../../../projections/types.js';
import { isLogic, type LogicNode, type ParsedTerm, type RangeBounds, type RawNode, type TagNode, type TermNode } from './ast.js';
import { isFoldKey } from './keys.js';
import { jsonNumber, numberText } from './numbers.js';
import { tagKeyName, tagKeys, tagText, type TagLookup } from './tags.js';

/** Query DSL. Numbers beyond 2^53 are bigint: `documentJson` (projections/json.ts) writes it exactly, JSON.stringify refuses it. */
export type Query = DocumentBody;

const NOTHING: Query = { match_none: {} };
const RANGE_OPERATORS = { ':>': 'gt', ':<': 'lt', ':>=': 'gte', ':<=': 'lte' } as const;
/** Fields of digests by the length of their text. */
const DIGESTS: ReadonlyMap<number, string> = new Map([
  [32, 'md5'],
  [40, 'sha1'],
  [64, 'sha256'],
  [128, 'sha512'],
]);
const EXACT_DIGEST_BOOST = 20;

function existsQuery(field: string): Query {
  return isFoldKey(field) ? NOTHING : { exists: { field } };
}

/** Only a `*` at the end is a wildcard. */
function stringQuery(key: string, value: string, caseInsensitive: boolean): Query {
  if (value.endsWith('*')) return { prefix: { [key]: { value: value.slice(0, -1), case_insensitive: caseInsensitive } } };
  return { term: { [key]: { value, case_insensitive: caseInsensitive } } };
}

function valueQuery({ key, op, value, quotes }: TagNode): Query {
  if (value === undefined) return existsQuery(key);
  if (typeof value === 'string') return stringQuery(key, value, quotes !== 'double');
  if (op === ':' || op === ':=') return { term: { [key]: jsonNumber(value) } };
  return { range: { [key]: { [RANGE_OPERATORS[op]]: jsonNumber(value) } } };
}

function tagQuery(node: TagNode, tags: TagLookup): Query {
  if (isFoldKey(node.key)) return NOTHING;
  const name = tagKeyName(node.key);
  return name === undefined ? valueQuery(node) : tags({ name, tag: tagText(node) });
}

/** Bounds as members of a JSON object. */
export function boundsJson(bounds: RangeBounds): DocumentBody {
  return Object.fromEntries(Object.entries(bounds).map(([name, value]) => [name, jsonNumber(value as bigint)]));
}

function rangeQuery(key: string, bounds: RangeBounds): Query {
  return isFoldKey(key) ? NOTHING : { range: { [key]: boundsJson(bounds) } };
}

/** Numbers as Python writes them; a digest of digits alone keeps its zeros. */
function rawText({ value, source }: RawNode): string {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' && DIGESTS.has(source.length) ? source : numberText(value);
}

function digestQueries(text: string): Query[] {
  const field = DIGESTS.get(countCodePoints(text));
  if (field === undefined) return [];
  const value = text.toLowerCase();
  const prefix = { prefix: { [field]: value } };
  return field === 'sha256' ? [prefix, { term: { sha256: { value, boost: EXACT_DIGEST_BOOST } } }] : [prefix];
}

function rawQuery(node: RawNode): Query {
  const text = rawText(node);
  const fields = ['ssdeep.hash', 'file_format', 'magic', ...(text.includes('/') ? ['mime'] : [])];
  return { bool: { should: [...digestQueries(text), ...fields.map((field) => ({ prefix: { [field]: text } }))], minimum_should_match: 1 } };
}

/** NOT asks for documents that have the key, where its child has one of its own. */
function notQuery(child: TermNode, query: Query): Query {
  const key = 'key' in child && tagKeyName(child.key) === undefined ? child.key : undefined;
  return { bool: { filter: key === undefined ? [] : [existsQuery(key)], must_not: [query] } };
}

function logicQuery({ type, children }: LogicNode, tags: TagLookup): Query {
  const queries = children.map((child) => nodeQuery(child, tags));
  switch (type) {
    case 'and':
      return { bool: { filter: queries } };
    case 'docand':
      return { bool: { must: queries } };
    case 'or':
      return { bool: { should: queries, minimum_should_match: 1 } };
    case 'not':
      return notQuery(children[0]!, queries[0]!);
  }
}

function nodeQuery(node: TermNode, tags: TagLookup): Query {
  if (isLogic(node)) return logicQuery(node, tags);
  if (node.type === 'raw') return rawQuery(node);
  if (node.type === 'tag') return tagQuery(node, tags);
  return rangeQuery(node.key!, node.value);
}

/** The query of a term; `tags` as `tagLookup` makes it. Throws TermError of kind range or tag, see `tagKeys`. */
export function translateTerm(term: ParsedTerm, tags: TagLookup): Query {
  tagKeys(term);
  return nodeQuery(term.root, tags);
}
