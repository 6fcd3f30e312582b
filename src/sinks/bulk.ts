/**
 * The `_bulk` request as bytes and its response as verdicts. Pure: sending is in opensearch-sink.ts.
 * Responses pair with operations by position.
 */
import { targetJson } from './document-text.js';
import { bodyJson, isGuarded, operationFoldJson, sourceJson, type GuardedOperation, type Operation } from './operations.js';

export interface BulkOptions {
  /** Id of the stored merge script. */
  readonly scriptId: string;
  readonly maxContributions: number;
}

/** The body of a bulk request: its pieces one behind the other. They are the operations' own memory as far as it goes. */
export interface BulkBody {
  readonly pieces: readonly Buffer[];
  /** Bytes of all of them. */
  readonly length: number;
}

/** Bytes of a request: from `start` to `end` of `bytes`. */
interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
}

/** Pieces shorter than this are copied together: each is a write to the socket. */
const SMALL_PIECE_BYTES = 64 * 1024;

/** Texts that stand one behind the other in memory, as those of a batch do, are one piece and not copied. */
export function bulkBody(operations: readonly Operation<unknown>[], options: BulkOptions): BulkBody {
  const pieces: Piece[] = [];
  let last: Piece | undefined;
  let length = 0;
  for (const operation of operations) {
    const { bytes, start, end } = pieceOf(operation, options);
    length += end - start;
    if (last !== undefined && last.bytes === bytes && last.end === start) last.end = end;
    else pieces.push((last = { bytes, start, end }));
  }
  return { pieces: gathered(pieces), length };
}

function gathered(pieces: readonly Piece[]): Buffer[] {
  const result: Buffer[] = [];
  let small: Buffer[] = [];
  const gather = (): void => {
    if (small.length > 0) result.push(small.length === 1 ? small[0]! : Buffer.concat(small));
    small = [];
  };
  for (const { bytes, start, end } of pieces) {
    const piece = bytes.subarray(start, end);
    if (piece.length >= SMALL_PIECE_BYTES) {
      gather();
      result.push(piece);
    } else small.push(piece);
  }
  gather();
  return result;
}

/** Nearly every document is new and has one contribution: its text is there already. */
function pieceOf(operation: Operation<unknown>, options: BulkOptions): Piece {
  if (
    operation.kind === 'document' &&
    operation.mode === 'create' &&
    operation.contenders.length === 1 &&
    operation.trimmedBody === undefined
  )
    return operation.best.text;
  const bytes = Buffer.from(bulkLines(operation, options));
  return { bytes, start: 0, end: bytes.length };
}

/** One operation as the two lines of a bulk request, the final line feed included. */
function bulkLines(operation: Operation<unknown>, { scriptId, maxContributions }: BulkOptions): string {
  const { index, id, routing } = operation;
  const target = targetJson(index, id, routing);
  if (operation.kind === 'parent') return `{"create":${target}}\n${operation.bodyJson}\n`;
  if (operation.kind !== 'document') return guardedLines(operation, target);
  if (operation.mode === 'create') return `{"create":${target}}\n${sourceJson(operation, maxContributions)}\n`;
  // `_source` brings back only the flag that says a body is owed, not the document.
  return (
    `{"update":${target.slice(0, -1)},"retry_on_conflict":8}}\n` +
    `{"_source":["fold.owed"],"scripted_upsert":true,"upsert":{},"script":{"id":"${scriptId}","params":{"max":${maxContributions},` +
    `"fold":${operationFoldJson(operation, maxContributions)},"body":${bodyJson(operation)}}}}\n`
  );
}

function guardedLines(operation: GuardedOperation<unknown>, target: string): string {
  const guarded = `${target.slice(0, -1)},"if_seq_no":${operation.seqNo},"if_primary_term":${operation.primaryTerm}}`;
  if (operation.kind === 'delete') return `{"delete":${guarded}}\n`;
  if (operation.kind === 'replace') return `{"index":${guarded}}\n${bodyJson(operation).slice(0, -1)},"fold":${operation.foldJson}}\n`;
  // Lists in a partial document replace the stored ones; the body is not touched.
  return `{"update":${guarded}}\n{"doc":{"fold":${operation.foldJson}}}\n`;
}

/** One item of a bulk response, as far as `filter_path` lets it through. */
export interface BulkItem {
  readonly status: number;
  readonly error?: {
    readonly type?: string;
    readonly reason?: string;
    readonly caused_by?: { readonly type?: string; readonly reason?: string };
  };
  readonly get?: { readonly _source?: { readonly fold?: { readonly owed?: boolean } } };
}

export const BULK_FILTER_PATH =
  'items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.type,items.*.error.caused_by.reason,items.*.get._source';

export type Verdict =
  | { readonly kind: 'done' }
  /** The document exists: merge into it. */
  | { readonly kind: 'merge' }
  /** The document is not as it was read: read it again. */
  | { readonly kind: 'conflict' }
  /** Durable, but the winner's body was not at hand: fetch its record and merge it again. */
  | { readonly kind: 'owed' }
  | { readonly kind: 'retry'; readonly reason: string }
  /** The mapping lacks a feature name, or can't take it: grow it, then send again with those that it took. */
  | { readonly kind: 'grow'; readonly reason: string }
  /** The stored merge script is gone (a new cluster): put it back, then send again. */
  | { readonly kind: 'script'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly type: string; readonly reason: string }
  /** Nothing that a record can be blamed for: the worker has to stop. */
  | { readonly kind: 'stop'; readonly reason: string };

const DONE: Verdict = { kind: 'done' };
const MERGE: Verdict = { kind: 'merge' };
const OWED: Verdict = { kind: 'owed' };
const CONFLICT: Verdict = { kind: 'conflict' };

/** Error types that say the server can't do it now. Anything with status 429 or 5xx counts likewise. */
const RETRIABLE = new Set([
  'cluster_block_exception', // disk watermark: the index is read-only until there is room
  'es_rejected_execution_exception',
  'rejected_execution_exception',
  'unavailable_shards_exception',
  'process_cluster_event_timeout_exception',
  'no_shard_available_action_exception',
  'node_closed_exception',
  'circuit_breaking_exception',
  'shard_not_found_exception',
  'index_closed_exception',
  'index_not_found_exception',
]);

/** What an item means for its operation. The one table of item errors (style: by the server's error type). */
export function judgeItem(item: BulkItem, operation: Operation<unknown>): Verdict {
  const { status, error } = item;
  if (status < 300) return item.get?._source?.fold?.owed === true ? OWED : DONE;
  if (isGuarded(operation) && (status === 409 || status === 404)) return CONFLICT;
  const type = error?.type ?? 'unknown';
  const reason = describeError(item);
  if (status === 409)
    return operation.kind === 'parent'
      ? DONE
      : operation.kind === 'document' && operation.mode === 'create'
        ? MERGE
        : { kind: 'retry', reason };
  if (status === 429 || status >= 500 || RETRIABLE.has(type)) return { kind: 'retry', reason };
  if (status === 401 || status === 403) return { kind: 'stop', reason };
  if (isFeatureNameFault(reason)) return { kind: 'grow', reason };
  if (operation.kind === 'document' && operation.mode === 'merge' && /unable to find script|resource_not_found/.test(reason)) {
    return { kind: 'script', reason };
  }
  if (type === 'script_exception' || error?.caused_by?.type === 'script_exception') return { kind: 'stop', reason };
  return { kind: 'rejected', type, reason };
}

/** What OpenSearch says of a name in `features_map` that is not mapped, or whose place is taken by a value or by an object. Elsewhere it is a record's fault. */
const FEATURE_NAME_FAULTS = [
  /strict_dynamic_mapping_exception: .* within \[features_map[\].]/s,
  /Could not dynamically add mapping for field .* Existing mapping for \[features_map\./s,
  /object mapping for \[features_map\..* but found a concrete value/s,
];

function isFeatureNameFault(reason: string): boolean {
  return FEATURE_NAME_FAULTS.some((fault) => fault.test(reason));
}

function describeError({ error, status }: BulkItem): string {
  if (!error) return `status ${status}`;
  const cause = error.caused_by?.reason ? ` (${error.caused_by.type ?? 'cause'}: ${error.caused_by.reason})` : '';
  return `${error.type ?? 'error'}: ${error.reason ?? ''}${cause}`;
}
