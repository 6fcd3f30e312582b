/**
 * The fold of one task from its checkpoint until something ends it: reading, writing, checkpoints, the look for lost data (spec 07 §8).
 *
 * Whatever goes wrong ends the session; the next one begins with the checkpoint, so there is nothing to repair in memory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GroupWindows } from '../../../projections/collections/group/index.js';
import { topicFilter } from '../../../projections/collections/tables/topics.js';
import type { Collection, PlacedEvent } from '../../../projections/collections/types.js';
import type { RawRecord } from '../../../streams/consumer.js';
import type { OffsetMap, TopicPartitionOffset } from '../../../streams/offsets.js';
import { messageOf } from '../../errors.js';
import { createEventFolder, type EventFolder, type RowSink } from '../rows/event-folder.js';
import type { TaskRecord } from '../types.js';
import type { Place } from './catch-up.js';
import { CheckpointKeeper } from './checkpoint.js';
import { Partitions, partitionKey, type Ends } from './partitions.js';
import type { OwnerParts } from './parts.js';
import type { ProgressKeeper } from './progress.js';
import type { Reading } from './pump.js';
import { rebuildKeys } from './rebuild-keys.js';
import { RebuildNeed } from './rebuild-need.js';
import type { RebuildPace } from './rebuild-pace.js';
import { replayStart } from '../log/replay-start.js';
import { createGroupedTarget, type GroupedTarget } from './grouped-target.js';
import { SessionCheckpoints } from './session-checkpoints.js';
import { createPlainTarget, type RowTarget } from './target.js';
import { Watermark } from './watermark.js';
import { RowWriter } from './writer.js';

/** Why a session ended. */
export type Ended =
  /** It was told to: what was folded is written, and the checkpoint with it. */
  | { readonly kind: 'left' }
  | { readonly kind: 'completed' }
  /** Redis has lost data: begin anew. */
  | { readonly kind: 'loss' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface SessionOptions {
  readonly parts: OwnerParts;
  readonly record: TaskRecord;
  readonly collection: Collection;
  readonly progress: ProgressKeeper;
  /** Of the task's rebuilds, those of earlier sessions included. */
  readonly pace: RebuildPace;
  /** It reads from now on. */
  readonly onOpen: () => Promise<void>;
  /** A rebuild begins or has ended. */
  readonly onRebuild: () => Promise<void>;
  /** Called a few times a second. */
  readonly onDuties: () => Promise<void>;
}

const TICK_MS = 50;
/** A task that is so few records behind reads with those at the tail. */
export const NEAR_RECORDS = 2_000;
/** What is in hand when a session is told to end gets this long. */
const LEAVE_MS = 15_000;
const LONGEST_BEHIND_MS = 600_000;

export class Session implements Reading {
  readonly next: OffsetMap;
  private readonly partitions: Partitions;
  private readonly need: RebuildNeed;
  private readonly checkpoints: SessionCheckpoints;
  private readonly folder: EventFolder;
  private readonly writer: RowWriter;
  private readonly target: RowTarget;
  private readonly grouped: GroupedTarget | undefined;
  private readonly sink: RowSink;
  private readonly ended = new AbortController();
  private end: Ended | undefined;
  private pump: Place['pump'] | undefined;
  /** While it is behind. */
  private place: Place | undefined;
  private lagAtStart = 0;
  private readonly guard: () => void;
  private finalEnds: Ends | undefined;

  constructor(private readonly options: SessionOptions) {
    const { parts, record, collection, progress } = options;
    const { counters } = progress;
    const guard = (): void => parts.membership.guard(record.id);
    this.guard = guard;
    const { table, sources } = collection.query;
    this.partitions = new Partitions(parts.catalogue, topicFilter(table, sources, parts.kafka.topicPrefix));
    this.next = this.partitions.next;
    this.need = new RebuildNeed(table.model === 'binary');
    this.folder = createEventFolder({ collection, task: record, policy: parts.policy, deletes: () => parts.deletes.table });
    this.writer = new RowWriter({
      redisKeyBase: collection.redisKeyBase,
      expireIn: collection.expireIn,
      store: parts.store,
      guard,
      timings: parts.timings,
      now: parts.now,
      onWritten: (written, notNewer) => {
        counters.written += written;
        counters.notNewer += notNewer;
      },
      onExpired: (count) => (counters.expired += count),
      onFailure: (error) => this.fail(error),
      // Whoever ends while it is not certain to be the owner may never be certain again, and others wait for its end.
      signal: this.ended.signal,
    });
    const left = (record.limit ?? Infinity) - counters.written - counters.notNewer;
    const { writer } = this;
    if (collection.query.body.kind === 'grouped') {
      const windows = new GroupWindows(collection, parts.settings);
      const watermark = new Watermark(parts.settings.maxOutOfOrderMs, parts.timings.silenceMs);
      this.grouped = createGroupedTarget({
        windows,
        windowMs: collection.query.body.windowMs,
        watermark,
        writer,
        now: parts.now,
        onLate: () => counters.late++,
        left,
      });
    }
    this.target = this.grouped ?? createPlainTarget({ collection, writer, left });
    this.checkpoints = new SessionCheckpoints({
      keeper: new CheckpointKeeper(parts.store, collection.redisKeyBase, record.id, guard),
      timings: parts.timings,
      standing: () => ({ positions: this.positions(), deletes: this.need.deletes, read: this.next.entries() }),
      flush: () => this.writer.flush(),
      onDurable: (read) => parts.groupOffsets.note(record.id, read),
      onLost: (reason) => this.lost(reason),
      signal: this.ended.signal,
    });
    this.sink = {
      received: ({ eventdate }) => {
        counters.received++;
        if (eventdate > progress.lastDatetime) progress.lastDatetime = eventdate;
      },
      matched: (row, values) => {
        counters.matched++;
        this.target.matched(row, values);
      },
      denied: (count) => (counters.denied += count),
      deleted: (count) => (counters.deleted += count),
      futureSkipped: (count) => (counters.futureSkipped += count),
    };
  }

  // What the pump sees.

  get query(): Collection['query'] {
    return this.options.collection.query;
  }

  take(placed: PlacedEvent, timestamp: number): void {
    this.folder.fold(placed, timestamp, this.sink);
    this.target.seen(placed);
  }

  tombstone(record: RawRecord): void {
    this.need.tombstone(record);
  }

  atEnd(topic: string, partition: number): void {
    this.target.atEnd(topic, partition);
  }

  room(): Promise<void> | undefined {
    return this.writer.room();
  }

  fail(error: unknown): void {
    this.finish({ kind: 'failed', error });
  }

  // What the task's runner sees.

  /** Folds until it is told to end, or must. Never rejects. */
  async run(signal: AbortSignal): Promise<Ended> {
    const stopWatching = this.options.parts.store.onConnected(() => {
      this.checkpoints.suspectLoss();
    });
    const leave = (): void => this.finish({ kind: 'left' });
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    try {
      if (this.end === undefined) await this.open();
      while (this.end === undefined) await this.duties();
    } catch (error) {
      this.fail(error);
    } finally {
      signal.removeEventListener('abort', leave);
      stopWatching();
    }
    return this.close();
  }

  /** Whether it has folded everything in front of these ends, and that is durable. */
  async isIdle(ends: Ends): Promise<boolean> {
    if (this.end !== undefined || this.pump === undefined || !this.partitions.hasReached(ends)) return false;
    if (!this.target.isSettled || this.options.progress.rebuilding || this.rebuildReason() !== undefined) return false;
    if (this.isDue(this.options.parts.now())) return false;
    if (!(await this.checkpoints.write())) return false;
    return this.checkpoints.looksWhole();
  }

  private finish(end: Ended): void {
    this.end ??= end;
    this.ended.abort();
  }

  private async open(): Promise<void> {
    const { parts, record, collection } = this.options;
    const found = await this.checkpoints.load();
    this.need.deletes = found?.deletes ?? parts.deletes.next;
    await this.discover(found?.offsets ?? new Map());
    if (found !== undefined && mayWithdraw(collection)) this.need.takenOver();
    if (found === undefined) await this.checkpoints.begin();
    this.lagAtStart = this.partitions.lag();
    parts.log.info({ task: record.id, name: record.friendlyName, lag: this.lagAtStart, partitions: this.next.entries().length, from: found === undefined ? 'replay start' : 'checkpoint' }, 'collection task is folded'); // prettier-ignore
    this.noteOffsets();
    if (this.lagAtStart <= NEAR_RECORDS) {
      this.pump = parts.tail;
      await this.pump.attach(this);
    } else {
      this.place = await parts.catchUp.join(this, this.lagAtStart, this.ended.signal);
      this.pump = this.place.pump;
    }
    await this.options.onOpen();
  }

  /** Partitions that are to be read and are not yet, from where they were left or else from the replay start. */
  private async discover(left: ReadonlyMap<string, number>): Promise<void> {
    const { parts, record, collection } = this.options;
    const start = replayStart(record, collection, parts.settings.clockSkewMs, parts.now());
    const found = await this.partitions.discover(left, start);
    for (const partition of found) this.target.reads(partition);
    if (this.pump !== undefined) this.pump.include(this, found);
    else for (const { topic, partition, offset } of found) this.next.advance(topic, partition, offset);
  }

  /** One round of everything that is done from time to time. */
  private async duties(): Promise<void> {
    const { progress } = this.options;
    await sleep(TICK_MS, undefined, { signal: this.ended.signal }).catch(() => undefined);
    if (this.end !== undefined) return;
    if (this.partitions.isStale) await this.discover(new Map());
    this.target.tick();
    this.noteOffsets();
    this.noteWatermark();
    if (this.place !== undefined && progress.lag <= NEAR_RECORDS) await this.joinTail(this.place);
    await this.checkpoints.lookIfDue();
    await this.rebuildIfDue();
    await this.completeIfDue();
    if (this.end === undefined && this.checkpoints.isDue) await this.checkpoints.write();
    await this.options.onDuties();
  }

  /** How far it is, for whoever asks and for a rebuild at rest. */
  private noteOffsets(): void {
    const { progress } = this.options;
    progress.lag = this.partitions.lag();
    progress.offsets = this.partitions.shown();
  }

  /** What was emitted once stays so, also when another worker takes over. */
  private noteWatermark(): void {
    const due = this.grouped?.dueUpTo ?? null;
    const { progress } = this.options;
    if (due !== null && due > (progress.watermark ?? -Infinity)) progress.watermark = due;
  }

  private rebuildReason(): string | undefined {
    const { parts, record } = this.options;
    return this.need.reason(parts.deletes.next, parts.tasks.rebuildRequest(record.id));
  }

  /** A task that is behind reads on first: what it has yet to read is judged by the deletes as they are. */
  private async rebuildIfDue(): Promise<void> {
    const { pace, progress } = this.options;
    if (this.end !== undefined) return;
    pace.note(this.rebuildReason(), performance.now());
    if (progress.lag > NEAR_RECORDS && !this.isLate) return;
    if (pace.isDue(performance.now())) await this.rebuild();
  }

  /** What lies before a task that is behind for very long does not hold up a rebuild. */
  private get isLate(): boolean {
    return this.options.pace.waits(performance.now()) > LONGEST_BEHIND_MS;
  }

  private async rebuild(): Promise<void> {
    const { parts, record, collection, pace, progress } = this.options;
    const { pump } = this;
    pace.begin(performance.now());
    progress.rebuilding = true;
    await this.options.onRebuild();
    // Who is behind has a turn already, or a part in one.
    const giveTurn = this.place === undefined ? await parts.turns.take(this.ended.signal) : (): void => undefined;
    try {
      await pump!.detach(this);
      await this.writer.flush();
      const request = parts.tasks.rebuildRequest(record.id);
      const { table, next } = await parts.deletes.fresh();
      const windows = await rebuildKeys({
        parts,
        record,
        collection,
        deletes: table,
        upTo: this.next.entries(),
        tombstonesUpTo: this.next.entries(),
        watermark: Math.max(this.grouped?.emittedUpTo ?? Infinity, progress.watermark ?? -Infinity),
        guard: this.guard,
        signal: this.ended.signal,
      });
      if (windows !== undefined) this.grouped?.replace(windows);
      this.need.done(next);
      progress.rebuilding = false;
      if ((await this.checkpoints.write()) && request !== undefined) await parts.tasks.finishRebuild(record.id, request);
      if (this.end === undefined) await pump!.attach(this);
    } finally {
      progress.rebuilding = false;
      giveTurn();
    }
    await this.options.onRebuild();
  }

  private async joinTail(place: Place): Promise<void> {
    this.place = undefined;
    await place.pump.detach(this);
    try {
      if (this.end !== undefined) return;
      this.pump = this.options.parts.tail;
      await this.pump.attach(this);
    } finally {
      await place.leave();
    }
  }

  private lost(reason: string): void {
    const { parts, record } = this.options;
    if (this.end !== undefined) return;
    parts.metrics.lost();
    parts.log.warn({ task: record.id, name: record.friendlyName, reason }, 'Redis has lost data of a collection, it is folded again');
    this.finish({ kind: 'loss' });
  }

  private isDue(now: number): boolean {
    const { to } = this.options.record;
    return to !== null && now > to + this.options.parts.timings.completionMs;
  }

  /** A finite task ends when the ends are reached that the log had after its range; one with a limit when it has its rows. */
  private async completeIfDue(): Promise<void> {
    const { parts } = this.options;
    if (!this.target.isComplete) {
      if (!this.isDue(parts.now()) || this.rebuildReason() !== undefined) return;
      if (this.finalEnds === undefined) {
        await parts.catalogue.look();
        await this.discover(new Map());
        this.finalEnds = this.partitions.ends();
      }
      if (!this.partitions.hasReached(this.finalEnds)) return;
      this.target.finish();
    }
    if (await this.checkpoints.write()) this.finish({ kind: 'completed' });
  }

  /** Where the log is to be read from again if everything in memory is gone. */
  private positions(): TopicPartitionOffset[] {
    const held = new Map(this.target.held().map((one) => [partitionKey(one), one.offset]));
    return this.next.entries().map((one) => {
      const { offset } = one;
      return { ...one, offset: Math.min(offset, held.get(partitionKey(one)) ?? offset, this.need.bound(one) ?? offset) };
    });
  }

  /** Of what lay before it when it began: 0 to 1. */
  get backfill(): number {
    return this.lagAtStart === 0 ? 1 : Math.max(0, 1 - this.partitions.lag() / this.lagAtStart);
  }

  private async close(): Promise<Ended> {
    const { parts, record } = this.options;
    const end = this.end!;
    const wasReading = this.pump !== undefined;
    await this.pump?.detach(this);
    await this.place?.leave();
    // A task at rest whose keys are lost is folded again up to where it was.
    if (wasReading) this.noteOffsets();
    // Who is not sure to be the owner any more leaves what is in hand to the next one.
    if (end.kind === 'left' && wasReading && parts.membership.isConfirmed) {
      const deadline = sleep(LEAVE_MS, 'late' as const, { ref: false });
      const outcome = await Promise.race([this.checkpoints.write(), deadline]).catch((error: unknown) => messageOf(error));
      if (outcome !== true) parts.log.warn({ task: record.id, reason: outcome === false ? 'refused' : outcome }, 'a collection is left without a last checkpoint'); // prettier-ignore
    }
    await this.writer.drop();
    return end;
  }
}

/** Whether a row may be withdrawn: by a filter after `group`, or by moving to another key. */
function mayWithdraw({ query: { body }, keyFields }: Collection): boolean {
  return body.kind === 'grouped' && (body.filtered || keyFields.some(({ name }) => body.changing.has(name)));
}
