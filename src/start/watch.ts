/** Follows a running fold: samples it every second, and says when the log has been folded to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, MetafoldError } from '../errors.js';
import { totalLag, type LogState } from './log-state.js';
import type { WorkerMetrics } from './metrics-text.js';
import type { StatusView } from './status-text.js';

export interface WatchSources {
  readonly readLog: () => Promise<LogState>;
  readonly readMetrics: () => Promise<WorkerMetrics | undefined>;
  readonly countDocuments: () => Promise<number>;
  /** Services of the stack that live. */
  readonly aliveServices: () => readonly string[];
  /** Address of the API. */
  readonly api: string;
}

export interface Watch {
  /** What was seen last. */
  view(): StatusView;
  /**
   * Samples until the signal is raised or `onFolded` answers true; `onFolded` is called once, when the worker is up and nothing is
   * left to fold. Throws MF_STACK when the stack has been ended by somebody else.
   */
  run(signal: AbortSignal, onFolded: () => Promise<boolean>): Promise<void>;
}

const SAMPLE_MS = 1_000;
const RATE_WINDOW_MS = 5_000;
const NEEDED_SERVICES = ['kafka', 'opensearch'];

interface Sample {
  readonly at: number;
  readonly read: number;
}

/** Events a second over the samples; 0 for one sample. */
export function rateOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return (Math.max(0, last.read - first.read) * 1000) / (last.at - first.at);
}

/** `sampleMs`: pause between two samples, a quarter of it until all is folded. */
export function createWatch(sources: WatchSources, { now = Date.now, sampleMs = SAMPLE_MS } = {}): Watch {
  const started = now();
  let samples: Sample[] = [];
  let log: LogState | undefined;
  /** Events that were folded before this worker began. */
  let before: number | undefined;
  let metrics: WorkerMetrics | undefined;
  let documents = 0;
  let problems: string[] = [];

  /** A value, or a line about why there is none. */
  async function attempt<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      problems.push(`${what} does not answer (${messageOf(error)})`);
      return undefined;
    }
  }

  async function sample(): Promise<boolean> {
    const alive = sources.aliveServices();
    if (alive.length === 0) throw new MetafoldError('MF_STACK', 'the stack was ended by somebody else', { reason: 'not_running' });
    problems = NEEDED_SERVICES.filter((name) => !alive.includes(name)).map(
      (name) => `${name} is down: "metafold stack up" starts it again`,
    );
    const sound = problems.length === 0;
    const [newLog, newMetrics, count] = await Promise.all([
      sound ? attempt('Kafka', sources.readLog) : undefined,
      sources.readMetrics(),
      sound ? attempt('OpenSearch', sources.countDocuments) : undefined,
    ]);
    metrics = newMetrics;
    documents = count ?? documents;
    if (metrics !== undefined && metrics.outageSeconds > 0)
      problems.push(`OpenSearch takes no documents since ${metrics.outageSeconds.toFixed(0)} s`);
    samples = [...samples.filter(({ at }) => at > now() - RATE_WINDOW_MS), { at: now(), read: metrics?.eventsRead ?? 0 }];
    if (newLog === undefined) return false;
    log = newLog;
    before ??= log.folded;
    return metrics !== undefined && totalLag(log) === 0;
  }

  /** Once it is folded, an event has been read, whoever did it; one that was read twice counts once. */
  function readOf({ events, folded }: LogState): number {
    return Math.min(events, Math.max(folded, (before ?? 0) + (metrics?.eventsRead ?? 0)));
  }

  return {
    view: () => ({
      events: log?.events ?? 0,
      read: log === undefined ? 0 : readOf(log),
      isIdle: log !== undefined && totalLag(log) === 0,
      rate: rateOf(samples),
      lag: log?.lag ?? new Map(),
      documents,
      rejected: metrics?.rejected ?? 0,
      seconds: (now() - started) / 1000,
      api: sources.api,
      problems,
    }),
    async run(signal, onFolded) {
      const aborted = new Promise<'aborted'>((resolve) => {
        if (signal.aborted) resolve('aborted');
        signal.addEventListener('abort', () => resolve('aborted'), { once: true });
      });
      for (let isFolded = false; !signal.aborted;) {
        const isIdle = await Promise.race([sample(), aborted]);
        if (isIdle === 'aborted') return;
        if (isIdle && !isFolded) {
          isFolded = true;
          if (await onFolded()) return;
        }
        await sleep(isFolded ? sampleMs : sampleMs / 4, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
