/** One task in the hands of its owner: which status it has, and what is done about it (spec 07 §8). */
import { setTimeout as sleep } from 'node:timers/promises';
import { compileCollection } from '../../../projections/collections/collection.js';
import type { Collection } from '../../../projections/collections/types.js';
import { messageOf } from '../../errors.js';
import { Backoff } from '../../sinks/backoff.js';
import { moved } from '../tasks/index.js';
import type { Task, TaskRecord, TaskStatus } from '../types.js';
import { rebuildAtRest } from './at-rest.js';
import { isFatal } from './fatal.js';
import type { OwnerParts } from './parts.js';
import { ProgressKeeper } from './progress.js';
import { RebuildPace } from './rebuild-pace.js';
import { retentionWarning } from './retention.js';
import { Session } from './session.js';

const FOLDED: readonly TaskStatus[] = ['CREATED', 'RUNNING', 'RECONNECTING', 'PAUSED'];
/** Kafka may be away when a status is to be written: the task's own state does not wait for it longer. */
const LONGEST_WAIT_MS = 3_600_000;

/** What is done about a status. */
type Mode = 'fold' | 'rest' | 'remove';

function modeOf(status: TaskStatus): Mode {
  if (status === 'REMOVED') return 'remove';
  return FOLDED.includes(status) ? 'fold' : 'rest';
}

export class TaskRunner {
  private readonly leaving = new AbortController();
  private readonly backoff: Backoff;
  private readonly progress: ProgressKeeper;
  private readonly pace: RebuildPace;
  private session: Session | undefined;
  /** Ends the session, or a wait. */
  private turn = new AbortController();
  private progressAt = 0;
  private progressWriting: Promise<void> | undefined;
  /** Ends a rest. */
  private wake: () => void = () => (this.awake = true);
  /** Something may be to be done that was not when the rest began. */
  private awake = false;
  private mode: Mode = 'rest';
  private resting = false;
  private done: Promise<void> | undefined;

  constructor(
    private readonly parts: OwnerParts,
    readonly id: string,
  ) {
    this.backoff = new Backoff(...parts.timings.backoffMs);
    this.pace = new RebuildPace(parts.timings);
    this.progress = new ProgressKeeper(parts.name, parts.tasks.get(id)?.progress, parts.now);
  }

  start(): void {
    this.done ??= this.run().catch((error: unknown) =>
      this.parts.log.error({ task: this.id, err: error }, 'a collection task is given up'),
    );
  }

  /** The task's record has changed. */
  changed(): void {
    const status = this.parts.tasks.get(this.id)?.record.status;
    // Its own changes of a status that is folded are no reason to begin anew.
    if (status === undefined || modeOf(status) !== this.mode) this.turn.abort();
    else this.wake();
  }

  /** There are deletes that there were not before. */
  news(): void {
    this.wake();
  }

  /** Ends what is done for the task; resolves when nothing is written any more. `paused`: an orderly shutdown, which the status tells. */
  async leave(paused: boolean): Promise<void> {
    this.leaving.abort();
    this.turn.abort();
    await this.done;
    if (paused && this.parts.membership.owns(this.id) && this.parts.membership.isConfirmed)
      await this.setStatus('PAUSED', ['CREATED', 'RUNNING', 'RECONNECTING']).catch(() => undefined);
    await this.writeProgress().catch(() => undefined);
    this.parts.metrics.forget(this.id);
  }

  /** Undefined while all is well, else what the task waits for. */
  problem(): string | undefined {
    const task = this.parts.tasks.get(this.id);
    return task?.record.status === 'RECONNECTING'
      ? `collection ${task.record.friendlyName} of ${task.record.domain} reconnects`
      : undefined;
  }

  /** Whether there is nothing left to do in front of these ends. */
  async isIdle(ends: ReadonlyMap<string, number>): Promise<boolean> {
    if (this.session !== undefined) return this.session.isIdle(ends);
    return this.resting;
  }

  private async run(): Promise<void> {
    while (!this.leaving.signal.aborted) {
      this.turn = new AbortController();
      const task = this.parts.tasks.get(this.id);
      if (task === undefined) return;
      await this.attempt('a step of a collection task', () => this.step(task));
    }
  }

  private async step({ record }: Task): Promise<void> {
    this.resting = false;
    this.awake = false;
    this.mode = modeOf(record.status);
    if (this.mode === 'remove') await this.remove(record);
    else if (this.mode === 'fold') await this.fold(record);
    else await this.restIn(record);
  }

  /** Stopped, or complete: its keys stay until they expire, or a delete takes them back. */
  private async restIn(record: TaskRecord): Promise<void> {
    let collection: Collection;
    try {
      collection = compileCollection(record);
    } catch {
      return this.rest();
    }
    const { parts, progress, pace, turn } = this;
    try {
      await rebuildAtRest({ parts, record, collection, progress, pace, onRebuild: () => this.writeProgress(), signal: turn.signal });
    } catch (error) {
      if (turn.signal.aborted) return;
      throw error;
    }
    this.backoff.reset();
    await this.rest();
  }

  /** Nothing is to be done before something changes. */
  private async rest(ms = LONGEST_WAIT_MS): Promise<void> {
    await this.writeProgress();
    this.show();
    if (this.awake) return;
    this.resting = true;
    await this.wait(ms);
  }

  private async wait(ms: number): Promise<void> {
    const woken = new AbortController();
    this.wake = () => {
      this.awake = true;
      this.resting = false;
      woken.abort();
    };
    await sleep(ms, undefined, { signal: AbortSignal.any([this.turn.signal, woken.signal]) }).catch(() => undefined);
  }

  private async fold(record: TaskRecord): Promise<void> {
    const { parts } = this;
    const collection = await this.collectionOf(record);
    if (collection === undefined) return;
    this.progress.warning = retentionWarning(collection, record);
    if (record.status !== 'RUNNING' && record.status !== 'RECONNECTING') await this.setStatus('RUNNING', FOLDED);
    const began = performance.now();
    const session = new Session({
      parts,
      record,
      collection,
      progress: this.progress,
      onOpen: async () => {
        await this.setStatus('RUNNING', FOLDED);
        await this.writeProgress();
      },
      onRebuild: () => this.writeProgress(),
      pace: this.pace,
      onDuties: () => this.onDuties(),
    });
    this.session = session;
    const end = await session.run(this.turn.signal);
    this.session = undefined;
    if (performance.now() - began > parts.timings.backoffMs[1]) this.backoff.reset();
    switch (end.kind) {
      case 'completed':
        // Before the status: whoever finds it complete knows by the progress how far it was.
        await this.writeProgress();
        await this.setStatus('COMPLETED', FOLDED);
        parts.log.info({ task: record.id, name: record.friendlyName }, 'collection task is complete');
        return;
      case 'failed':
        await this.failed(record, end.error);
        return;
      default:
        await this.writeProgress();
    }
  }

  /** Undefined when the query can't be compiled any more: the task is stopped then. */
  private async collectionOf(record: TaskRecord): Promise<Collection | undefined> {
    try {
      return compileCollection(record);
    } catch (error) {
      await this.stop(record, messageOf(error));
      return undefined;
    }
  }

  private async failed(record: TaskRecord, error: unknown): Promise<void> {
    if (isFatal(error)) {
      await this.stop(record, messageOf(error));
      return;
    }
    const { parts } = this;
    parts.metrics.outage();
    parts.log.warn({ task: record.id, name: record.friendlyName, err: error }, 'collection task reconnects');
    this.progress.addError(`reconnecting: ${messageOf(error)}`);
    await this.setStatus('RECONNECTING', FOLDED);
    await this.writeProgress();
    await this.backoff.wait(AbortSignal.any([this.turn.signal, this.leaving.signal])).catch(() => undefined);
  }

  private async stop(record: TaskRecord, reason: string): Promise<void> {
    this.parts.log.error({ task: record.id, name: record.friendlyName, reason }, 'collection task is stopped: it cannot go on');
    this.progress.addError(reason);
    await this.setStatus('STOPPED', FOLDED);
    await this.writeProgress();
    if (this.parts.tasks.get(this.id)?.record.status !== 'STOPPED') await this.wait(this.parts.timings.backoffMs[0]);
  }

  private async remove(record: TaskRecord): Promise<void> {
    const { parts } = this;
    if (!record.sweep) {
      const age = parts.now() - record.updated;
      if (age < parts.timings.forgetMs) return this.rest(Math.min(LONGEST_WAIT_MS, parts.timings.forgetMs - age));
      await this.attempt('forgetting a removed collection', () => parts.tasks.forget(this.id));
      return;
    }
    await this.attempt('sweeping the keys of a removed collection', async () => {
      const swept = await parts.store.sweep(record.redisKeyBase);
      await parts.groupOffsets.remove(this.id);
      parts.log.info({ task: record.id, name: record.friendlyName, keys: swept }, 'keys of a removed collection are gone');
      await parts.tasks.change(this.id, (now) => (now.sweep ? { ...now, sweep: false, updated: parts.now() } : undefined));
      this.backoff.reset();
    });
  }

  /** Does a step; after a failure it waits, and the caller comes again. */
  private async attempt(what: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.parts.log.warn({ task: this.id, err: error }, `${what} failed, trying again`);
      await this.backoff.wait(this.leaving.signal).catch(() => undefined);
    }
  }

  /** Kafka may be away: then the status stays as it is told, and what is done goes on. */
  private async setStatus(status: TaskStatus, from: readonly TaskStatus[]): Promise<void> {
    try {
      await this.parts.tasks.change(this.id, (now) =>
        from.includes(now.status) && now.status !== status ? moved(now, status, this.parts.now()) : undefined,
      );
    } catch (error) {
      this.parts.log.warn({ task: this.id, status, err: error }, 'the status of a collection task cannot be written');
    }
  }

  private async onDuties(): Promise<void> {
    if (performance.now() - this.progressAt < this.parts.timings.progressMs) return;
    this.show();
    // Kafka being slow holds up no fold.
    this.progressWriting ??= this.writeProgress().finally(() => (this.progressWriting = undefined));
    await Promise.resolve();
  }

  private show(): void {
    const status = this.parts.tasks.get(this.id)?.record.status;
    if (status !== undefined) this.parts.metrics.show(this.id, status, this.progress, this.session?.backfill ?? 1);
  }

  /** Never rejects. */
  private async writeProgress(): Promise<void> {
    this.progressAt = performance.now();
    const progress = this.progress.take();
    if (progress === undefined) return;
    try {
      await this.parts.tasks.writeProgress(this.id, progress);
    } catch (error) {
      this.progress.notWritten();
      this.parts.log.warn({ task: this.id, err: error }, 'the progress of a collection task cannot be written');
    }
  }
}
