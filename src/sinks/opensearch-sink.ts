/**
 * Brings document operations to OpenSearch: grouped by bytes, a bounded number of requests at a time, each operation
 * followed until it is durable or refused for good.
 *
 * Fates (spec 00 "Back-pressure"): what the server can't do now is retried without end, visibly; what a record is to blame for is
 * returned as a rejection; anything else stops the worker through `onFatal`.
 */
import PQueue from 'p-queue';
import { isOutage } from '../opensearch/request.js';
import { Backoff } from './backoff.js';
import { bulkBody, judgeItem, type BulkBody, type BulkItem, type BulkOptions, type Verdict } from './bulk.js';
import { featureNamesOf, withoutFeatures, type FeatureMapping } from './feature-mapping.js';
import {
  bodyJson,
  heldBytes,
  requestBytes,
  splitOperation,
  type Contender,
  type DocumentOperation,
  type GuardedOperation,
  type Operation,
  type ReplaceOperation,
} from './operations.js';

/** Sends one bulk body; resolves with the items in order. Throws `BulkRequestError` when the request failed as a whole. */
export type BulkTransport = (body: BulkBody) => Promise<readonly BulkItem[]>;

/** A bulk request that failed as a whole; `status` is undefined when no answer came. */
export class BulkRequestError extends Error {
  override readonly name = 'BulkRequestError';
  constructor(
    readonly status: number | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Rejection<R> {
  readonly contender: Contender<R>;
  readonly type: string;
  readonly reason: string;
}

export interface SubmitResult<R> {
  readonly rejections: readonly Rejection<R>[];
  /** Durable, but showing no longer what it should: the winner's record must be fetched and merged. */
  readonly owed: readonly DocumentOperation<R>[];
  /** Not done, because the document is not as it was read. */
  readonly conflicts: readonly GuardedOperation<R>[];
}

/** Those of the operations of which something is durable: the rejections took not all of their contributions. */
export function durableOf<R>(
  operations: readonly DocumentOperation<R>[],
  rejections: readonly Rejection<R>[],
): readonly DocumentOperation<R>[] {
  if (rejections.length === 0) return operations;
  const refused = new Set(rejections.map(({ contender }) => contender));
  return operations.filter(({ contenders }) => !contenders.every((contender) => refused.has(contender)));
}

export interface SinkObserver {
  /** A request is being repeated; `sinceMs` = how long already. */
  onRetry(reason: string, sinceMs: number): void;
  onBulk(operations: number, bytes: number, tookMs: number): void;
  /** Conflicting creates that went on as merges. */
  onMerge(operations: number): void;
}

export interface SinkOptions {
  readonly transport: BulkTransport;
  readonly bulk: BulkOptions;
  readonly concurrency: number;
  /** Operations of one submission are cut into requests of about this many bytes. */
  readonly bulkBytes: number;
  /** Bound of the memory that is held by what is submitted and not yet durable. */
  readonly maxInFlightBytes: number;
  readonly featureMapping: FeatureMapping;
  readonly restoreScript: () => Promise<void>;
  readonly observer: SinkObserver;
  readonly signal: AbortSignal;
  /** Every body sent, for the benchmark's floor. */
  readonly tap?: ((body: BulkBody) => void) | undefined;
}

interface Progress<R> {
  readonly rejections: Rejection<R>[];
  readonly owed: DocumentOperation<R>[];
  readonly conflicts: GuardedOperation<R>[];
  /** How often the mapping was grown for an operation. */
  readonly growths: Map<Growable<R>, number>;
}

/** What writes a body, so that the mapping may lack some of its feature names. */
type Growable<R> = DocumentOperation<R> | ReplaceOperation<R>;

/** A document whose names the mapping still lacks after so many updates is refused: no record may hold up its batch for ever. */
const MAX_GROWTHS = 5;
/** Whole-request statuses that mean "this body", not "this server". */
const BODY_REFUSED = new Set([400, 413]);
const NOT_ALLOWED = new Set([401, 403]);
/** A request may be this much larger than its bound. */
const BULK_SLACK = 1.25;
/** The most that `metafold_bulk_bytes` may be; OpenSearch takes requests up to 100 MiB by default (`http.max_content_length`). */
const MAX_REQUEST_BYTES = 96 * 1024 * 1024;
/** A 429 halves what is sent at a time; this many good answers in a row raise it by one again. */
const RECOVERY_STREAK = 20;

export class OpenSearchSink<R> {
  private readonly queue: PQueue;
  private inFlightBytes = 0;
  private readonly waiting: (() => void)[] = [];
  /** When the requests under way were sent. */
  private readonly sentAt = new Set<number>();
  private goodStreak = 0;

  constructor(private readonly options: SinkOptions) {
    this.queue = new PQueue({ concurrency: options.concurrency });
  }

  /** True while submitted bytes are below the bound. */
  get hasRoom(): boolean {
    return this.inFlightBytes < this.options.maxInFlightBytes;
  }

  get pendingBytes(): number {
    return this.inFlightBytes;
  }

  /** How long the oldest request under way has been waiting for its answer; 0 when none is. */
  get waitingMs(): number {
    const [oldest] = this.sentAt;
    return oldest === undefined ? 0 : performance.now() - oldest;
  }

  /** Resolves when there is room for more, at once if there is. */
  async room(): Promise<void> {
    while (!this.hasRoom) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /**
   * Follows all operations until each is durable or refused. Rejects only when the sink is aborted or the server
   * refuses what no record can be blamed for; nothing may be committed then.
   */
  async submit(operations: readonly Operation<R>[]): Promise<SubmitResult<R>> {
    const progress: Progress<R> = { rejections: [], owed: [], conflicts: [], growths: new Map() };
    await Promise.all(this.chunk(operations).map((chunk) => this.enqueue(chunk, progress)));
    return { rejections: progress.rejections, owed: progress.owed, conflicts: progress.conflicts };
  }

  /** Groups of about `bulkBytes` and of like size: what is somewhat more goes in one request, as a small rest in its own would take a turn too. */
  private chunk(operations: readonly Operation<R>[]): Operation<R>[][] {
    const { bulkBytes } = this.options;
    const total = operations.reduce((sum, operation) => sum + requestBytes(operation), 0);
    const limit = Math.min(bulkBytes * BULK_SLACK, MAX_REQUEST_BYTES);
    const target = total <= limit ? limit : total / Math.ceil(total / bulkBytes);
    const chunks: Operation<R>[][] = [];
    let current: Operation<R>[] = [];
    let currentBytes = 0;
    for (const operation of operations) {
      const bytes = requestBytes(operation);
      if (current.length > 0 && (currentBytes + bytes / 2 > target || currentBytes + bytes > limit)) {
        chunks.push(current);
        current = [];
        currentBytes = 0;
      }
      current.push(operation);
      currentBytes += bytes;
    }
    if (current.length > 0) chunks.push(current);
    return chunks;
  }

  private async enqueue(operations: Operation<R>[], progress: Progress<R>): Promise<void> {
    const bytes = operations.reduce((sum, operation) => sum + heldBytes(operation), 0);
    this.inFlightBytes += bytes;
    try {
      await this.queue.add(() => this.drive(operations, progress));
    } finally {
      this.inFlightBytes -= bytes;
      if (this.hasRoom) for (const wake of this.waiting.splice(0)) wake();
    }
  }

  /** Sends what is left of a group until nothing is left. */
  private async drive(operations: Operation<R>[], progress: Progress<R>): Promise<void> {
    const backoff = new Backoff();
    const started = performance.now();
    let left = operations;
    while (left.length > 0) {
      const answer = await this.send(left);
      if (answer.kind === 'items') {
        const next = await this.judge(left, answer.items, progress);
        if (next.waitFor === undefined) backoff.reset();
        else await this.pause(backoff, next.waitFor, started);
        left = next.left;
      } else if (answer.kind === 'refused' && left.length > 1) {
        const middle = left.length >> 1;
        await this.drive(left.slice(0, middle), progress);
        left = left.slice(middle);
      } else if (answer.kind === 'refused') {
        left = this.refuse(left[0]!, 'request_refused', answer.reason, progress);
      } else {
        await this.pause(backoff, answer.reason, started);
      }
    }
  }

  private async pause(backoff: Backoff, reason: string, started: number): Promise<void> {
    this.options.observer.onRetry(reason, performance.now() - started);
    await backoff.wait(this.options.signal);
  }

  private async send(
    operations: readonly Operation<R>[],
  ): Promise<{ kind: 'items'; items: readonly BulkItem[] } | { kind: 'refused' | 'again'; reason: string }> {
    const { transport, bulk, observer, signal, tap } = this.options;
    signal.throwIfAborted();
    const body = bulkBody(operations, bulk);
    tap?.(body);
    const started = performance.now();
    this.sentAt.add(started);
    try {
      const items = await transport(body);
      if (items.length !== operations.length) {
        return { kind: 'again', reason: `bulk response has ${items.length} items, expected ${operations.length}` };
      }
      observer.onBulk(operations.length, body.length, performance.now() - started);
      return { kind: 'items', items };
    } catch (error) {
      if (!(error instanceof BulkRequestError)) throw error;
      if (error.status !== undefined && BODY_REFUSED.has(error.status)) return { kind: 'refused', reason: error.message };
      if (error.status !== undefined && NOT_ALLOWED.has(error.status)) throw error;
      if (error.status === 429) this.slowDown();
      return { kind: 'again', reason: error.message };
    } finally {
      this.sentAt.delete(started);
    }
  }

  /** Sorts operations by their verdicts; `waitFor` names the reason to back off before what is left goes again. */
  private async judge(
    operations: readonly Operation<R>[],
    items: readonly BulkItem[],
    progress: Progress<R>,
  ): Promise<{ left: Operation<R>[]; waitFor: string | undefined }> {
    const left: Operation<R>[] = [];
    const unmapped: Growable<R>[] = [];
    let waitFor: string | undefined;
    let merges = 0;
    let scriptGone = false;
    let busy = false;
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i]!;
      const verdict = this.verdictOf(items[i]!, operation, progress);
      if (verdict.kind === 'done') continue;
      if (verdict.kind === 'stop') throw new BulkRequestError(items[i]!.status, verdict.reason);
      if (verdict.kind === 'conflict') progress.conflicts.push(operation as GuardedOperation<R>);
      else if (verdict.kind === 'owed') progress.owed.push(operation as DocumentOperation<R>);
      else if (verdict.kind === 'rejected') left.push(...this.refuse(operation, verdict.type, verdict.reason, progress));
      else {
        left.push(operation);
        if (verdict.kind === 'merge') {
          (operation as DocumentOperation<R>).mode = 'merge';
          merges++;
        } else if (verdict.kind === 'grow') {
          unmapped.push(operation as Growable<R>);
          // The first growth should do; after it something else is going on, such as another worker's template write.
          if (progress.growths.has(operation as Growable<R>)) waitFor = verdict.reason;
        } else {
          waitFor = verdict.reason;
          scriptGone ||= verdict.kind === 'script';
          busy ||= items[i]!.status === 429;
        }
      }
    }
    if (merges > 0) this.options.observer.onMerge(merges);
    if (scriptGone) waitFor = (await outageOf(this.options.restoreScript())) ?? waitFor;
    if (unmapped.length > 0) waitFor = (await outageOf(this.growMapping(unmapped, progress))) ?? waitFor;
    if (busy) this.slowDown();
    else this.speedUp();
    return { left, waitFor };
  }

  /** A refused operation of several contributions is taken apart: only those refused alone are the culprits. */
  private refuse(operation: Operation<R>, type: string, reason: string, progress: Progress<R>): DocumentOperation<R>[] {
    if (operation.kind === 'replace') {
      progress.rejections.push({ contender: operation.contender, type, reason });
      return [];
    }
    if (operation.kind !== 'document')
      throw new BulkRequestError(400, `${operation.kind} of document ${operation.id} refused: ${type}: ${reason}`);
    if (operation.contenders.length > 1) return splitOperation(operation);
    progress.rejections.push({ contender: operation.best, type, reason });
    return [];
  }

  private verdictOf(item: BulkItem, operation: Operation<R>, { growths }: Progress<R>): Verdict {
    const verdict = judgeItem(item, operation);
    if (verdict.kind !== 'grow' || (growths.get(operation as Growable<R>) ?? 0) < MAX_GROWTHS) return verdict;
    return { kind: 'rejected', type: item.error?.type ?? 'unknown', reason: verdict.reason };
  }

  private async growMapping(operations: readonly Growable<R>[], { growths }: Progress<R>): Promise<void> {
    const { featureMapping } = this.options;
    const unmappable = await featureMapping.grow(operations.flatMap((operation) => featureNamesOf(bodyJson(operation))));
    for (const operation of operations) growths.set(operation, (growths.get(operation) ?? 0) + 1);
    if (unmappable.size === 0) return;
    for (const operation of operations) {
      const trimmed = withoutFeatures(bodyJson(operation), unmappable);
      if (trimmed === undefined) continue;
      operation.trimmedBody = trimmed;
      featureMapping.countDropped(operation.id);
    }
  }

  private slowDown(): void {
    this.goodStreak = 0;
    this.queue.concurrency = Math.max(1, this.queue.concurrency >> 1);
  }

  private speedUp(): void {
    if (this.queue.concurrency >= this.options.concurrency || ++this.goodStreak < RECOVERY_STREAK) return;
    this.goodStreak = 0;
    this.queue.concurrency += 1;
  }
}

/** The reason why a step could not be done now, or undefined once it is done: what asked for it asks again. Other failures are thrown. */
async function outageOf(step: Promise<void>): Promise<string | undefined> {
  try {
    await step;
    return undefined;
  } catch (error) {
    if (!isOutage(error)) throw error;
    return (error as Error).message;
  }
}
