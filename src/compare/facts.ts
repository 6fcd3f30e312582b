/** Stored documents as the comparison sees them, and as they are spooled. */
import { isExpired } from '../../projections/binary/expiry.js';
import type { SourceSettings } from '../../projections/settings.js';
import type { Claim, Contribution, Position } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import { longClaim, shortClaim, type ShortClaim } from './claim-text.js';
import type { LogTables } from '../tables/log-tables.js';
import type { StoredDocument } from './stored.js';
import type { StoredFacts } from './verdict.js';

export interface TrustDependencies {
  /** Whether the log can't hold a record any more. */
  readonly isGone: (position: Position) => boolean;
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly now: Micros;
  /** As they are now. */
  readonly tables: () => LogTables;
  /** Whether the log has a later record of the contribution's key. */
  readonly hasSuccessor: (claim: Claim) => boolean;
}

/** Whether a stored contribution without a record still counts: nothing has replaced or deleted it, and it has not expired. */
export function createTrust({ isGone, sources, now, tables, hasSuccessor }: TrustDependencies): (contribution: Contribution) => boolean {
  return (contribution) => {
    if (!isGone(contribution) || hasSuccessor(contribution)) return false;
    const { source, sourceTimestamp } = contribution;
    const settings = source === undefined ? undefined : sources.get(source);
    if (settings !== undefined && sourceTimestamp !== undefined && isExpired(settings, sourceTimestamp, now)) return false;
    return tables().deleteOf(contribution) === undefined && tables().derivationHolds(contribution);
  };
}

export function factsOf({ digest, fold }: StoredDocument, trusts: (contribution: Contribution) => boolean): StoredFacts {
  if (fold.kind !== 'contributions') return { digest, fold: { kind: fold.kind } };
  const contributions = fold.contributions.map((claim) => ({ claim, trusted: trusts(claim) }));
  return { digest, fold: { ...fold, contributions } };
}

type ShortFold = 'none' | 'unreadable' | readonly [readonly (readonly [ShortClaim, 0 | 1])[], boolean, boolean, boolean];
export type ShortFacts = readonly [string, ShortFold];

export function shortFacts({ digest, fold }: StoredFacts): ShortFacts {
  if (fold.kind !== 'contributions') return [digest, fold.kind];
  const { contributions, truncated, owed, tokensAgree } = fold;
  return [digest, [contributions.map(({ claim, trusted }) => [shortClaim(claim), trusted ? 1 : 0]), truncated, owed, tokensAgree]];
}

/** Inverse of `shortFacts`. */
export function longFacts([digest, fold]: ShortFacts): StoredFacts {
  if (typeof fold === 'string') return { digest, fold: { kind: fold } };
  const [list, truncated, owed, tokensAgree] = fold;
  const contributions = list.map(([claim, trusted]) => ({ claim: longClaim(claim), trusted: trusted === 1 }));
  return { digest, fold: { kind: 'contributions', contributions, truncated, owed, tokensAgree } };
}
