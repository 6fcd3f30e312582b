/**
 * What no longer counts, and what that means for one document (spec 00 "Removal"). Pure.
 *
 * A retraction names contributions by a token, which finds their documents, and a predicate, which tells them from others with that token.
 */
import { compareContributions } from '../../projections/contribution.js';
import { insertToken, recordKeyToken } from '../../projections/tokens.js';
import type { Contribution } from '../../projections/types.js';

export interface Retraction {
  /** Token to look documents up by. */
  readonly token: string;
  /** Which of the contributions that carry the token go. */
  readonly matches: (contribution: Contribution) => boolean;
}

/** Retractions by token: whether a contribution goes costs one look-up for each of its tokens, however many retractions there are. */
export class RetractionIndex {
  private readonly byToken = new Map<string, Retraction[]>();

  constructor(retractions: readonly Retraction[]) {
    for (const retraction of retractions) {
      const list = this.byToken.get(retraction.token);
      if (list) list.push(retraction);
      else this.byToken.set(retraction.token, [retraction]);
    }
  }

  /** Each once. */
  get tokens(): string[] {
    return [...this.byToken.keys()];
  }

  goes(contribution: Contribution): boolean {
    for (const token of contribution.tokens) {
      if (this.byToken.get(token)?.some(({ matches }) => matches(contribution))) return true;
    }
    return false;
  }
}

/** What a document's `fold` says. */
export interface StoredFold {
  readonly contributions: readonly Contribution[];
  /** There were more contributions than are kept. */
  readonly truncated: boolean;
  /** The body shown is not the winner's. */
  readonly owed: boolean;
}

export type Decision =
  /** All contributions stay. */
  | { readonly kind: 'keep' }
  /** The winner stays, and its body with it. */
  | { readonly kind: 'losers'; readonly rest: readonly Contribution[] }
  /** The greatest of the rest has to be read again and shown. */
  | { readonly kind: 'winner'; readonly rest: readonly Contribution[] }
  /** Nothing is left. */
  | { readonly kind: 'last' };

const KEEP: Decision = { kind: 'keep' };

/** What becomes of a document; the rest is in its order, the greatest first. */
export function decide({ contributions, owed }: StoredFold, index: RetractionIndex): Decision {
  const rest = contributions.filter((contribution) => !index.goes(contribution));
  if (rest.length === contributions.length) return KEEP;
  return decideRest(contributions, rest, owed);
}

/** What becomes of a document that may owe its body and from which nothing is retracted. */
export function decideOwed({ contributions, owed }: StoredFold): Decision {
  return owed ? decideRest(contributions, contributions, owed) : KEEP;
}

function decideRest(contributions: readonly Contribution[], rest: readonly Contribution[], owed: boolean): Decision {
  if (rest.length === 0) return { kind: 'last' };
  const sorted = [...rest].sort((a, b) => compareContributions(b, a));
  const shown = owed ? undefined : greatest(contributions);
  return { kind: sorted[0] === shown ? 'losers' : 'winner', rest: sorted };
}

function greatest(contributions: readonly Contribution[]): Contribution {
  return contributions.reduce((best, one) => (compareContributions(one, best) > 0 ? one : best));
}

export interface RecordRetraction {
  readonly topic: string;
  readonly partition: number;
  readonly recordKey: string;
  /** Contributions of this offset go as well: what an earlier delivery of the record made of it. */
  readonly offset: number;
  /** What the record makes now, when it makes something; by default nothing. */
  readonly keeps?: (contribution: Contribution) => boolean;
}

/**
 * Of a record that contributes nothing or not all that earlier records of its key did: tombstone, undecodable, refused, expired, deleted.
 * It replaces them as compaction would.
 */
export function retractRecord({ topic, partition, recordKey, offset, keeps = () => false }: RecordRetraction): Retraction {
  return {
    token: recordKeyToken(recordKey),
    matches: (contribution) =>
      contribution.offset <= offset &&
      contribution.recordKey === recordKey &&
      contribution.partition === partition &&
      contribution.topic === topic &&
      !keeps(contribution),
  };
}

/** Of a delete: what matches among the contributions with any of these tokens. */
export function retractTokens(tokens: readonly string[], matches: (contribution: Contribution) => boolean = () => true): Retraction[] {
  return tokens.map((token) => ({ token, matches }));
}

/** Of an insert that a record at `before` has replaced or removed: all that was derived by earlier ones of its key. */
export function retractInsert(insertKey: string, before: number): Retraction {
  return {
    token: insertToken(insertKey),
    matches: ({ insertKeys, insertOffsets }) => insertKeys.some((key, at) => key === insertKey && insertOffsets[at]! < before),
  };
}
