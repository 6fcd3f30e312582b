/**
 * Looks whether a request body holds a caller's document filter at every place where it has to (spec 03 §10.2). Written apart from
 * what places it, to be used on bodies as they were sent.
 */
import { isDeepStrictEqual } from 'node:util';
import { documentJson } from '../../projections/json.js';
import type { DocumentBody } from '../../projections/types.js';

type Node = Record<string, unknown>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(path: string, problem: string): never {
  throw new Error(`not secured: ${path} ${problem}`);
}

function holds(query: unknown, filter: unknown): boolean {
  if (!isNode(query) || !isNode(query['bool'])) return false;
  return [query['bool']['filter']].flat().some((clause) => isDeepStrictEqual(clause, filter));
}

function checkKnn(knn: Node, filter: unknown, path: string): void {
  const searched = Object.values(knn);
  if (searched.length !== 1) fail(path, 'searches several fields');
  for (const field of searched) if (!isNode(field) || !holds(field['filter'], filter)) fail(path, 'lacks the filter');
}

function checkTop(query: unknown, filter: unknown): void {
  if (isNode(query) && isNode(query['knn'])) checkKnn(query['knn'], filter, 'query.knn');
  else if (!holds(query, filter)) fail('query', 'lacks the filter');
}

const JOINS = new Set(['has_child', 'has_parent']);
const OUTSIDE = ['global', 'children', 'parent', 'significant_terms', 'significant_text'];

function checkAggregations(value: Node, path: string): void {
  for (const [name, aggregation] of Object.entries(value)) {
    const type = OUTSIDE.find((one) => isNode(aggregation) && one in aggregation);
    if (type !== undefined) fail(`${path}.${name}`, `aggregates ${type}`);
  }
}

function checkKey(key: string, value: unknown, filter: unknown, path: string): void {
  if (!isNode(value)) {
    if (key === 'min_doc_count' && value === 0) fail(path, 'lists terms of no found document');
    return;
  }
  if (JOINS.has(key) && ('type' in value || 'parent_type' in value) && !holds(value['query'], filter)) fail(path, 'lacks the filter');
  if (key === 'knn') checkKnn(value, filter, path);
  if (key === 'aggs' || key === 'aggregations') checkAggregations(value, path);
  if (key === 'highlight' && !isNode(value['highlight_query'])) fail(path, 'has no query of its own');
  if (key === 'terms' && Object.values(value).some((wanted) => isNode(wanted) && 'index' in wanted)) fail(path, 'is a lookup');
  if (key === 'more_like_this' && [value['like']].flat().some((item) => isNode(item) && '_id' in item)) fail(path, 'names a document');
}

function walk(value: unknown, filter: unknown, path: string): void {
  if (Array.isArray(value)) value.forEach((item, index) => walk(item, filter, `${path}[${index}]`));
  if (!isNode(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    checkKey(key, inner, filter, `${path}.${key}`);
    walk(inner, filter, `${path}.${key}`);
  }
}

/** Throws an Error that names the first place of the body, an object or its JSON text, where the rule's filter is missing. */
export function assertSecured(rule: { readonly filter: unknown }, body: unknown): void {
  const sent: unknown = JSON.parse(typeof body === 'string' ? body : documentJson(body as DocumentBody));
  if (!isNode(sent)) fail('the body', 'is no object');
  if ('suggest' in sent || 'rescore' in sent) fail('the body', 'looks for more than its query');
  checkTop(sent['query'], rule.filter);
  walk(sent, rule.filter, 'body');
}
