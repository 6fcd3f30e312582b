/** Worker and API server of a start: started together, ended together. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MetafoldError } from '../errors.js';
import { freePort, startChild, type Child } from './child.js';
import type { Started } from './record.js';
import type { Screen } from './screen.js';

export interface Children {
  /** Where the worker's metrics are. */
  readonly metricsPort: number;
  /** Address of the API. */
  readonly api: string;
  /** Rejects when one of them ends though nobody asked it to. Never resolves. */
  readonly died: Promise<never>;
  /** Ends those that run; returns their names. */
  end(): Promise<string[]>;
}

export interface ChildrenOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Added to the worker's environment. */
  readonly workerEnv: Readonly<Record<string, string>>;
  readonly portBase: number;
  /** Data folder of the stack, where the logs go. */
  readonly data: string;
  readonly screen: Screen;
  /** Told what runs as soon as it does. */
  readonly onStarted: (started: Started) => void;
}

const METRICS_PORT_OFFSET = 90;
const API_PORT_OFFSET = 80;
const POLL_MS = 100;
const SERVED_WITHIN_MS = 60_000;

/** Whoever is on this machine may read the sample; plugins that come are seen at once. */
function serverSettings(port: number): Record<string, string> {
  return {
    RESTAPI_HOST: '127.0.0.1',
    RESTAPI_PORT: String(port),
    RESTAPI_SECURITY: 'none',
    METAFOLD_LABEL_SOURCE: 'all',
    METASTORE_PROMETHEUS_PORT: '0',
    METAFOLD_API_MODEL_SECONDS: '1',
  };
}

export async function startChildren({ env, workerEnv, portBase, data, screen, onStarted }: ChildrenOptions): Promise<Children> {
  const metricsPort = await freePort(portBase + METRICS_PORT_OFFSET);
  const apiPort = await freePort(portBase + API_PORT_OFFSET);
  const api = `http://127.0.0.1:${String(apiPort)}/api`;
  const log = (name: string): string => join(data, 'logs', `start-${name}.log`);
  const worker = startChild('worker', { ...env, ...workerEnv, METASTORE_PROMETHEUS_PORT: String(metricsPort) }, log('worker'));
  const server = startChild('serve', { ...env, ...serverSettings(apiPort) }, log('serve'));
  onStarted({ worker: worker.identity, server: server.identity });
  const metrics = `http://127.0.0.1:${String(metricsPort)}/metrics`;
  screen.say('worker', `Worker: started (pid ${String(worker.identity.pid)}, metrics ${metrics}, log ${worker.logFile})`);
  screen.say('api', `API: ${api} (pid ${String(server.identity.pid)}, log ${server.logFile})`);
  const ended: string[] = [];

  async function endOne(stage: 'api' | 'worker', title: string, child: Child): Promise<void> {
    if (!child.isRunning()) return;
    screen.say(stage, `${title}: stopping`);
    await child.end();
    ended.push(stage);
    screen.say(stage, `${title}: stopped`, 1, 1);
  }

  return {
    metricsPort,
    api,
    died: Promise.race([worker.died, server.died]),
    async end() {
      await endOne('api', 'API', server);
      await endOne('worker', 'Worker', worker);
      return ended;
    },
  };
}

/** Resolves when the API answers from the documents, or when the signal is raised. Rejects after a minute. */
export async function untilServed(api: string, signal: AbortSignal): Promise<void> {
  const url = new URL('/readyz', api);
  const giveUpAt = performance.now() + SERVED_WITHIN_MS;
  while (!signal.aborted) {
    const isReady = await fetch(url, { signal }).then(
      ({ ok }) => ok,
      () => false, // it does not listen yet
    );
    if (isReady) return;
    if (performance.now() > giveUpAt)
      throw new MetafoldError('MF_STACK', `the API at ${api} is not ready after ${String(SERVED_WITHIN_MS / 1000)} s`);
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
