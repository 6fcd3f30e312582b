import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { positionKey, type Fetched, type RecordFetcher } from '../../streams/fetch.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';

/** Bytes of records that are at hand at a time. */
const FETCH_BYTES = 8 * 1024 * 1024;
const ATTEMPTS = 3;
const RETRY_MS = 1_000;

/** Reads the records at some positions, each once, a few megabytes at a time. Rejects when the broker does not answer three times in a row. */
export async function forEachRecord(
  positions: readonly TopicPartitionOffset[],
  { fetcher, log, signal }: { readonly fetcher: RecordFetcher; readonly log: Logger; readonly signal: AbortSignal },
  use: (position: TopicPartitionOffset, fetched: Fetched) => Promise<void> | void,
): Promise<void> {
  let open = [...new Map(positions.map((position) => [positionKey(position), position])).values()];
  let failures = 0;
  while (open.length > 0) {
    signal.throwIfAborted();
    let answers: ReadonlyMap<string, Fetched>;
    try {
      answers = await fetcher.fetchMany(open, FETCH_BYTES);
    } catch (error) {
      if (++failures === ATTEMPTS) throw error;
      log.warn({ err: error }, 'records cannot be read, trying again');
      await sleep(RETRY_MS, undefined, { signal });
      continue;
    }
    failures = 0;
    for (const position of open) {
      const answer = answers.get(positionKey(position));
      if (answer !== undefined) await use(position, answer);
    }
    open = open.filter((position) => !answers.has(positionKey(position)));
  }
}
