/** What becomes of the rows that a task's query takes: keys at once, or groups first. */
import type { Collection, EventRow, LinqValue, PlacedEvent } from '../../../projections/collections/types.js';
import type { TopicPartition, TopicPartitionOffset } from '../../../streams/offsets.js';
import type { RowWriter } from './writer.js';

export interface RowTarget {
  matched(row: EventRow, values: readonly LinqValue[]): void;
  /** A partition that is read from now on. */
  reads(partition: TopicPartition): void;
  /** An event of the partition was read, whether it is a row or not. */
  seen(placed: PlacedEvent): void;
  atEnd(topic: string, partition: number): void;
  /** Hands over what is due by now. */
  tick(): void;
  /** Hands over everything: no event comes any more. */
  finish(): void;
  /** Whether nothing more is due although nothing more comes. */
  readonly isSettled: boolean;
  /** Whether the task has all the rows that it asked for. */
  readonly isComplete: boolean;
  /** First offsets of what is held in memory only, by partition: the log has to be read from there again. */
  held(): readonly TopicPartitionOffset[];
}

export interface PlainTargetOptions {
  readonly collection: Collection;
  readonly writer: Pick<RowWriter, 'add'>;
  /** Rows that are still to be written; Infinity without a limit. */
  readonly left: number;
}

/** Each row is a key. */
export function createPlainTarget({ collection, writer, left: rows }: PlainTargetOptions): RowTarget {
  let left = rows;
  return {
    matched(_, values) {
      if (left > 0 && writer.add(collection.row(values, 1))) left--;
    },
    reads: () => undefined,
    seen: () => undefined,
    atEnd: () => undefined,
    tick: () => undefined,
    finish: () => undefined,
    isSettled: true,
    get isComplete() {
      return left <= 0;
    },
    held: () => [],
  };
}
