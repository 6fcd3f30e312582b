/**
 * Which rows of an event a task's query takes: those of its table, range and readers that no delete event names and no `where` refuses
 * (spec 07 §2 to §4, "Deletes"). The same for the worker's fold and for a refold, so that both make the same keys.
 */
import { combinedLabel, rowsOf } from '../../../projections/collections/tables/index.js';
import type { Collection, EventRow, EventTable, LinqValue, PlacedEvent } from '../../../projections/collections/types.js';
import type { DeleteTable } from '../../../projections/removal/delete-table.js';
import type { EncodedSecurity } from '../../../projections/security/encode.js';
import { mayRead } from '../../../projections/security/may-read.js';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import type { BinaryEvent } from '../../../schemas/events.js';
import type { TaskRecord } from '../types.js';

export interface EventFolderOptions {
  readonly collection: Collection;
  readonly task: Pick<TaskRecord, 'from' | 'to' | 'labels'>;
  readonly policy: SecurityPolicy;
  /** Asked for binary and feature tables; asked anew for each event. */
  readonly deletes: () => Pick<DeleteTable, 'matches'>;
}

/** What is told of the rows of an event. */
export interface RowSink {
  /** A row of the table within the range; before `where`. */
  received(row: EventRow): void;
  /** A row that `where` took: result values of a plain query, values of `by` of a grouped one. */
  matched(row: EventRow, values: readonly LinqValue[]): void;
  /** Rows that the task's creator may not read. */
  denied(count: number): void;
  /** Rows of an event that a delete event names. */
  deleted(count: number): void;
  /** Rows whose event is dated too far after its record: a bad clock would make keys that never expire. */
  futureSkipped(count: number): void;
}

export interface EventFolder {
  /** `timestamp`: of the record, ms since the epoch. */
  fold(placed: PlacedEvent, timestamp: number, sink: RowSink): void;
}

/** How far an event may be dated after its record (spec 07 §4). */
const FUTURE_MS = 86_400_000;

export function createEventFolder({ collection, task, policy, deletes }: EventFolderOptions): EventFolder {
  const { table, body } = collection.query;
  const { from } = task;
  const to = task.to ?? Infinity;
  const granted = new Set(task.labels);
  const { enforcedSafe } = policy.table;
  const evaluate = (row: EventRow): readonly LinqValue[] | undefined => (body.kind === 'plain' ? body.evaluate(row) : body.groupOf(row));

  return {
    fold(placed, timestamp, sink) {
      const rows = rowsOf(table, placed);
      if (rows.length === 0) return;
      const { eventdate } = rows[0]!;
      if (eventdate < from || eventdate > to) return;
      if (eventdate > timestamp + FUTURE_MS) {
        sink.futureSkipped(rows.length);
        return;
      }
      if (table.model === 'binary' && deletes().matches(placed.event as BinaryEvent) !== undefined) {
        sink.deleted(rows.length);
        return;
      }
      const label = labelOf(policy, table.model, placed);
      if (label === undefined || !mayRead(granted, enforcedSafe, label)) {
        sink.denied(rows.length);
        return;
      }
      for (const row of rows) {
        sink.received(row);
        const values = evaluate(row);
        if (values !== undefined) sink.matched(row, values);
      }
    },
  };
}

/** The event that was asked for last: tasks of one table are given the same one, one after the other. */
let last: { readonly placed: PlacedEvent; readonly policy: SecurityPolicy; readonly label: EncodedSecurity | undefined } | undefined;

function labelOf(policy: SecurityPolicy, model: EventTable['model'], placed: PlacedEvent): EncodedSecurity | undefined {
  if (last?.placed !== placed || last.policy !== policy) last = { placed, policy, label: combinedLabel(policy, model, placed.event) };
  return last.label;
}
