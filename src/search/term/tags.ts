/** The keys `binary.tag` and `feature.tag`: answered from annotations, which are looked up before the query is made (spec 05 §2.2). */
import type { DocumentBody } from '../../../projections/types.js';
import { leavesOf, type LeafNode, type ParsedTerm, type RangeNode, type TagNode } from './ast.js';
import { missingTagError, TermError, type TermErrorCode, type TermErrorKind } from './errors.js';
import { numberText } from './numbers.js';
import { positionAt } from './position.js';

export const TAG_KEYS = ['binary.tag', 'feature.tag'] as const;
export type TagKeyName = (typeof TAG_KEYS)[number];

/** A tag that has to be looked up. */
export interface TagKey {
  readonly name: TagKeyName;
  readonly tag: string;
  /** Where it stands first. */
  readonly offset: number;
}

/** The query that a tag becomes. */
export type TagLookup = (key: Pick<TagKey, 'name' | 'tag'>) => DocumentBody;

/** Fields of an annotation that `tagQuery` asks for. */
export interface TagSource {
  /** Of a binary tag: the binary's sha256. */
  readonly pivot?: string;
  readonly feature_name?: string;
  readonly feature_value?: string;
}

const MAX_ANNOTATIONS = 10_000;

/** Which of the two keys it is, in any case of letters; undefined for all other keys. */
export function tagKeyName(key: string | undefined): TagKeyName | undefined {
  const lower = key?.toLowerCase();
  return TAG_KEYS.find((name) => name === lower);
}

function refusal({ text }: ParsedTerm, node: LeafNode, kind: TermErrorKind, code: TermErrorCode, reason: string): TermError {
  return new TermError({ kind, code, reason, position: positionAt(text, node.start) });
}

function tagKeyOf(term: ParsedTerm, node: TagNode | RangeNode, name: TagKeyName): TagKey {
  if (node.type === 'range' || node.value === undefined) {
    throw refusal(term, node, 'tag', 'MetastoreSearchQueryTagSearchNotOnStringValue', `${name} needs a value`);
  }
  if (node.op !== ':' && node.op !== ':=') {
    throw refusal(term, node, 'tag', 'MetastoreSearchQueryTagSearchNotWithEquals', `${name} can't be compared with ${node.op}`);
  }
  return { name, tag: tagText(node), offset: node.start };
}

/** The tag that a node with such a key asks for. */
export function tagText({ value = '' }: TagNode): string {
  return typeof value === 'string' ? value : numberText(value);
}

/**
 * The tags that have to be looked up, each once, in the order of the text. Throws TermError of kind range for a range without a key, of kind tag for a
 * tag key without a value or with an operator other than `:` and `:=`.
 */
export function tagKeys(term: ParsedTerm): TagKey[] {
  const keys = new Map<string, TagKey>();
  for (const node of leavesOf(term.root)) {
    if (node.type === 'raw') continue;
    if (node.key === undefined) {
      const code = 'MetastoreSearchQuerySearchForImplicitShouldBeLiteral';
      throw refusal(term, node, 'range', code, 'A range needs a key');
    }
    const name = tagKeyName(node.key);
    if (name === undefined) continue;
    const key = tagKeyOf(term, node, name);
    const id = identity(key);
    if (!keys.has(id)) keys.set(id, key);
  }
  return [...keys.values()];
}

/** Whether matches are to be highlighted: a tag key turns that off for the whole search. Throws as `tagKeys`. */
export function isHighlightable(term: ParsedTerm): boolean {
  return tagKeys(term).length === 0;
}

function identity({ name, tag }: Pick<TagKey, 'name' | 'tag'>): string {
  return `${name}:${tag}`;
}

/** Body of the search on annotations for a tag, without the caller's filter, which it needs as every search does. */
export function tagQuery({ name, tag }: TagKey): DocumentBody {
  const binary = name === 'binary.tag';
  const type = binary ? 'entity_tag' : 'fv_tag';
  return {
    query: { bool: { filter: [{ term: { type } }, { term: { tag } }], must_not: [{ term: { state: 'disabled' } }] } },
    sort: [{ timestamp: { order: 'desc' } }],
    size: MAX_ANNOTATIONS,
    _source: { includes: binary ? ['pivot'] : ['feature_name', 'feature_value'] },
  };
}

/** OpenSearch takes 1,024 clauses in a query. Of more than this number the values of a feature share one. */
const MAX_TERMS = 512;

function featureQueries(found: readonly TagSource[]): DocumentBody[] {
  const pairs = found.map(({ feature_name: name = '', feature_value: value = '' }) => [`features_map.${name}`, value] as const);
  if (pairs.length <= MAX_TERMS) return pairs.map(([field, value]) => ({ term: { [field]: value } }));
  const values = new Map<string, Set<string>>();
  for (const [field, value] of pairs) values.set(field, (values.get(field) ?? new Set()).add(value));
  return [...values].map(([field, all]) => ({ terms: { [field]: [...all] } }));
}

function foundQuery(name: TagKeyName, found: readonly TagSource[]): DocumentBody {
  if (name === 'binary.tag') return { terms: { sha256: found.map(({ pivot }) => pivot ?? '') } };
  return { bool: { should: featureQueries(found), minimum_should_match: 1 } };
}

/**
 * What `translateTerm` needs to know of the tags: `found[i]` are the annotations that were found for `keys[i]`, all of `tagKeys(term)`.
 * Throws TermError of kind tag for the first tag that nothing was found for.
 */
export function tagLookup(term: ParsedTerm, keys: readonly TagKey[], found: readonly (readonly TagSource[])[]): TagLookup {
  const queries = new Map<string, DocumentBody>();
  for (const [index, key] of keys.entries()) {
    const sources = found[index] ?? [];
    if (sources.length === 0) {
      const message = key.name === 'binary.tag' ? 'tag does not exist in opensearch' : 'feature value tag not found';
      throw missingTagError(term.text, key.offset, message);
    }
    queries.set(identity(key), foundQuery(key.name, sources));
  }
  return (key) => queries.get(identity(key))!;
}
