/** Rows of a grouped task: held in windows, written when their windows are due, and again when they change (spec 07 §7). */
import type { GroupWindows } from '../../../projections/collections/group/index.js';
import type { RowTarget } from './target.js';
import type { Watermark } from './watermark.js';
import type { RowWriter } from './writer.js';

export interface GroupedTargetOptions {
  readonly windows: GroupWindows;
  /** Undefined: one window over the whole range. */
  readonly windowMs: number | undefined;
  readonly watermark: Watermark;
  readonly writer: Pick<RowWriter, 'add' | 'force'>;
  readonly now: () => number;
  readonly onLate: () => void;
  /** Rows that are still to be written; Infinity without a limit. */
  readonly left: number;
}

export interface GroupedTarget extends RowTarget {
  /** A refold has made the windows anew. */
  replace(windows: GroupWindows): void;
  /** Windows that end at or before it have been emitted. */
  readonly emittedUpTo: number;
  /** The last end of a window at or before that; null: there is none. */
  readonly dueUpTo: number | null;
}

export function createGroupedTarget({
  windows: first,
  windowMs,
  watermark,
  writer,
  now,
  onLate,
  left: rows,
}: GroupedTargetOptions): GroupedTarget {
  let windows = first;
  let left = rows;
  let settled = false;
  /** It never goes back: what has been emitted stays so. */
  let emittedUpTo = -Infinity;

  function emit(upTo: number): void {
    emittedUpTo = Math.max(emittedUpTo, upTo);
    for (const { keyHash, row, force } of windows.emissions(emittedUpTo)) {
      if (left <= 0) return;
      if (force || row === undefined) writer.force(keyHash, row);
      else if (writer.add(row)) left--;
    }
  }

  return {
    matched(row, by) {
      if (windows.add(row, by)) onLate();
    },
    reads: (partition) => watermark.add(partition),
    seen({ topic, partition, event }) {
      settled = false;
      watermark.seen(topic, partition, Number(event.timestamp / 1000n));
    },
    atEnd: (topic, partition) => watermark.atEnd(topic, partition, now()),
    tick() {
      const instant = now();
      emit(watermark.value(instant));
      windows.prune(instant);
      settled = watermark.isSilent(instant);
    },
    finish: () => emit(Infinity),
    get isSettled() {
      return settled;
    },
    get isComplete() {
      return left <= 0;
    },
    held: () => windows.lowestOffsets(),
    replace(made) {
      windows = made;
    },
    get emittedUpTo() {
      return emittedUpTo;
    },
    get dueUpTo() {
      return Number.isFinite(emittedUpTo) && windowMs !== undefined ? Math.floor(emittedUpTo / windowMs) * windowMs : null;
    },
  };
}
