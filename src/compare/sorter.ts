/**
 * Sorts any number of entries by their keys' bytes in bounded memory: what does not fit is written to disk in sorted runs, which are merged
 * when everything is there. The bytes of UTF-8 are in code-point order.
 */
import { join } from 'node:path';
import { entryAt, entryBytes, HEAD_BYTES, putEntry, RunReader, RunWriter, type SortEntry } from './runs.js';

export type { SortEntry } from './runs.js';

export interface SorterOptions {
  /** Folder for the runs; whoever made it removes it. */
  readonly folder: string;
  /** Begins the runs' names. */
  readonly name: string;
  readonly memoryBytes?: number;
  /** Runs that are merged at a time. */
  readonly fanIn?: number;
}

const MEMORY_BYTES = 24 * 1024 * 1024;
const FAN_IN = 48;

export class Sorter {
  private arena: Buffer;
  private at = 0;
  private starts: number[] = [];
  private runs: string[] = [];
  private made = 0;
  private readonly fanIn: number;

  constructor(private readonly options: SorterOptions) {
    this.arena = Buffer.allocUnsafe(options.memoryBytes ?? MEMORY_BYTES);
    this.fanIn = options.fanIn ?? FAN_IN;
  }

  add(key: Buffer, value: Buffer): void {
    const length = HEAD_BYTES + key.length + value.length;
    if (this.at + length > this.arena.length) this.spill();
    if (length > this.arena.length) this.arena = Buffer.allocUnsafe(length);
    putEntry(this.arena, this.at, key, value);
    this.starts.push(this.at);
    this.at += length;
  }

  /** All entries, those of one key in the order of their adding. To be read once; an entry's bytes stay until the next one is asked for. */
  *sorted(): Generator<SortEntry> {
    if (this.runs.length === 0) {
      for (const start of this.sortedStarts()) yield entryAt(this.arena, start);
    } else {
      this.spill();
      while (this.runs.length > this.fanIn) this.mergeNeighbours();
      yield* merged(this.runs);
    }
    this.arena = Buffer.alloc(0);
    this.starts = [];
  }

  private sortedStarts(): number[] {
    const { arena } = this;
    return this.starts.sort((a, b) => {
      const [keyA, keyB] = [a + HEAD_BYTES, b + HEAD_BYTES];
      return arena.compare(arena, keyB, keyB + arena.readUInt32BE(b), keyA, keyA + arena.readUInt32BE(a)) || a - b;
    });
  }

  private newRun(): string {
    return join(this.options.folder, `${this.options.name}-${String(this.made++)}`);
  }

  private spill(): void {
    if (this.starts.length === 0) return;
    const path = this.newRun();
    const writer = new RunWriter(path);
    for (const start of this.sortedStarts()) {
      const length = HEAD_BYTES + this.arena.readUInt32BE(start) + this.arena.readUInt32BE(start + 4);
      writer.write(this.arena.subarray(start, start + length));
    }
    writer.close();
    this.runs.push(path);
    this.starts = [];
    this.at = 0;
  }

  /** One run of each `fanIn` neighbours, which take their place, so that the order of adding is kept. */
  private mergeNeighbours(): void {
    const neighbours = Array.from({ length: Math.ceil(this.runs.length / this.fanIn) }, (_, at) =>
      this.runs.slice(at * this.fanIn, (at + 1) * this.fanIn),
    );
    this.runs = neighbours.map((paths) => {
      const path = this.newRun();
      const writer = new RunWriter(path);
      for (const entry of merged(paths)) writer.write(entryBytes(entry));
      writer.close();
      return path;
    });
  }
}

/** Merges runs; of equal keys the earlier run's entry comes first. The runs are removed. */
function* merged(paths: readonly string[]): Generator<SortEntry> {
  const readers = paths.map((path) => new RunReader(path));
  try {
    const heap = new ReaderHeap(readers);
    for (let reader = heap.first; reader?.current !== undefined; reader = heap.first) {
      yield reader.current;
      reader.advance();
      heap.settle();
    }
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** The reader with the least key stands first; one at its end is greater than all. */
class ReaderHeap {
  private readonly heap: { readonly reader: RunReader; readonly order: number }[];

  constructor(readers: readonly RunReader[]) {
    this.heap = readers.map((reader, order) => ({ reader, order }));
    for (let at = this.heap.length >> 1; at >= 0; at--) this.sink(at);
  }

  get first(): RunReader | undefined {
    return this.heap[0]?.reader;
  }

  /** After the first reader has moved on. */
  settle(): void {
    this.sink(0);
  }

  private before(a: number, b: number): boolean {
    const [x, y] = [this.heap[a]!, this.heap[b]!];
    if (x.reader.current === undefined || y.reader.current === undefined) return x.reader.current !== undefined;
    const order = Buffer.compare(x.reader.current.key, y.reader.current.key);
    return order === 0 ? x.order < y.order : order < 0;
  }

  private sink(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.heap.length && this.before(left, least)) least = left;
      if (right < this.heap.length && this.before(right, least)) least = right;
      if (least === at) return;
      [this.heap[at], this.heap[least]] = [this.heap[least]!, this.heap[at]!];
      at = least;
    }
  }
}
