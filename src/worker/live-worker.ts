/**
 * A worker that follows the active generation: when another one becomes active, what is in hand is finished and committed, then the
 * same projections go on with that generation and its groups. In between it is a worker of a fixed generation (worker.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Projection } from '../../projections/index.js';
import type { Config } from '../config/index.js';
import { activeTargets, completeSwaps, readActive, type ActiveGenerations } from '../generations/active.js';
import type { ControlTopic } from '../generations/control-topic.js';
import { isOutage } from '../opensearch/request.js';
import { persistently } from '../sinks/backoff.js';
import { START_WITHIN_MS } from './fold-sink.js';
import { createTotals } from './observe.js';
import { workerSettings } from './settings.js';
import { createWorker, type Worker, type WorkerDependencies } from './worker.js';

export interface LiveWorkerDependencies extends WorkerDependencies {
  /** Read to its end. */
  readonly control: ControlTopic;
}

/** How often it is asked which generation is active; the answer is at hand. */
const WATCH_MS = 200;
/** How often the read aliases are compared with the control topic. */
const RECONCILE_MS = 30_000;
/** What is in hand when the generation changes gets this long; the rest is read again when that generation is next folded. */
const SWITCH_GRACE_MS = 30_000;

export function createLiveWorker(chosen: readonly Projection[], config: Config, deps: LiveWorkerDependencies): Worker {
  const { client, control, log } = deps;
  const totals = createTotals();
  const stopped = new AbortController();
  let current: Worker | undefined;

  async function run({ untilIdle }: { readonly untilIdle: boolean }): Promise<void> {
    for (;;) {
      const active = await prepare();
      if (active === undefined) return;
      const worker = createWorker(chosen, workerSettings(config, activeTargets(config.partition, active)), { ...deps, totals });
      current = worker;
      if (!(await runUntilChange(worker, active, untilIdle)) || stopped.signal.aborted) return;
    }
  }

  /** A server that is still starting is waited for, as long as a worker of a fixed generation waits. Undefined when the worker was stopped meanwhile. */
  async function prepare(): Promise<ActiveGenerations | undefined> {
    const onRetry = (error: unknown): void => log.warn({ err: error }, 'OpenSearch is not ready, trying again');
    try {
      return await persistently({ mends: isOutage, signal: stopped.signal, withinMs: START_WITHIN_MS, onRetry }, async () => {
        await reconcile();
        return readActive(client, config.partition, control.state);
      });
    } catch (error) {
      if (stopped.signal.aborted) return undefined;
      throw error;
    }
  }

  async function reconcile(): Promise<void> {
    const completed = await completeSwaps(client, config.partition, control);
    if (completed.length > 0) log.warn({ docnames: completed }, 'swap of the read aliases completed');
  }

  /** True when another generation became active, false when the worker ended by itself. */
  async function runUntilChange(worker: Worker, active: ActiveGenerations, untilIdle: boolean): Promise<boolean> {
    const unwatched = new AbortController();
    const ended = worker.run({ untilIdle }).finally(() => unwatched.abort());
    const changed = await Promise.race([ended.then(() => false), watch(active, unwatched.signal)]);
    if (!changed) {
      await ended;
      return false;
    }
    log.info({ from: shown(active), to: shown(new Map([...active.keys()].map((one) => [one, control.state.active(one)]))) }, 'another generation is active'); // prettier-ignore
    worker.stop(SWITCH_GRACE_MS);
    await ended.catch((error: unknown) => log.warn({ err: error }, 'the generation that was active is left with something uncommitted'));
    return true;
  }

  /** Resolves with true when the control topic names another generation, with false when `signal` fires. */
  async function watch(active: ActiveGenerations, signal: AbortSignal): Promise<boolean> {
    let reconcileAt = performance.now() + RECONCILE_MS;
    while (!signal.aborted) {
      if ([...active].some(([docname, generation]) => (control.state.active(docname) ?? generation) !== generation)) return true;
      if (performance.now() >= reconcileAt) {
        await reconcile().catch((error: unknown) => log.warn({ err: error }, 'read aliases cannot be compared with the control topic'));
        reconcileAt = performance.now() + RECONCILE_MS;
      }
      await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  return {
    run,
    stop(graceMs) {
      stopped.abort(new Error('stopped before the first record'));
      current?.stop(graceMs);
    },
    totals,
    readiness: () => current?.readiness(),
  };
}

function shown(generations: ReadonlyMap<string, number | undefined>): Record<string, number | undefined> {
  return Object.fromEntries(generations);
}
