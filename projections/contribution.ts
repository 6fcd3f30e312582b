/**
 * Contributions of a document: which of two stands, which wins, and how lists of them merge (spec 00 "Contributions").
 *
 * Two rules, applied in this order: within one identity (topic, partition, record key, event key, insert keys) the later
 * offsets replace the earlier ones, as compaction would; between identities the greatest by `compareContributions` wins.
 * The offset never takes part in the second rule, because it differs after a re-publication.
 */
import { compareCodePoints } from './code-points.js';
import type { Claim, Contribution } from './types.js';

/** What a document knows about its contributions: the greatest first, and whether some were left out for want of room. */
export interface ContributionSet {
  readonly contributions: readonly Contribution[];
  readonly truncated: boolean;
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareStrings(a: string, b: string): number {
  return a === b ? 0 : compareCodePoints(a, b);
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (x: T, y: T) => number): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const order = compare(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/**
 * Total order between identities: the greatest is the document's winner. Event time and key, then what tells apart one key
 * that came from two records: the record's own time and key, insert keys (element by element, then length), topic, partition.
 */
export function compareContributions(a: Claim, b: Claim): number {
  return (
    compareBigints(a.timestamp, b.timestamp) ||
    compareStrings(a.eventKey, b.eventKey) ||
    compareBigints(a.recordTimestamp, b.recordTimestamp) ||
    compareStrings(a.recordKey, b.recordKey) ||
    compareLists(a.insertKeys, b.insertKeys, compareStrings) ||
    compareStrings(a.topic, b.topic) ||
    a.partition - b.partition
  );
}

/** Whether two contributions are versions of one claim, so that only the later of them may stand. */
export function sameIdentity(a: Claim, b: Claim): boolean {
  return (
    a.recordKey === b.recordKey &&
    a.eventKey === b.eventKey &&
    a.partition === b.partition &&
    a.topic === b.topic &&
    compareLists(a.insertKeys, b.insertKeys, compareStrings) === 0
  );
}

/** The identity as one string, equal exactly when `sameIdentity` holds; for maps, not for storage. */
export function identityKey(c: Claim): string {
  return JSON.stringify([c.topic, c.partition, c.recordKey, c.eventKey, ...c.insertKeys]);
}

/** Order of two versions of one identity: by (record offset, insert offsets). */
export function compareVersions(a: Claim, b: Claim): number {
  return a.offset - b.offset || compareLists(a.insertOffsets, b.insertOffsets, (x, y) => x - y);
}

/** The version that stands. Both must be of one identity; equal versions come from one record and are equal. */
export function newerOfIdentity<C extends Claim>(a: C, b: C): C {
  return compareVersions(a, b) >= 0 ? a : b;
}

/** The set of a document that one event alone asks for. */
export function singleContribution(contribution: Contribution): ContributionSet {
  return { contributions: [contribution], truncated: false };
}

/**
 * Merges what is known of one document, whatever the order and however often: commutative, associative, idempotent.
 * At most `max` contributions are kept, the greatest ones; `truncated` says that others existed. (Past the bound, the three
 * laws hold as long as no later version of an identity ranks below its earlier one: a dropped version leaves no trace.)
 */
export function mergeContributions(max: number, ...sets: readonly ContributionSet[]): ContributionSet {
  const standing = new Map<string, Contribution>();
  let truncated = false;
  for (const set of sets) {
    truncated ||= set.truncated;
    for (const contribution of set.contributions) {
      const identity = identityKey(contribution);
      const known = standing.get(identity);
      standing.set(identity, known === undefined ? contribution : newerOfIdentity(known, contribution));
    }
  }
  const contributions = [...standing.values()].sort((a, b) => compareContributions(b, a));
  if (contributions.length > max) {
    contributions.length = max;
    truncated = true;
  }
  return { contributions, truncated };
}
