/**
 * What a rebuild takes from the live fold beside it (spec 00 "Performance"): the rate at which a following worker folds new events, alone and
 * while everything is folded again. Two folds share the machine, so half of the rate is the live fold's share.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchSettings } from './fold.js';
import { onFollowedLog, type FollowedLog, type FollowOptions } from './followed-log.js';
import { publishHistory } from './history.js';

export interface RebuildBenchOptions extends FollowOptions {
  /** Length of the log that is rebuilt; it must take longer than the events beside it. */
  readonly events: number;
}

export interface RebuildBenchResult {
  readonly events: number;
  /** New events in each of the two measurements. */
  readonly beside: number;
  readonly aloneEventsPerSecond: number;
  readonly besideEventsPerSecond: number;
  /** Beside a rebuild / alone. */
  readonly share: number;
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const POLL_MS = 50;
/** The rebuild folds by then: its process is up, has made its indices and joined its group. */
const UNDER_WAY_MS = 8_000;

export async function benchRebuild(settings: BenchSettings, options: RebuildBenchOptions): Promise<RebuildBenchResult> {
  const { events, signal, onProgress } = options;
  const beside = Math.ceil(events / 5);
  let rates: { alone: number; beside: number } | undefined;
  await onFollowedLog(settings, events, options, async (log) => {
    onProgress(`${beside} new events, alone`, 0, null);
    const alone = await liveRate(log, beside, options.seed + 1, signal);
    onProgress(`${beside} new events beside a rebuild`, 0, null);
    const rebuild = startRebuild(log, signal);
    try {
      await sleep(UNDER_WAY_MS, undefined, { signal });
      rates = { alone, beside: await liveRate(log, beside, options.seed + 2, signal) };
      if (rebuild.exitCode !== null) throw new Error(`the rebuild ended before the measurement did, expected a longer log than ${events}`);
    } finally {
      rebuild.kill('SIGTERM');
      if (rebuild.exitCode === null) await once(rebuild, 'close');
    }
  });
  const { alone, beside: reduced } = rates!;
  return { events, beside, aloneEventsPerSecond: alone, besideEventsPerSecond: reduced, share: reduced / alone };
}

/** Events a second from publishing to durable. */
async function liveRate({ config, name, worker }: FollowedLog, events: number, seed: number, signal: AbortSignal): Promise<number> {
  const before = await worker.metric('metafold_records_total');
  const from = Date.now();
  await publishHistory(config, name, events, seed, () => undefined);
  for (;;) {
    signal.throwIfAborted();
    const folded = (await worker.metric('metafold_records_total')) - before;
    if (folded >= events && (await worker.metric('metafold_in_flight_bytes')) === 0) return (events * 1_000) / (Date.now() - from);
    await sleep(POLL_MS);
  }
}

function startRebuild({ environment }: FollowedLog, signal: AbortSignal): ChildProcess {
  return spawn(process.execPath, [MAIN, 'rebuild', '--no-swap', '--quiet'], { env: environment, stdio: 'ignore', signal });
}
