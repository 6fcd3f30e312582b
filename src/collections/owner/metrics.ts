/** Prometheus metrics of tasks (spec 07 §10): one label, the task's id; gone with the task. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { TaskCounters, TaskStatus } from '../types.js';
import { TASK_STATUSES } from '../types.js';
import { NO_COUNTERS, type ProgressKeeper } from './progress.js';

export interface OwnerMetrics {
  /** Brings what is counted up to date. */
  show(id: string, status: TaskStatus, progress: ProgressKeeper, backfill: number): void;
  /** A task that is owned no more. */
  forget(id: string): void;
  rebuilt(seconds: number): void;
  lost(): void;
  outage(): void;
  read(records: number): void;
  refused(): void;
}

export function createOwnerMetrics(registry: Registry): OwnerMetrics {
  const registers = [registry];
  const rows = new Counter({
    name: 'metafold_collection_rows_total',
    help: 'Rows of collection tasks by what became of them',
    labelNames: ['task', 'outcome'],
    registers,
  });
  const gauge = (name: string, help: string): Gauge<'task'> => new Gauge({ name, help, labelNames: ['task'], registers });
  const lag = gauge('metafold_collection_lag', 'Records between a task and the ends of the log');
  const lastDatetime = gauge('metafold_collection_last_event_timestamp_seconds', 'Greatest event date that a task has received');
  const backfill = gauge('metafold_collection_backfill_ratio', 'How much of what lay before it a task has read since it began: 0 to 1');
  const rebuilding = gauge('metafold_collection_rebuilding', '1 while a task is rebuilt');
  const status = new Gauge({
    name: 'metafold_collection_status',
    help: '1 for the status of a task',
    labelNames: ['task', 'status'],
    registers,
  });
  const rebuilds = new Counter({ name: 'metafold_collection_rebuilds_total', help: 'Rebuilds of tasks', registers });
  const rebuildSeconds = new Counter({
    name: 'metafold_collection_rebuild_seconds_total',
    help: 'Time spent in rebuilds of tasks',
    registers,
  });
  const losses = new Counter({
    name: 'metafold_collection_losses_total',
    help: 'Times that Redis was found to have lost data of a task',
    registers,
  });
  const outages = new Counter({ name: 'metafold_collection_outages_total', help: 'Times that a task had to reconnect', registers });
  const reads = new Counter({
    name: 'metafold_collection_records_read_total',
    help: 'Records read from the log for all tasks; those that read together count them once',
    registers,
  });
  const refusals = new Counter({
    name: 'metafold_collection_refused_records_total',
    help: 'Records that are no event and so no row',
    registers,
  });
  const shown = new Map<string, TaskCounters>();
  const outcomes = Object.keys(NO_COUNTERS) as (keyof TaskCounters)[];

  return {
    show(task, now, progress, ratio) {
      const before = shown.get(task) ?? progress.before;
      for (const outcome of outcomes) {
        const grown = progress.counters[outcome] - before[outcome];
        if (grown > 0) rows.inc({ task, outcome }, grown);
      }
      shown.set(task, { ...progress.counters });
      lag.set({ task }, progress.lag);
      lastDatetime.set({ task }, progress.lastDatetime / 1_000);
      backfill.set({ task }, ratio);
      rebuilding.set({ task }, progress.rebuilding ? 1 : 0);
      for (const one of TASK_STATUSES) status.set({ task, status: one }, one === now ? 1 : 0);
    },
    forget(task) {
      shown.delete(task);
      for (const one of [lag, lastDatetime, backfill, rebuilding]) one.remove({ task });
      for (const outcome of outcomes) rows.remove({ task, outcome });
      for (const one of TASK_STATUSES) status.remove({ task, status: one });
    },
    rebuilt(seconds) {
      rebuilds.inc();
      rebuildSeconds.inc(seconds);
    },
    lost: () => losses.inc(),
    outage: () => outages.inc(),
    read: (records) => reads.inc(records),
    refused: () => refusals.inc(),
  };
}
