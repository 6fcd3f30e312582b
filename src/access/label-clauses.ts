/** What the labels that a caller excludes (`x`) and includes (`i`) add to its queries (spec 03 §9). All labels here are safe ones. */
import type { EncodedSecurity } from '../../projections/security/encode.js';
import { NO_CLAUSES, type Clauses, type Query } from './query.js';

export type SecFilter = 'AND' | 'OR' | null;

export interface LabelChoice {
  /** Each sorted and unique. */
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  readonly releasabilities: ReadonlySet<string>;
}

/** The clauses by their place: on a plain query; on a query for parent documents, and there in its first `has_child`. */
export interface LabelClauses {
  readonly plain: Clauses;
  readonly parents: Clauses;
  readonly firstChild: Clauses;
}

type Kind = 'inclusive' | 'exclusive' | 'markings';

function anyOf(kind: Kind, labels: readonly string[]): Query {
  return { terms: { [`encoded_security.${kind}`]: labels } };
}

function each(labels: readonly string[]): Query[] {
  return labels.map((label) => ({ term: { 'encoded_security.inclusive': label } }));
}

export function labelClauses({ exclude, include, releasabilities }: LabelChoice): LabelClauses {
  const plainly = exclude.length === 0 ? [] : [anyOf('exclusive', exclude), anyOf('markings', exclude)];
  if (include.length === 0) {
    const clauses = exclude.length === 0 ? NO_CLAUSES : { filter: [], mustNot: [anyOf('inclusive', exclude), ...plainly] };
    return { plain: clauses, parents: clauses, firstChild: NO_CLAUSES };
  }
  const releasable = { filter: each(include), mustNot: each(exclude.filter((label) => releasabilities.has(label))) };
  return {
    plain: { filter: releasable.filter, mustNot: [...plainly, ...releasable.mustNot] },
    parents: { filter: [], mustNot: plainly },
    firstChild: releasable,
  };
}

/** Which way the labels are filtered, for the response: it depends on them alone, not on what is queried. */
export function secFilter({ exclude, include }: LabelChoice): SecFilter {
  if (include.length > 0) return 'AND';
  return exclude.length > 0 ? 'OR' : null;
}

/** What the clauses of a plain query ask of a document. */
export function isChosen({ exclude, include }: LabelChoice, { inclusive, exclusive, markings }: EncodedSecurity): boolean {
  const carried = (label: string): boolean => inclusive.includes(label) || exclusive.includes(label) || markings.includes(label);
  return !exclude.some(carried) && include.every((label) => inclusive.includes(label));
}
