/** When a session writes its checkpoint, and when it looks whether Redis still has what was written (spec 07 §8 "Loss of Redis data"). */
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import type { CheckpointKeeper, FoundCheckpoint } from './checkpoint.js';
import { Unconfirmed, whenConfirmed } from './membership.js';
import type { OwnerTimings } from './timings.js';

export interface SessionCheckpointsOptions {
  readonly keeper: CheckpointKeeper;
  readonly timings: Pick<OwnerTimings, 'checkpointMs' | 'lossCheckMs'>;
  /**
   * At this moment: where the log is to be read from again, the next offset of `system.delete` that the keys do not know, and the next offsets that are read.
   */
  readonly standing: () => {
    readonly positions: readonly TopicPartitionOffset[];
    readonly deletes: number;
    readonly read: readonly TopicPartitionOffset[];
  };
  /** Brings to Redis what was folded before. */
  readonly flush: () => Promise<void>;
  /** What was made of everything in front of these offsets is in Redis. */
  readonly onDurable: (read: readonly TopicPartitionOffset[]) => void;
  readonly onLost: (reason: string) => void;
  readonly signal: AbortSignal;
}

export class SessionCheckpoints {
  private writtenAt = performance.now();
  private lookedAt = performance.now();
  private suspected = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SessionCheckpointsOptions) {}

  /** Undefined when there is none: data is missing. */
  load(): Promise<FoundCheckpoint | undefined> {
    return whenConfirmed(this.options.signal, () => this.options.keeper.load());
  }

  /** Begins anew from the present standing. */
  async begin(): Promise<void> {
    const { standing, keeper, onDurable, signal } = this.options;
    const { positions, deletes, read } = standing();
    await whenConfirmed(signal, () => keeper.begin(positions, deletes));
    onDurable(read);
  }

  get isDue(): boolean {
    return performance.now() - this.writtenAt >= this.options.timings.checkpointMs;
  }

  /** Brings what was folded so far to Redis and says so there. False when that could not be. One at a time: each names the one before it. */
  write(): Promise<boolean> {
    const done = this.turn.then(() => this.writeOnce());
    this.turn = done.catch(() => false);
    return done;
  }

  /** A connection was lost and made again: the server behind it may be another one. */
  suspectLoss(): void {
    this.suspected = true;
  }

  async lookIfDue(): Promise<void> {
    const now = performance.now();
    if (!this.suspected && now - this.lookedAt < this.options.timings.lossCheckMs) return;
    this.suspected = false;
    this.lookedAt = now;
    await this.looksWhole();
  }

  async looksWhole(): Promise<boolean> {
    if (await this.options.keeper.isWhole()) return true;
    this.options.onLost('the checkpoint in Redis is missing or older than the last that was written');
    return false;
  }

  private async writeOnce(): Promise<boolean> {
    const { keeper, standing, flush, onDurable, onLost } = this.options;
    this.writtenAt = performance.now();
    const { positions, deletes, read } = standing();
    await flush();
    try {
      if (await keeper.advance(positions, deletes)) {
        onDurable(read);
        return true;
      }
    } catch (error) {
      if (error instanceof Unconfirmed) return false;
      throw error;
    }
    onLost('the checkpoint in Redis is not the last that was written');
    return false;
  }
}
