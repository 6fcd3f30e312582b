/**
 * Document operations: what the sink sends for one document id, made from all contributions to it that one batch holds.
 * Pure; nothing here knows a socket.
 */
import { documentJson } from '../../projections/json.js';
import { compareContributions, newerOfIdentity, sameIdentity } from '../../projections/contribution.js';
import { foldJson } from '../../projections/fold-json.js';
import type { Contribution, DocumentWrite } from '../../projections/types.js';

/**
 * A contribution with its document as text. The body's objects are not kept: what is under way is the longest-lived data of a worker,
 * and flat text costs the garbage collector nothing.
 */
export interface Contender<R> {
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
  readonly contribution: Contribution;
  /** JSON text of the document, without `fold`. */
  readonly bodyJson: string;
  /** The author, by which documents are counted. */
  readonly author: { readonly name: string; readonly version: string };
  /** What a dead letter needs to know of the record. */
  readonly record: R;
  readonly recordBytes: number;
}

/** `recordBytes`: what the record holds in memory. */
export function createContender<R>(
  { index, id, routing, contribution, body }: DocumentWrite,
  record: R,
  recordBytes: number,
): Contender<R> {
  const author = body.author as { readonly name?: string; readonly version?: string | null } | undefined;
  return {
    index,
    id,
    routing,
    contribution,
    bodyJson: documentJson(body),
    author: { name: author?.name ?? '', version: author?.version ?? '' },
    record,
    recordBytes,
  };
}

/** How an operation is sent: first as a plain create, after a conflict (or when it must look at what is there) as a merge. */
export type OperationMode = 'create' | 'merge';

export interface DocumentOperation<R> {
  readonly kind: 'document';
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
  mode: OperationMode;
  /** All contributions, at most one an identity. */
  contenders: Contender<R>[];
  /** The one whose body is shown: the greatest. */
  best: Contender<R>;
  /** Text of the best body; without some feature names in `features_map` where those can't be mapped. */
  bodyJson: string;
}

/** The hollow parent of a binary: a plain create, a conflict is success. */
export interface ParentOperation {
  readonly kind: 'parent';
  readonly index: string;
  readonly id: string;
  readonly routing: string;
  readonly bodyJson: string;
}

export type Operation<R> = DocumentOperation<R> | ParentOperation;

/** Names one document: index and id; `_id` may hold anything but ids never hold a line feed followed by an index name. */
export function documentKey(write: { readonly index: string; readonly id: string }): string {
  return `${write.index}\n${write.id}`;
}

export function createOperation<R>(contender: Contender<R>): DocumentOperation<R> {
  const { index, id, routing, bodyJson } = contender;
  return { kind: 'document', index, id, routing, mode: 'create', contenders: [contender], best: contender, bodyJson };
}

/**
 * Adds a contribution to an operation not yet sent. Of one identity the later offset stands; the greatest is shown.
 * False when a contribution of its identity was there, so that one of the two is dropped.
 */
export function addContender<R>(operation: DocumentOperation<R>, contender: Contender<R>): boolean {
  const { contenders } = operation;
  const same = contenders.findIndex(({ contribution }) => sameIdentity(contribution, contender.contribution));
  if (same < 0) contenders.push(contender);
  else if (newerOfIdentity(contenders[same]!.contribution, contender.contribution) === contender.contribution) contenders[same] = contender;
  else return false;
  operation.best = greatest(contenders);
  operation.bodyJson = operation.best.bodyJson;
  return same < 0;
}

/** One operation for each contribution, each to be merged: how a refused operation is taken apart. */
export function splitOperation<R>(operation: DocumentOperation<R>): DocumentOperation<R>[] {
  return operation.contenders.map((contender) => ({ ...createOperation(contender), mode: 'merge' }));
}

/** Approximate bytes that an operation adds to a request: the unit of grouping. */
export function requestBytes(operation: Operation<unknown>): number {
  const overhead = operation.kind === 'parent' ? 160 : 160 + 400 * operation.contenders.length;
  return operation.bodyJson.length + operation.id.length * 2 + overhead;
}

/** Objects of a contribution besides its texts. */
const CONTENDER_BYTES = 1_500;

/** Approximate bytes of memory that an operation holds while it is under way, its records included: the unit of the in-flight bound. */
export function heldBytes(operation: Operation<unknown>): number {
  if (operation.kind === 'parent') return 400;
  let bytes = 0;
  for (const { bodyJson, recordBytes } of operation.contenders) bytes += bodyJson.length + recordBytes + CONTENDER_BYTES;
  return bytes;
}

function greatest<R>(contenders: readonly Contender<R>[]): Contender<R> {
  let best = contenders[0]!;
  for (let i = 1; i < contenders.length; i++) {
    const candidate = contenders[i]!;
    if (compareContributions(candidate.contribution, best.contribution) > 0) best = candidate;
  }
  return best;
}

/** The operation's `fold` object as JSON: contributions greatest first, at most `max` of them. */
export function operationFoldJson({ contenders }: DocumentOperation<unknown>, max: number): string {
  if (contenders.length === 1) return foldJson([contenders[0]!.contribution], false);
  const contributions = contenders.map(({ contribution }) => contribution).sort((a, b) => compareContributions(b, a));
  return foldJson(contributions.slice(0, max), contributions.length > max);
}

/** `_source` text of a document as a create sends it: the body with its provenance. A body is never empty. */
export function sourceJson(operation: DocumentOperation<unknown>, maxContributions: number): string {
  return `${operation.bodyJson.slice(0, -1)},"fold":${operationFoldJson(operation, maxContributions)}}`;
}
