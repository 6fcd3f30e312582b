/**
 * One projection of one worker: poll → judge → buffer → sink, and a commit every few seconds.
 *
 * Nothing here waits for a single operation: requests run while the next records are folded, and memory is bounded by what the
 * sink admits. Offsets are committed only for epochs in which everything is durable or in the dead letter.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DocumentWrite, Skip } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import type { Poll, RawRecord, RecordConsumer } from '../../streams/consumer.js';
import type { TopicPartition, TopicPartitionOffset } from '../../streams/offsets.js';
import type { ReplacingRecord } from '../dead-letters/replaced.js';
import { durableOf, type OpenSearchSink, type SubmitResult } from '../sinks/opensearch-sink.js';
import { parentsOf, type ParentOf } from '../sinks/parents.js';
import type { DocumentOperation } from '../sinks/operations.js';
import { completeEpoch } from './checkpoint.js';
import { Epoch } from './epoch.js';
import type { Removal } from '../removal/removal.js';
import type { Judge, Judgement } from './judge.js';
import { OperationBuffer } from './operation-buffer.js';
import type { Refolded } from './refold.js';
import type { Refusals } from './refusals.js';
import type { TableNews } from './table-news.js';

export interface LoopOptions {
  readonly fetchRecords: number;
  readonly bulkBytes: number;
  readonly commitIntervalMs: number;
  /** How long a poll that found nothing is put off. */
  readonly idleMs: number;
  /** How long partitions that are taken away may hold up a rebalance until they are left uncommitted. */
  readonly revokeTimeoutMs: number;
  /** After this time a removal is repeated (`RemovalDependencies.settleMs`). */
  readonly settleMs: number;
}

export interface LoopObserver {
  onRecords(projection: string, count: number): void;
  onTombstone(topic: string): void;
  onSkip(projection: string, skip: Skip): void;
  /** A contribution that was replaced before it was sent. */
  onDuplicate(projection: string, plugin: string): void;
  onDurable(projection: string, operations: readonly DocumentOperation<RawRecord>[]): void;
  onParents(count: number): void;
  onCommit(projection: string, offsets: readonly TopicPartitionOffset[]): void;
}

export interface LoopDependencies {
  readonly name: string;
  /** Partition name of the generation that is folded. */
  readonly generation: string;
  /** The expedited consumer first, if the projection has one: the order of polling is the order of precedence. */
  readonly consumers: readonly RecordConsumer[];
  readonly judge: Judge;
  readonly sink: OpenSearchSink<RawRecord>;
  /** The parent of a document, for projections whose documents have one. */
  readonly parentOf: ParentOf;
  readonly refusals: Refusals;
  /** Takes away letters of earlier records of the same keys; resolves when that is durable. */
  readonly forgetLetters: (records: readonly ReplacingRecord[]) => Promise<void>;
  /** Makes documents agree with what no longer counts. */
  readonly removal: Pick<Removal, 'retract' | 'settleOwed' | 'judgeParents'>;
  /** The delete and insert tables, for a projection whose folds ask them. */
  readonly news: TableNews | undefined;
  readonly clock: () => Micros;
  readonly observer: LoopObserver;
  readonly log: Logger;
  readonly options: LoopOptions;
}

/** While the sink has no room, polls go on at this interval so that the group keeps the member. */
const KEEPALIVE_MS = 1_000;
/** With `untilIdle`, polls that found nothing for this long make a commit due: whoever waits for the end does not wait for the interval too. */
const IDLE_COMMIT_MS = 150;
/** Waits shorter than this do not pause the partitions: a pause throws away what was fetched ahead. */
const PAUSE_AFTER_MS = 3_000;

export class ProjectionLoop {
  private epoch: Epoch;
  private closing: Epoch | undefined;
  private readonly buffer = new OperationBuffer<RawRecord>();
  private checkpoint: Promise<void> | undefined;
  private lastCommit = performance.now();
  private failure: { readonly error: unknown } | undefined;
  private stopping = false;
  private started = false;
  /** Since when polls find nothing; undefined while they find something. */
  private idleSince: number | undefined;
  /** When partitions came or went last. */
  private changedHands = -Infinity;

  constructor(private readonly deps: LoopDependencies) {
    this.epoch = new Epoch(deps.consumers.length);
  }

  get name(): string {
    return this.deps.name;
  }

  /** True once it reads: what it holds before says nothing of what there is. */
  get hasStarted(): boolean {
    return this.started;
  }

  /** True when everything that was polled is durable and committed, and so is what came to the tables. */
  get isQuiet(): boolean {
    return this.epoch.isEmpty && this.checkpoint === undefined && this.buffer.bytes === 0 && (this.deps.news?.isQuiet ?? true);
  }

  /** Reads the tables to the end that their topics have now; what is new waits to be applied. */
  async catchUpTables(): Promise<void> {
    await this.deps.news?.catchUp();
  }

  /**
   * Polls until `stop`; then brings everything to a commit. With `untilIdle` commits as soon as there is nothing to read.
   * Rejects when something failed that no record can be blamed for.
   */
  async run({ untilIdle }: { readonly untilIdle: boolean }): Promise<void> {
    const { consumers, news } = this.deps;
    await news?.start();
    await startTogether(consumers);
    this.started = true;
    while (!this.stopping) {
      this.throwIfFailed();
      if (news?.waiting === true) void this.epoch.waitFor(news.take(() => this.inFlight()));
      await this.waitForRoom();
      const found = await this.pollOnce();
      this.idleSince = found ? undefined : (this.idleSince ?? performance.now());
      if (!found && !this.stopping) await sleep(this.deps.options.idleMs);
      this.checkpointIfDue(untilIdle);
    }
    await this.drain();
  }

  stop(): void {
    this.stopping = true;
  }

  /** Everything polled so far is durable and committed when this resolves. */
  async drain(): Promise<void> {
    // One at a time: a second one beside it could commit before it.
    while (this.checkpoint) await this.checkpoint;
    await this.startCheckpoint();
    this.throwIfFailed();
  }

  /** Partitions have come: what their owner before has not committed is folded again. */
  takeOver(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.changedHands = performance.now();
  }

  /** Partitions are about to go: commit what can be, forget the rest. Never rejects. */
  async giveUp(consumer: number, partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const { log, name, options } = this.deps;
    if (partitions.length > 0) this.changedHands = performance.now();
    if (!lost && partitions.length > 0) {
      const deadline = sleep(options.revokeTimeoutMs, 'late' as const, { ref: false });
      const outcome = await Promise.race([this.drain().then(() => 'done' as const), deadline]).catch(() => 'failed' as const);
      if (outcome !== 'done')
        log.warn({ projection: name, partitions: partitions.length, outcome }, 'partitions go uncommitted: their next owner reads again');
    }
    this.epoch.drop(consumer, partitions);
    this.closing?.drop(consumer, partitions);
  }

  private throwIfFailed(): void {
    if (this.failure) throw this.failure.error;
  }

  private async waitForRoom(): Promise<void> {
    const { sink, consumers } = this.deps;
    if (sink.hasRoom) return;
    const room = sink.room();
    if (await settlesWithin(room, PAUSE_AFTER_MS)) return;
    for (const consumer of consumers) consumer.pause();
    try {
      while (!(await settlesWithin(room, KEEPALIVE_MS)) && !this.stopping) {
        this.throwIfFailed();
        for (const [index, consumer] of consumers.entries()) await this.take(index, await consumer.poll(this.deps.options.fetchRecords));
      }
    } finally {
      for (const consumer of consumers) consumer.resume();
    }
  }

  /** Polls each consumer once, the expedited one first; true if there was anything. */
  private async pollOnce(): Promise<boolean> {
    let found = false;
    for (const [index, consumer] of this.deps.consumers.entries()) {
      const poll = await consumer.poll(this.deps.options.fetchRecords);
      found = poll.records.length > 0 || found;
      await this.take(index, poll);
    }
    if (!found || this.buffer.bytes >= this.deps.options.bulkBytes) this.flush();
    return found;
  }

  private async take(consumer: number, { records, ends }: Poll): Promise<void> {
    const { judge, clock, observer, name } = this.deps;
    const now = clock();
    for (const record of records) {
      const first = judge.judge(record, now);
      const judgement = first.kind === 'unresolved' ? await judge.resolve(first, record, now) : first;
      this.absorb(record, judgement);
      this.epoch.offsets[consumer]!.advance(record.topic, record.partition, record.offset + 1);
    }
    for (const end of ends) this.epoch.offsets[consumer]!.advance(end.topic, end.partition, end.offset);
    if (records.length === 0) return;
    this.epoch.records += records.length;
    observer.onRecords(name, records.length);
  }

  private absorb(record: RawRecord, judgement: Judgement): void {
    const { observer, name } = this.deps;
    if (judgement.kind === 'tombstone') {
      observer.onTombstone(record.topic);
      this.epoch.shortfalls.add(record, []);
      return;
    }
    const { writes, refusals, skips } = judgement.result;
    for (const write of writes) {
      if (!this.buffer.add(write, record, record.value?.length ?? 0)) observer.onDuplicate(name, authorName(write));
    }
    for (const skip of skips) observer.onSkip(name, skip);
    if (refusals.length > 0) this.epoch.track(this.deps.refusals.ofRecord(record, refusals));
    if (skips.length > 0 || refusals.length > 0 || writes.some(({ moved }) => moved) || this.mayHaveMadeMore(writes)) {
      this.epoch.shortfalls.add(
        record,
        writes.map(({ contribution }) => contribution),
        // Nothing is ever derived from what counts for nothing.
        writes.length + refusals.length > 0 ? this.deps.news?.derivedLater() : undefined,
      );
    }
  }

  /** A worker that died may have derived children by an insert that is gone now. */
  private mayHaveMadeMore(writes: readonly DocumentWrite[]): boolean {
    const { news } = this.deps;
    return news !== undefined && writes.some(({ routing }) => routing !== undefined && news.wasChanged(routing));
  }

  /** Hands the buffered operations to the sink. */
  private flush(): void {
    const { operations, release } = this.buffer.take();
    if (operations.length === 0) return;
    const { epoch } = this;
    epoch.begun ??= performance.now();
    epoch.track(
      this.deps.sink
        .submit(operations)
        .then((result) => this.settle(epoch, operations, result))
        .then(release),
    );
  }

  private async settle(epoch: Epoch, operations: readonly DocumentOperation<RawRecord>[], result: SubmitResult<RawRecord>): Promise<void> {
    const durable = await this.finish(epoch, operations, result);
    for (const parent of parentsOf(durable, this.deps.parentOf)) epoch.parents.set(parent.id, parent);
  }

  /** What is left to do once the sink has answered. Answers with the operations that are durable. */
  private async finish(
    epoch: Epoch,
    operations: readonly DocumentOperation<RawRecord>[],
    { rejections, owed }: SubmitResult<RawRecord>,
  ): Promise<readonly DocumentOperation<RawRecord>[]> {
    const { removal, refusals, observer, name } = this.deps;
    const durable = durableOf(operations, rejections);
    observer.onDurable(name, durable);
    if (owed.length > 0) await removal.settleOwed(owed);
    for (const { contender } of rejections) epoch.shortfalls.addRefused(contender.record);
    if (rejections.length > 0) await refusals.ofDocuments(rejections);
    return durable;
  }

  /** Hands over what was folded so far, and names what has to become durable. */
  private inFlight(): readonly Promise<unknown>[] {
    this.flush();
    return [this.epoch.inFlight(), this.closing?.inFlight() ?? Promise.resolve()];
  }

  /** Makes durable what was folded from records that were read again, parents included, outside of any epoch. */
  async writeRefolded(folded: readonly Refolded[]): Promise<void> {
    const { sink, parentOf } = this.deps;
    const epoch = this.epoch;
    const buffer = new OperationBuffer<RawRecord>();
    for (const { record, writes } of folded) for (const write of writes) buffer.add(write, record, record.value?.length ?? 0);
    for (const { record, refusals } of folded) if (refusals.length > 0) await this.deps.refusals.ofRecord(record, refusals);
    const { operations } = buffer.take();
    const durable = await this.finish(epoch, operations, await sink.submit(operations));
    await sink.submit(parentsOf(durable, parentOf));
  }

  /**
   * Whether children of this epoch may have been removed after the last look at their parents: by another owner of its partitions, which knows later
   * records of their keys. An owner looks at the parents once more `settleMs` after each removal, so those of a younger epoch are seen.
   */
  private isOvertaken({ begun }: Epoch): boolean {
    const { settleMs } = this.deps.options;
    return begun !== undefined && performance.now() - begun >= settleMs && begun - this.changedHands <= 2 * settleMs;
  }

  private checkpointIfDue(untilIdle: boolean): void {
    if (this.checkpoint) return;
    const now = performance.now();
    // Counted from the last commit too: one that fails is not repeated with each poll.
    const idle = untilIdle && this.idleSince !== undefined && now - Math.max(this.idleSince, this.lastCommit) >= IDLE_COMMIT_MS;
    if (idle || now - this.lastCommit >= this.deps.options.commitIntervalMs) void this.startCheckpoint();
  }

  /** Closes the epoch; the promise ends with its commit and never rejects. Undefined when there is nothing to commit. */
  private startCheckpoint(): Promise<void> | undefined {
    this.lastCommit = performance.now();
    // Nothing may be committed past what has failed.
    if (this.failure) return undefined;
    if (this.epoch.isEmpty && this.buffer.bytes === 0 && (this.deps.news?.isQuiet ?? true)) return undefined;
    this.flush();
    const epoch = this.epoch;
    this.epoch = new Epoch(this.deps.consumers.length, this.deps.news?.mark);
    this.closing = epoch;
    this.checkpoint = completeEpoch(epoch, {
      ...this.deps,
      inFlight: () => this.inFlight(),
      isOvertaken: () => this.isOvertaken(epoch),
      uncommitted: (consumer, { topic, partition, offset }) => this.epoch.offsets[consumer]!.advance(topic, partition, offset),
    })
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.checkpoint = undefined;
        this.closing = undefined;
      });
    return this.checkpoint;
  }
}

/** One that joins the group later would wait until those before it have learnt of it. All are connected, or have failed to, when this settles. */
async function startTogether(consumers: readonly RecordConsumer[]): Promise<void> {
  const starts = await Promise.allSettled(consumers.map((consumer) => consumer.start()));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
}

function authorName({ body }: DocumentWrite): string {
  return (body.author as { readonly name?: string } | undefined)?.name ?? '';
}

/** Whether a promise settles within the time; the promise goes on either way. */
async function settlesWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const cancel = new AbortController();
  try {
    return await Promise.race([work.then(() => true), sleep(ms, false, { signal: cancel.signal })]);
  } finally {
    cancel.abort();
  }
}
