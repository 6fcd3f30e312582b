/** A fold with its bulk bodies recorded, for the floor. It runs in this process and also warms the servers up. */
import type { Logger } from 'pino';
import { projections } from '../../projections/index.js';
import { createDecoder } from '../../streams/decode.js';
import type { Config } from '../config/index.js';
import { createMetrics } from '../metrics.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { wholePartition } from '../opensearch/template-settings.js';
import { workerSettings } from '../worker/settings.js';
import { createWorker } from '../worker/worker.js';
import { parseOperations, type RecordedOperation } from './floor.js';

/** Held twice while the floor is measured. More is counted, but not kept: the floor is then that of the history's first part, whose small indices take documents faster. */
const MAX_RECORDED_BYTES = 2 * 1024 * 1024 * 1024;

export interface Recording {
  readonly operations: readonly RecordedOperation[];
  /** How many there were, kept or not. */
  readonly count: number;
}

/** Folds everything under the configuration's topic prefix into `partition`. */
export async function recordFold(config: Config, partition: string, log: Logger): Promise<Recording> {
  const operations: RecordedOperation[] = [];
  let [count, bytes] = [0, 0];
  const client = createOpenSearchClient(config.opensearch);
  const worker = createWorker(projections, workerSettings(config, wholePartition(partition)), {
    client,
    decoder: createDecoder(),
    park: (letters) => Promise.reject(new Error(`the benchmark's history must fold, but: ${letters[0]?.reason ?? ''}`)),
    letters: () => Promise.resolve([]),
    forgetLetters: () => Promise.resolve(),
    metrics: createMetrics(),
    log,
    tap(body) {
      const sent = parseOperations(Buffer.concat(body.pieces));
      count += sent.length;
      bytes += body.length;
      if (bytes <= MAX_RECORDED_BYTES) operations.push(...sent);
    },
  });
  try {
    await worker.run({ untilIdle: true });
  } finally {
    await client.close();
  }
  return { operations, count };
}
