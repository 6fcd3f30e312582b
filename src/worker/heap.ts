/**
 * Keeps the memory of a worker small. V8 lets garbage pile up to a share of the machine's memory before it collects the old generation, and with
 * it stay the buffers outside of the heap that the garbage holds (records as the Kafka client gives them); a worker shares its machine with
 * OpenSearch and other workers, and its live data is a few tens of megabytes whatever the backlog.
 * A forced collection takes about 35 ms, a few in ten seconds at full load.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const CHECK_MS = 250;
const MEBIBYTE = 1024 * 1024;
/** Heap and buffers may always grow to this. */
const FLOOR_BYTES = 136 * MEBIBYTE;
/** Beyond it, by this much over what was alive after the last collection: live data can't make it collect all the time. */
const ROOM_BYTES = 56 * MEBIBYTE;

/** Collects garbage whenever heap and buffers have grown past their bound; ends with the process or by the returned function. */
export function keepHeapSmall(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let limit = FLOOR_BYTES;
  const timer = setInterval(() => {
    if (heldBytes() < limit) return;
    collect();
    limit = Math.max(FLOOR_BYTES, heldBytes() + ROOM_BYTES);
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: buffers } = getHeapStatistics();
  return heap + buffers;
}
