/**
 * The log and OpenSearch side by side, document by document: what seems to differ becomes a candidate, to be looked at again (second-look.ts).
 * Both sides are sorted on disk, so memory does not depend on their number.
 */
import { parentDocument } from '../../projections/binary/parent.js';
import { canonicalBody, digestOf } from './canonical.js';
import { longClaim, shortClaim, type ShortClaim } from './claim-text.js';
import { addressOf, clusterName, documentName } from './document-name.js';
import { longFacts, shortFacts, type ShortFacts } from './facts.js';
import type { SortEntry, Sorter } from './sorter.js';
import type { DocumentAddress } from './stored.js';
import {
  isSupersededDocument,
  judgeDocument,
  type DocumentVerdict,
  type LogContribution,
  type StoredFacts,
  type VerdictOptions,
} from './verdict.js';
import type { Claim } from '../../projections/types.js';

/** Of all parents. */
export const PARENT_DIGEST = digestOf(canonicalBody(parentDocument('any', '0').body));

type SpooledSide = readonly ['log', ShortClaim, string, 0 | 1] | readonly ['stored', ShortFacts];

export function addFromLog(sorter: Sorter, document: DocumentAddress, { claim, digest, required }: LogContribution): void {
  add(sorter, document, ['log', shortClaim(claim), digest ?? '', required ? 1 : 0]);
}

export function addStored(sorter: Sorter, document: DocumentAddress, facts: StoredFacts): void {
  add(sorter, document, ['stored', shortFacts(facts)]);
}

function add(sorter: Sorter, document: DocumentAddress, side: SpooledSide): void {
  sorter.add(Buffer.from(documentName(document)), Buffer.from(JSON.stringify(side)));
}

/** A document with what both sides say of it. */
export interface BothSides {
  readonly address: DocumentAddress;
  readonly fromLog: readonly LogContribution[];
  readonly stored: StoredFacts | undefined;
}

/** The documents of a binary of which something seems wrong, or a single document of another kind. */
export interface Candidate {
  readonly documents: readonly Pick<BothSides, 'address' | 'fromLog'>[];
  /** Where the parent seems wrong. */
  readonly parent: DocumentAddress | undefined;
  /** Whether a document that seems right hangs from the parent. */
  readonly standing: boolean;
}

export interface FirstLookOptions extends VerdictOptions {
  /** Whether documents hang from parents. */
  readonly parents: boolean;
  /** Whether a stored contribution was overtaken by a record that makes another document. */
  readonly isSuperseded: (claim: Claim) => boolean;
}

export interface FirstLookCounts {
  /** Stored documents, parents included. */
  documents: number;
  /** Contributions, and documents without `fold`, that the log can't confirm any more. */
  unverifiable: number;
}

/** Everything that seems wrong, binary by binary; `counts` grows meanwhile. */
export function* firstLook(entries: Iterable<SortEntry>, options: FirstLookOptions, counts: FirstLookCounts): Generator<Candidate> {
  let cluster: BothSides[] = [];
  let name = '';
  for (const document of documentsOf(entries)) {
    if (document.stored !== undefined) counts.documents++;
    const next = clusterName(document.address);
    if (next !== name) {
      const candidate = judgeCluster(cluster, options, counts);
      if (candidate !== undefined) yield candidate;
      cluster = [];
      name = next;
    }
    cluster.push(document);
  }
  const candidate = judgeCluster(cluster, options, counts);
  if (candidate !== undefined) yield candidate;
}

function* documentsOf(entries: Iterable<SortEntry>): Generator<BothSides> {
  let name: string | undefined;
  let fromLog: LogContribution[] = [];
  let stored: StoredFacts | undefined;
  for (const { key, value } of entries) {
    const next = key.toString();
    if (next !== name) {
      if (name !== undefined) yield { address: addressOf(name), fromLog, stored };
      [name, fromLog, stored] = [next, [], undefined];
    }
    const side = JSON.parse(value.toString()) as SpooledSide;
    if (side[0] === 'stored') stored = longFacts(side[1]);
    else fromLog.push({ claim: longClaim(side[1]), digest: side[2] === '' ? undefined : side[2], required: side[3] === 1 });
  }
  if (name !== undefined) yield { address: addressOf(name), fromLog, stored };
}

export function isParent({ id, routing }: DocumentAddress, parents: boolean): boolean {
  return parents && id === routing;
}

function judgeCluster(cluster: readonly BothSides[], options: FirstLookOptions, counts: FirstLookCounts): Candidate | undefined {
  const parent = cluster.find(({ address }) => isParent(address, options.parents));
  const documents: BothSides[] = [];
  let standing = false;
  let expected = false;
  for (const document of cluster) {
    if (document === parent) continue;
    const verdict = judgeDocument(document.fromLog, document.stored, options);
    counts.unverifiable += unverifiableOf(verdict, document.stored);
    expected ||= verdict.stands || isSupersededDocument(verdict, document.stored, options.isSuperseded);
    if (verdict.kind === 'equal') standing ||= verdict.stands;
    else documents.push(document);
  }
  const wrong = options.parents && isParentWrong(parent?.stored, expected);
  if (documents.length === 0 && !wrong) return undefined;
  return { documents, standing, parent: wrong ? parentOfCluster(cluster[0]!.address) : undefined };
}

function unverifiableOf({ kind, stands, trusted }: DocumentVerdict, stored: StoredFacts | undefined): number {
  return trusted.length + (kind === 'equal' && stands && stored?.fold.kind === 'none' ? 1 : 0);
}

function isParentWrong(stored: StoredFacts | undefined, expected: boolean): boolean {
  if (stored === undefined) return expected;
  return !expected || stored.digest !== PARENT_DIGEST || stored.fold.kind !== 'none';
}

function parentOfCluster({ index, routing }: DocumentAddress): DocumentAddress | undefined {
  return routing === undefined ? undefined : { index, id: routing, routing };
}
