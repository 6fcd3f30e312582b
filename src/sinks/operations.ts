/**
 * Document operations: what the sink sends for one document id, made from all contributions to it that one batch holds.
 * Pure; nothing here knows a socket.
 */
import { compareContributions, newerOfIdentity, sameIdentity } from '../../projections/contribution.js';
import { foldJson } from '../../projections/fold-json.js';
import type { Claim, DocumentWrite } from '../../projections/types.js';
import { TextWriter, type DocumentText } from './document-text.js';

/**
 * A contribution with its document as text. Objects of body and tokens are not kept: what is under way is the longest-lived data of a worker,
 * and bytes cost the garbage collector nothing.
 */
export interface Contender<R> {
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
  readonly contribution: Claim;
  readonly text: DocumentText;
  /** The author, by which documents are counted. */
  readonly author: { readonly name: string; readonly version: string };
  /** What a dead letter needs to know of the record. */
  readonly record: R;
  readonly recordBytes: number;
}

/** `recordBytes`: what the record holds in memory. `texts`: where the document's text goes; by default a place of its own. */
export function createContender<R>(
  write: DocumentWrite,
  record: R,
  recordBytes: number,
  texts: TextWriter = new TextWriter(),
): Contender<R> {
  const author = write.body.author as { readonly name?: string; readonly version?: string | null } | undefined;
  const text = texts.write(write);
  return {
    index: write.index,
    id: write.id,
    routing: routingOf(write),
    contribution: claimOf(write.contribution),
    text,
    author: { name: author?.name ?? '', version: author?.version ?? '' },
    record,
    recordBytes,
  };
}

// Decoded strings are slices that keep the whole text of their record alive. What stays under way takes equal strings that do not.

function routingOf({ id, routing }: DocumentWrite): string | undefined {
  return routing !== undefined && id.startsWith(routing) ? id.slice(0, routing.length) : routing;
}

/** A copy without the tokens. */
function claimOf(c: Claim): Claim {
  return {
    topic: c.topic,
    partition: c.partition,
    recordKey: c.recordKey,
    eventKey: c.eventKey === c.recordKey ? c.recordKey : c.eventKey,
    insertKeys: c.insertKeys,
    offset: c.offset,
    insertOffsets: c.insertOffsets,
    timestamp: c.timestamp,
    recordTimestamp: c.recordTimestamp,
    source: c.source,
    sourceTimestamp: c.sourceTimestamp,
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
  /** The best body without the feature names in `features_map` that can't be mapped, where there are such. */
  trimmedBody: string | undefined;
}

/** The hollow parent of a binary: a plain create, a conflict is success. */
export interface ParentOperation {
  readonly kind: 'parent';
  readonly index: string;
  readonly id: string;
  readonly routing: string;
  readonly bodyJson: string;
}

/** A document as it was read: what is guarded by it is done only if nobody has written the document since. */
export interface Guard {
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
  readonly seqNo: number;
  readonly primaryTerm: number;
}

export interface DeleteOperation extends Guard {
  readonly kind: 'delete';
}

/** Another list of contributions under the same body. */
export interface RefoldOperation extends Guard {
  readonly kind: 'refold';
  readonly foldJson: string;
}

/** Another winner: the whole document is written. */
export interface ReplaceOperation<R> extends Guard {
  readonly kind: 'replace';
  readonly contender: Contender<R>;
  /** As in a document operation. */
  trimmedBody: string | undefined;
  readonly foldJson: string;
}

/** A change to a document that was read. When somebody has written it since, or it is gone, it comes back as a conflict. */
export type GuardedOperation<R> = DeleteOperation | RefoldOperation | ReplaceOperation<R>;

export type Operation<R> = DocumentOperation<R> | ParentOperation | GuardedOperation<R>;

export function isGuarded<R>(operation: Operation<R>): operation is GuardedOperation<R> {
  return 'seqNo' in operation;
}

/** Names one document: index and id; `_id` may hold anything but ids never hold a line feed followed by an index name. */
export function documentKey(write: { readonly index: string; readonly id: string }): string {
  return `${write.index}\n${write.id}`;
}

export function createOperation<R>(contender: Contender<R>): DocumentOperation<R> {
  const { index, id, routing } = contender;
  return { kind: 'document', index, id, routing, mode: 'create', contenders: [contender], best: contender, trimmedBody: undefined };
}

/** JSON text of the body that an operation shows. */
export function bodyJson(operation: DocumentOperation<unknown> | ReplaceOperation<unknown>): string {
  return operation.trimmedBody ?? (operation.kind === 'document' ? operation.best : operation.contender).text.body;
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
  operation.trimmedBody = undefined;
  return same < 0;
}

/** One operation for each contribution, each to be merged: how a refused operation is taken apart. */
export function splitOperation<R>(operation: DocumentOperation<R>): DocumentOperation<R>[] {
  return operation.contenders.map((contender) => ({ ...createOperation(contender), mode: 'merge' }));
}

const PARENT_BYTES = 400;
const GUARD_BYTES = 400;

/** Approximate bytes that an operation adds to a request: the unit of grouping. */
export function requestBytes(operation: Operation<unknown>): number {
  if (isGuarded(operation)) return guardedBytes(operation) + GUARD_BYTES;
  return operation.kind === 'parent' ? PARENT_BYTES : operation.best.text.length + FOLD_BYTES * (operation.contenders.length - 1);
}

function guardedBytes(operation: GuardedOperation<unknown>): number {
  if (operation.kind === 'delete') return 0;
  return operation.foldJson.length + (operation.kind === 'replace' ? operation.contender.text.length : 0);
}

/** A contribution in `fold`. */
const FOLD_BYTES = 500;
/** Objects of a contribution besides its text. */
const CONTENDER_BYTES = 800;

/** Approximate bytes of memory that an operation holds while it is under way, its records included: the unit of the in-flight bound. */
export function heldBytes(operation: Operation<unknown>): number {
  if (operation.kind === 'parent') return PARENT_BYTES;
  if (isGuarded(operation))
    return GUARD_BYTES + guardedBytes(operation) + (operation.kind === 'replace' ? operation.contender.recordBytes : 0);
  let bytes = 0;
  for (const { text, recordBytes } of operation.contenders) bytes += text.length + recordBytes + CONTENDER_BYTES;
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
  const contributions = contenders.map(({ text }) => text.contribution).sort((a, b) => compareContributions(b, a));
  return foldJson(contributions.slice(0, max), contributions.length > max);
}

/** `_source` text of a document as a create sends it: the body with its provenance. A body is never empty. */
export function sourceJson(operation: DocumentOperation<unknown>, maxContributions: number): string {
  return `${bodyJson(operation).slice(0, -1)},"fold":${operationFoldJson(operation, maxContributions)}}`;
}
