/** Queries as the legend of spec 05 §3 names them. */
import { parseTerm } from '../../../../src/search/term/parse.js';
import { TermError } from '../../../../src/search/term/errors.js';
import { translateTerm, type Query } from '../../../../src/search/term/translate.js';
import type { TagLookup } from '../../../../src/search/term/tags.js';

type Value = string | number | bigint;

export const T = (key: string, value: string): Query => ({ term: { [key]: { value, case_insensitive: true } } });
export const Tc = (key: string, value: string): Query => ({ term: { [key]: { value, case_insensitive: false } } });
export const P = (key: string, value: string): Query => ({ prefix: { [key]: { value, case_insensitive: true } } });
export const Pc = (key: string, value: string): Query => ({ prefix: { [key]: { value, case_insensitive: false } } });
export const N = (key: string, value: Value): Query => ({ term: { [key]: value } });
export const R = (key: string, bounds: Readonly<Record<string, Value>>): Query => ({ range: { [key]: bounds } });
export const X = (field: string): Query => ({ exists: { field } });
export const AND = (...filter: Query[]): Query => ({ bool: { filter } });
export const OR = (...should: Query[]): Query => ({ bool: { should, minimum_should_match: 1 } });
export const DOC = (...must: Query[]): Query => ({ bool: { must } });
export const NOT = (child: Query, ...filter: Query[]): Query => ({ bool: { filter, must_not: [child] } });
export const M = (query: Query): Query => ({ has_child: { type: 'metadata', query } });

const prefix = (field: string, text: string): Query => ({ prefix: { [field]: text } });

/** A term without a key; `front` are the clauses that its length adds. */
export function RAW(text: string, ...front: Query[]): Query {
  const fields = ['ssdeep.hash', 'file_format', 'magic'];
  if (text.includes('/')) fields.push('mime');
  return OR(...front, ...fields.map((field) => prefix(field, text)));
}

/** As `RAW` for a digest of that field. */
export function DIGEST(field: string, text: string): Query {
  const value = text.toLowerCase();
  const exact = field === 'sha256' ? [{ term: { sha256: { value, boost: 20 } } }] : [];
  return RAW(text, prefix(field, value), ...exact);
}

const noTags: TagLookup = ({ name, tag }) => {
  throw new Error(`unexpected look-up of ${name}:${tag}`);
};

/** The translation of a term, undefined for a blank one. */
export function queryOf(text: string, tags: TagLookup = noTags): Query | undefined {
  const term = parseTerm(text);
  return term === undefined ? undefined : translateTerm(term, tags);
}

/** What a term fails with. */
export function errorOf(text: string): TermError {
  try {
    queryOf(text);
  } catch (error) {
    if (error instanceof TermError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was taken`);
}

/** Kind and column of what a term fails with. */
export function faultOf(text: string): string {
  const { kind, column } = errorOf(text);
  return `${kind} ${column}`;
}
