/**
 * What a document should be, from the contributions that the log makes, against what it is. Pure.
 *
 * A contribution of the log is required, or it may be there or not: its event came after the start, was overtaken by one that did, or OpenSearch
 * refuses its document. Of the stored ones, those that the log can't hold any more are taken on trust (spec 00 "Retention").
 */
import { compareContributions, compareVersions, identityKey, newerOfIdentity } from '../../projections/contribution.js';
import type { Claim } from '../../projections/types.js';

export interface LogContribution {
  readonly claim: Claim;
  /** Of the body that its event makes; undefined when it could not be made again. */
  readonly digest: string | undefined;
  readonly required: boolean;
}

export interface StoredContribution {
  readonly claim: Claim;
  /** The log can't hold its record any more, and nothing that is known speaks against it. */
  readonly trusted: boolean;
}

export interface StoredFacts {
  /** Of the document without `fold`. */
  readonly digest: string;
  /** none: azul-metastore wrote it; unreadable: it is nothing that metafold writes. */
  readonly fold:
    | { readonly kind: 'none' | 'unreadable' }
    | {
        readonly kind: 'contributions';
        readonly contributions: readonly StoredContribution[];
        readonly truncated: boolean;
        /** The body shown is not the winner's. */
        readonly owed: boolean;
        /** `tokens` are those of the contributions. */
        readonly tokensAgree: boolean;
      };
}

export type DocumentKind = 'equal' | 'missing' | 'extra' | 'different';

export interface DocumentVerdict {
  readonly kind: DocumentKind;
  /** Whether there should be such a document. */
  readonly stands: boolean;
  /** Whose body should be shown; undefined when none stands, and when only a stored one can tell. */
  readonly winner: LogContribution | undefined;
  /** All contributions that the document should have, but for the trusted ones. */
  readonly rightful: readonly LogContribution[];
  readonly bodyDiffers: boolean;
  /** Paths within `fold`. */
  readonly foldPaths: readonly string[];
  /** Stored contributions that the log does not make. */
  readonly unknown: readonly Claim[];
  /** Stored contributions that were taken on trust. */
  readonly trusted: readonly Claim[];
}

export interface VerdictOptions {
  /** Bound of the list. */
  readonly maxContributions: number;
  /** A document without `fold` may stand by itself. */
  readonly plainAllowed: boolean;
}

const NOTHING = { winner: undefined, rightful: [], bodyDiffers: false, foldPaths: [], unknown: [], trusted: [] } as const;

export function judgeDocument(
  fromLog: readonly LogContribution[],
  stored: StoredFacts | undefined,
  options: VerdictOptions,
): DocumentVerdict {
  const byIdentity = standingOf(fromLog);
  const required = [...byIdentity.values()].map(({ latest }) => latest).filter((one) => one.required);
  const wanted = required.length > 0;
  if (stored === undefined) {
    const winner = wanted ? greatest(required) : undefined;
    return { ...NOTHING, kind: wanted ? 'missing' : 'equal', stands: wanted, winner, rightful: required };
  }
  const { fold } = stored;
  if (fold.kind === 'contributions') return judgeFold(byIdentity, stored.digest, fold, options);
  if (!wanted) {
    const trusted = fold.kind === 'none' && options.plainAllowed;
    return { ...NOTHING, kind: trusted ? 'equal' : 'extra', stands: trusted };
  }
  const winner = greatest(required);
  const foldPaths = [fold.kind === 'none' ? 'fold.contributions' : 'fold'];
  return {
    ...NOTHING,
    kind: 'different',
    stands: true,
    winner,
    rightful: required,
    bodyDiffers: winner.digest !== stored.digest,
    foldPaths,
  };
}

type StoredFold = Extract<StoredFacts['fold'], { kind: 'contributions' }>;

function judgeFold(
  standing: ReadonlyMap<string, Standing>,
  digest: string,
  fold: StoredFold,
  { maxContributions }: VerdictOptions,
): DocumentVerdict {
  const held: LogContribution[] = [];
  const trusted: Claim[] = [];
  const unknown: Claim[] = [];
  for (const { claim, trusted: onTrust } of fold.contributions) {
    const known = standing.get(identityKey(claim));
    const match = known?.versions.find((one) => compareVersions(one.claim, claim) === 0);
    if (match !== undefined) held.push(match);
    else if (onTrust && known === undefined) trusted.push(claim);
    else unknown.push(claim);
  }
  const absent = [...standing.values()].map(({ latest }) => latest).filter((one) => one.required && !held.includes(one));
  const rightful = [...held, ...absent];
  const all = [...rightful, ...trusted.map((claim): LogContribution => ({ claim, digest: undefined, required: false }))];
  if (all.length === 0) return { ...NOTHING, kind: 'extra', stands: false, unknown };
  const best = greatest(all);
  const winner = trusted.includes(best.claim) ? undefined : best;
  const cut = fold.truncated || all.length > maxContributions;
  const foldPaths = [
    ...(unknown.length > 0 || (cut ? absent.includes(best) : absent.length > 0) ? ['fold.contributions'] : []),
    ...(all.length > maxContributions && !fold.truncated ? ['fold.truncated'] : []),
    ...(fold.tokensAgree ? [] : ['fold.tokens']),
    ...(fold.owed ? ['fold.owed'] : []),
  ];
  const bodyDiffers = winner !== undefined && winner.digest !== undefined && winner.digest !== digest;
  const kind = foldPaths.length > 0 || bodyDiffers ? 'different' : 'equal';
  return { kind, stands: true, winner, rightful, bodyDiffers, foldPaths, unknown, trusted };
}

/** Versions of one identity: the latest, and earlier ones that may be there still. */
interface Standing {
  readonly latest: LogContribution;
  readonly versions: readonly LogContribution[];
}

function standingOf(contributions: readonly LogContribution[]): Map<string, Standing> {
  const versions = new Map<string, LogContribution[]>();
  for (const one of contributions) {
    const identity = identityKey(one.claim);
    const known = versions.get(identity);
    if (known === undefined) versions.set(identity, [one]);
    else known.push(one);
  }
  return new Map([...versions].map(([identity, list]) => [identity, standing(list)]));
}

function standing(list: readonly LogContribution[]): Standing {
  const latest = list.reduce((last, one) => (newerOfIdentity(last.claim, one.claim) === one.claim ? one : last));
  return { latest, versions: list.filter((one) => one === latest || !one.required) };
}

function greatest(contributions: readonly LogContribution[]): LogContribution {
  return contributions.reduce((best, one) => (compareContributions(one.claim, best.claim) > 0 ? one : best));
}

/**
 * Whether all that is wrong with a document is that earlier records of some keys made it, whose later ones make others (spec 00 "The one
 * exception"); `isSuperseded` knows of a stored contribution.
 */
export function isSupersededDocument(
  verdict: DocumentVerdict,
  stored: StoredFacts | undefined,
  isSuperseded: (claim: Claim) => boolean,
): boolean {
  if (stored?.fold.kind !== 'contributions' || verdict.unknown.length === 0 || !verdict.unknown.every(isSuperseded)) return false;
  if (verdict.kind === 'extra') return true;
  const { contributions, owed, tokensAgree } = stored.fold;
  const lacks = verdict.winner !== undefined && !contributions.some(({ claim }) => claim === verdict.winner?.claim || sameClaim(claim, verdict.winner!.claim)); // prettier-ignore
  const first = contributions.reduce((best, one) => (compareContributions(one.claim, best.claim) > 0 ? one : best));
  const shownIsSuperseded = verdict.unknown.includes(first.claim);
  return !owed && tokensAgree && !lacks && (shownIsSuperseded || !verdict.bodyDiffers);
}

function sameClaim(a: Claim, b: Claim): boolean {
  return identityKey(a) === identityKey(b) && compareVersions(a, b) === 0;
}
