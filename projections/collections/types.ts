/**
 * The vocabulary of collections: event tables, rows, compiled queries, keys to write (spec 07). Pure types; what fills them stands
 * in the files beside this one.
 */
import type { AzulEvent, Micros, Model } from '../../schemas/events.js';
import type { Position } from '../types.js';

/** Types of LINQ (spec 07 §2). */
export const LINQ_TYPES = ['str', 'bool', 'int4', 'int8', 'float8', 'timestamp', 'duration', 'ip4', 'json'] as const;
export type LinqType = (typeof LINQ_TYPES)[number];

/**
 * A value at run time; its type is known from the query. `str`: string; `bool`: boolean; `int4`, `float8`: number; `timestamp` (ms since the
 * epoch), `duration` (ms), `ip4` (0 to 2^32 - 1): number; `int8`: a number while it is exact (at most 2^53 - 1 either way), else a bigint;
 * `json`: its canonical text. Null: absent.
 */
export type LinqValue = string | number | bigint | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: LinqType;
}

/** A decoded and validated event where it stands in the log. */
export interface PlacedEvent extends Position {
  readonly event: AzulEvent;
}

/** What the columns of a table are read from: one event, or one feature of it. */
export interface EventRow extends PlacedEvent {
  /** Milliseconds since the epoch, floored. */
  readonly eventdate: number;
  /** The event's own time: with the event's key and `feature` the row's identity (spec 07 §2). */
  readonly micros: Micros;
  /** Index of the feature; 0 for tables without. */
  readonly feature: number;
}

export interface TableColumn extends Column {
  readonly read: (row: EventRow) => LinqValue;
  /** What of the event is read, as paths of `partOf`, beyond the table's own parts. */
  readonly parts: readonly string[];
}

export interface EventTable {
  readonly name: string;
  readonly model: Exclude<Model, 'retrohunt'>;
  /** Of binary and feature tables: the events that are rows. Undefined: those of any action. */
  readonly action: string | undefined;
  /** One row per feature, not per event. */
  readonly perFeature: boolean;
  /** In the order of spec 07 §2. */
  readonly columns: readonly TableColumn[];
  /** What is read of each event to judge it, as paths of `partOf`. Undefined: events of this table are read whole. */
  readonly parts: readonly string[] | undefined;
}

/** `count(x)` counts values that are not null, `count()` rows. */
export type AggregateName = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'first' | 'last' | 'nnfirst' | 'nnlast';

export interface Aggregate {
  readonly name: AggregateName;
  /** Undefined for `count()`. */
  readonly argument: ((row: EventRow) => LinqValue) | undefined;
  /** Of the argument. */
  readonly argumentType: LinqType | undefined;
  /** Of the result. */
  readonly type: LinqType;
}

/** A query without `group`: each event makes one row or none. */
export interface PlainQuery {
  readonly kind: 'plain';
  /** Values of the result columns, in their order; undefined when a `where` refuses the row. */
  evaluate(row: EventRow): readonly LinqValue[] | undefined;
}

/** What is known of one group of one window when its row is made. */
export interface GroupFacts {
  /** Values of `by`, in its order. */
  readonly by: readonly LinqValue[];
  /** Greatest eventdate in the group. */
  readonly eventdate: number;
  /** One for each of `GroupedQuery.aggregates`. */
  readonly aggregates: readonly LinqValue[];
}

export interface GroupedQuery {
  readonly kind: 'grouped';
  /** Length of the windows in ms; undefined: one window over the whole range (`group by` without a period, `every -`). */
  readonly windowMs: number | undefined;
  /** Names and types of the `by` columns. */
  readonly by: readonly Column[];
  readonly aggregates: readonly Aggregate[];
  /** Whether there is a filter after `group`. */
  readonly filtered: boolean;
  /** Result columns that may change while a group grows: `eventdate` and all that depends on an aggregate or on it. */
  readonly changing: ReadonlySet<string>;
  /** Values of `by` for an event; undefined when a `where` before `group` refuses it. */
  groupOf(row: EventRow): readonly LinqValue[] | undefined;
  /** Values of the result columns, in their order; undefined when a filter after `group` refuses the row. */
  evaluate(group: GroupFacts): readonly LinqValue[] | undefined;
}

export interface CompiledQuery {
  /** The query without its pragmas: what the task's status shows. */
  readonly text: string;
  readonly table: EventTable;
  /** Result columns; `eventdate` is among them. */
  readonly columns: readonly Column[];
  /** Of `source = "x"` as top-level conjuncts: the only sources whose topics are read. Undefined: all; empty: no topic of a source. */
  readonly sources: readonly string[] | undefined;
  /** What of an event the query reads and what is read to judge it, as paths of `partOf`. Undefined: all of it. */
  readonly parts: readonly string[] | undefined;
  readonly limit: number | undefined;
  readonly body: PlainQuery | GroupedQuery;
}

/** Of a task: which result columns make its keys and values, and with which types (spec 07 §3). */
export interface FieldSpec {
  readonly name: string;
  readonly type: LinqType;
}

/** A row that is to be written under its key. */
export interface CollectionRow {
  /** 32 hexadecimal digits (spec 07 §5). */
  readonly keyHash: string;
  readonly eventdate: number;
  /** Events folded into the row. */
  readonly n: number;
  /** As it is stored (spec 07 §6). */
  readonly value: string;
}

/** A collection ready to be folded: the compiled query and what its rows become. Made by `createCollection`. */
export interface Collection {
  readonly redisKeyBase: string;
  /** Seconds. */
  readonly expireIn: number;
  readonly query: CompiledQuery;
  readonly keyFields: readonly FieldSpec[];
  readonly valueFields: readonly FieldSpec[];
  /** The row of result values (`CompiledQuery.columns`), `n` events being folded into it. */
  row(values: readonly LinqValue[], n: number): CollectionRow;
}
