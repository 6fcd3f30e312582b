/** Names and ages of what the result cache keeps (spec 05 §14): each is made here and nowhere else. */
import { md5 } from '../../../projections/digest.js';
import { pythonJson } from '../../../projections/python-json.js';
import type { Query } from '../../access/query.js';

/** What is counted. */
export type CountCategory =
  'feature.values' | 'feature.entities' | 'feature_value.entities' | 'feature_derived.entities' | 'source.source_entities';

/** Whose counts of which category, and among which documents. */
export interface CountGroup {
  readonly category: CountCategory;
  /** `user_security`: a digest of all that decides what is read. */
  readonly security: string;
  /** `filtersDigest` of the filters beside the caller's. */
  readonly uniq: string;
}

/** MD5 of the filters as Python writes them; `d751713988987e9331980363e24189ce` for none. */
export function filtersDigest(filters: readonly Query[]): string {
  return md5(pythonJson(JSON.stringify(filters)));
}

export function countKey({ category, security, uniq }: CountGroup, id: string): string {
  return `mf:cnt:${category}:${security}:${uniq}:${id}`;
}

export interface DocumentName {
  readonly category: 'similar';
  readonly version: string;
  readonly unique: string;
}

export function documentKey({ category, version, unique }: DocumentName, security: string): string {
  return `mf:gen:${category}:${version}:${security}:${unique}`;
}

const MINUTE = 60;
const DAY = 86_400;

/** How long a count is good for, in seconds: the larger it is, the less a few more matter. */
export function countTtlSeconds(count: number): number {
  if (count >= 10_000) return 7 * DAY;
  return count >= 100 ? DAY : 5 * MINUTE;
}
