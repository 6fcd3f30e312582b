/** Which positions are read together, and what a record that comes says of those that are waited for. Pure: no client. */
import type { GoneReason } from './fetch.js';
import type { TopicPartition, TopicPartitionOffset } from './offsets.js';

/** Positions of one partition that are near enough to be read in one go; offsets ascending, each once. */
export interface PlannedRun {
  readonly topic: string;
  readonly partition: number;
  readonly offsets: readonly number[];
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** Reading on over this many records (0.01 ms each) is cheaper than seeking (4 ms), the more so with a broker far away. */
const MAX_GAP = 128;

/** Runs in groups that are read side by side: at most `width`, each of another partition. */
export function planRuns(positions: readonly TopicPartitionOffset[], width: number): PlannedRun[][] {
  const groups: PlannedRun[][] = [];
  const byPartition = new Map<string, TopicPartitionOffset[]>();
  for (const position of positions) {
    const list = byPartition.get(partitionKey(position));
    if (list) list.push(position);
    else byPartition.set(partitionKey(position), [position]);
  }
  const waiting = [...byPartition.values()].map(runsOf);
  while (waiting.some((runs) => runs.length > 0)) {
    const next = waiting.flatMap((runs) => runs.splice(0, 1));
    for (let at = 0; at < next.length; at += width) groups.push(next.slice(at, at + width));
  }
  return groups;
}

function runsOf(positions: readonly TopicPartitionOffset[]): PlannedRun[] {
  const { topic, partition } = positions[0]!;
  const offsets = [...new Set(positions.map(({ offset }) => offset))].sort((a, b) => a - b);
  const runs: { topic: string; partition: number; offsets: number[] }[] = [];
  for (const offset of offsets) {
    const last = runs.at(-1)?.offsets;
    if (last !== undefined && offset - last.at(-1)! <= MAX_GAP) last.push(offset);
    else runs.push({ topic, partition, offsets: [offset] });
  }
  return runs;
}

/** By `partitionKey`. */
export function greatestOffsets(positions: readonly TopicPartitionOffset[]): Map<string, number> {
  const greatest = new Map<string, number>();
  for (const position of positions) {
    const key = partitionKey(position);
    greatest.set(key, Math.max(position.offset, greatest.get(key) ?? 0));
  }
  return greatest;
}

/** First and next offset of a partition. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** A run that is being read. */
export interface Run extends PlannedRun {
  /** Offsets that are still waited for: the last so many. */
  left: number;
  readonly gone: { readonly offset: number; readonly reason: GoneReason }[];
}

/** Leaves out what the partition does not hold; `bounds` is undefined when there is no such partition. */
export function createRun({ topic, partition, offsets }: PlannedRun, bounds: Bounds | undefined): Run {
  const held = offsets.filter((offset) => bounds !== undefined && offset >= bounds.low && offset < bounds.high);
  const gone = offsets.filter((offset) => !held.includes(offset)).map((offset) => ({ offset, reason: 'retention' as const }));
  return { topic, partition, offsets: held, left: held.length, gone };
}

/** A record came: those waited for before it are compacted. True when it is waited for itself. */
export function foundInRun(run: Run, offset: number): boolean {
  while (run.left > 0 && next(run) < offset) skip(run);
  if (run.left === 0 || next(run) !== offset) return false;
  run.left--;
  return true;
}

/** The partition's end came: the rest is compacted. */
export function runEnded(run: Run): void {
  while (run.left > 0) skip(run);
}

function next({ offsets, left }: Run): number {
  return offsets[offsets.length - left]!;
}

function skip(run: Run): void {
  run.gone.push({ offset: next(run), reason: 'compacted' });
  run.left--;
}
