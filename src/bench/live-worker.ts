/** A worker that goes on folding, as a process of its own, observed through its metrics. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { freePort } from '../start/child.js';
import { metricSum } from '../start/metrics-text.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const POLL_MS = 200;

export interface LiveWorker {
  /** Sum of a metric over its labels. */
  metric(name: string): Promise<number>;
  /** Resolves when no group has lag any more and this has been so for a moment. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLiveWorker(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<LiveWorker> {
  const port = await freePort(0);
  const child = spawn(process.execPath, [MAIN, 'worker', '--log-level', 'warn'], {
    env: { ...environment, METASTORE_PROMETHEUS_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2_000)));
  const ended = once(child, 'close');

  async function metrics(): Promise<string | undefined> {
    if (child.exitCode !== null) throw new Error(`worker exited with ${child.exitCode}:\n${said}`);
    try {
      return await (await request(`http://127.0.0.1:${port}/metrics`)).body.text();
    } catch {
      return undefined; // it does not listen yet
    }
  }

  return {
    metric: async (name) => metricSum((await metrics()) ?? '', name),
    async caughtUp() {
      for (let quiet = 0, before = -1; quiet < 15;) {
        signal.throwIfAborted();
        await sleep(POLL_MS);
        const text = (await metrics()) ?? '';
        const records = metricSum(text, 'metafold_records_total');
        // The lag is measured every few seconds: records that no longer come say the rest.
        quiet = records > 0 && records === before && metricSum(text, 'metafold_in_flight_bytes') === 0 ? quiet + 1 : 0;
        before = records;
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
