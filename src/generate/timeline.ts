import type { Publication } from './publication.js';

/** Publications not yet due, ordered by time, then by the order of their scheduling. */
export interface Timeline {
  /** `at`: microseconds since 1970. */
  schedule(at: number, publication: Publication): void;
  /** Removes and returns everything due before `until`. */
  takeUntil(until: number): Generator<Publication, void, undefined>;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly publication: Publication;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** A binary heap. It holds what the submissions of some minutes have under way, however long the history is. */
export function createTimeline(): Timeline {
  const heap: Entry[] = [];
  let scheduled = 0;

  const siftUp = (entry: Entry): void => {
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(entry, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  };

  const siftDown = (entry: Entry): void => {
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, entry)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = entry;
  };

  const takeFirst = (): Publication => {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) siftDown(last);
    return first.publication;
  };

  return {
    schedule: (at, publication) => siftUp({ at, order: scheduled++, publication }),
    *takeUntil(until) {
      while (heap.length > 0 && heap[0]!.at < until) yield takeFirst();
    },
  };
}
