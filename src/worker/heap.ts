/**
 * Keeps the heap of a worker small. V8 lets garbage pile up to a share of the machine's memory before it collects the old generation; a worker
 * shares its machine with OpenSearch and other workers, and its live data is a few tens of megabytes whatever the backlog.
 * A forced collection takes about 35 ms, a few in ten seconds at full load.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const CHECK_MS = 250;
const MEBIBYTE = 1024 * 1024;
/** The heap may always grow to this. */
const FLOOR_BYTES = 112 * MEBIBYTE;
/** Beyond it, to this multiple of what was alive after the last collection: live data can't make it collect all the time. */
const GROWTH = 1.8;

/** Collects garbage whenever the heap has grown past its bound; ends with the process or by the returned function. */
export function keepHeapSmall(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let limit = FLOOR_BYTES;
  const timer = setInterval(() => {
    if (getHeapStatistics().total_heap_size < limit) return;
    collect();
    limit = Math.max(FLOOR_BYTES, getHeapStatistics().used_heap_size * GROWTH);
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
