/**
 * What was folded between two commits of one projection: positions, operations under way, parents owed.
 *
 * Commits follow epochs, not records: an epoch is closed, everything in it is awaited, parents are sent, then its offsets are committed
 * (spec 00 "Before a commit"). The next epoch fills meanwhile.
 */
import { OffsetMap, type TopicPartition } from '../../streams/offsets.js';
import type { ParentOperation } from '../sinks/operations.js';
import { Shortfalls } from './shortfalls.js';

export class Epoch {
  /** Next offsets by consumer, in the order of the projection's consumers. */
  readonly offsets: readonly OffsetMap[];
  /** Parents of the children that became durable, by sha256: sent once an epoch. */
  readonly parents = new Map<string, ParentOperation>();
  records = 0;
  /** When the first of its operations was handed over, by `performance.now()`. */
  begun: number | undefined;
  /** Records that make less than earlier ones of their keys may have made. */
  readonly shortfalls = new Shortfalls();
  private readonly pending = new Set<Promise<void>>();
  private readonly folding = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  /** `mark`: what of the tables was applied when it began (`TableNews.mark`). */
  constructor(
    consumers: number,
    readonly mark = 0,
  ) {
    this.offsets = Array.from({ length: consumers }, () => new OffsetMap());
  }

  /** Folding that must have succeeded before this epoch's offsets may be committed. */
  track(work: Promise<void>): void {
    const settled = this.waitFor(work);
    this.folding.add(settled);
    void settled.finally(() => this.folding.delete(settled));
  }

  /** Other work that must have succeeded before the commit. It may itself wait for `inFlight`. Resolves when the work is settled. */
  waitFor(work: Promise<unknown>): Promise<void> {
    const settled: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => {
          this.failure ??= { error };
        },
      )
      .finally(() => this.pending.delete(settled));
    this.pending.add(settled);
    return settled;
  }

  /** Resolves when the folding that is tracked at this moment is done, whatever came of it. */
  async inFlight(): Promise<void> {
    await Promise.all(this.folding);
  }

  /** Resolves when all tracked work, also what it tracked in turn, is done. Rejects with the first failure. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
    if (this.failure) throw this.failure.error;
  }

  /** Forgets the positions of partitions that were taken away. */
  drop(consumer: number, partitions: readonly TopicPartition[]): void {
    this.offsets[consumer]!.drop(partitions);
  }

  get isEmpty(): boolean {
    return this.records === 0 && this.pending.size === 0 && this.offsets.every((map) => map.entries().length === 0);
  }
}
