/** The benchmark of collections for people. */
import type { CollectionsBenchResult, FoldedTasks } from './collections.js';

const TARGET = 0.5;
/** Bytes a key of the specification's estimate (spec 07 §11). */
const ESTIMATE = { hashOnly: 176, content: 240 };

export function collectionsText({ tasks, lookUps, memory }: CollectionsBenchResult): string {
  const thousands = (value: number): string => `${(value / 1_000).toFixed(1)} k`;
  const folded = ({ title, events, rows, keys, ...run }: FoldedTasks): string[] => [
    title,
    `  ${events} events, ${rows} rows, ${keys} keys: ${thousands(run.eventsPerSecond)} events/s, ${thousands(run.rowsPerSecond)} rows/s, ${run.cpuMicrosPerEvent.toFixed(0)} µs of CPU an event`,
    `  the same records read and let go: ${thousands(run.readPerSecond)} events/s`,
    `  bare pipelines of the same rows: ${thousands(run.bareRowsPerSecond)} rows/s; the store's own writing: ${thousands(run.storeRowsPerSecond)} rows/s`,
    `  fold / bare ${run.foldShare.toFixed(2)}   store / bare ${run.storeShare.toFixed(2)}   target ${TARGET.toFixed(1)}`,
  ];
  return [
    ...tasks.flatMap(folded),
    `look-ups/s over ${lookUps.keys} keys: ${thousands(lookUps.single)} one after the other, ${thousands(lookUps.concurrent)} of 64 callers, ${thousands(lookUps.batched)} in batches of 1000`,
    `memory of ${memory.keys} keys, bytes each: hash only ${memory.hashOnlyBytes.toFixed(0)} (estimate ${ESTIMATE.hashOnly}), with 51 bytes of content ${memory.contentBytes.toFixed(0)} (estimate ${ESTIMATE.content})`,
  ].join('\n');
}
