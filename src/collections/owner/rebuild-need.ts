/** What of a task's keys may be there that should not be: deletes that were read after them, and tombstones (spec 07 §8 "Deletes"). */
import type { TopicPartition, TopicPartitionOffset } from '../../../streams/offsets.js';
import { partitionKey } from './partitions.js';

export class RebuildNeed {
  /** Next offset of `system.delete` that the keys do not know. */
  deletes = 0;
  /** Offsets of tombstones that are not dealt with, the lowest of each partition: the checkpoint stays in front of them. */
  private readonly tombstones = new Map<string, number>();
  private read = 0;
  private isTakenOver = false;

  /** `matters`: whether deletes concern the task's table. */
  constructor(private readonly matters: boolean) {}

  tombstone(position: TopicPartitionOffset): void {
    if (!this.matters) return;
    const key = partitionKey(position);
    this.read++;
    if (!this.tombstones.has(key)) this.tombstones.set(key, position.offset);
  }

  /** The owner before may have died with rows withdrawn that still stand. */
  takenOver(): void {
    this.isTakenOver = true;
  }

  /** A text that changes with every new reason; undefined when the keys are as they should be. `request`: of somebody who asks for a rebuild. */
  reason(nextDelete: number, request: string | undefined): string | undefined {
    const deleted = this.matters && nextDelete > this.deletes;
    if (request === undefined && !deleted && !this.isTakenOver && this.tombstones.size === 0) return undefined;
    return `${request ?? ''} ${deleted ? nextDelete : ''} ${this.read}`;
  }

  /** The offset that a checkpoint may not pass; undefined: any. */
  bound(partition: TopicPartition): number | undefined {
    return this.tombstones.get(partitionKey(partition));
  }

  /** The keys are rebuilt, by the deletes in front of this offset. */
  done(nextDelete: number): void {
    this.tombstones.clear();
    this.isTakenOver = false;
    this.deletes = nextDelete;
  }
}
