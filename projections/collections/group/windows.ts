/**
 * Tumbling windows of a grouped task and the groups in them (spec 07 §7). Pure: what is due is decided by the watermark and the instant that the
 * caller names, what rows hold by the events alone.
 */
import { createHash } from 'node:crypto';
import type { Position } from '../../types.js';
import { createSerialiser } from '../key.js';
import type { Collection, CollectionRow, EventRow, GroupedQuery, LinqValue } from '../types.js';
import { compareRows } from '../value.js';
import { aggregateState, type AggregateState } from './aggregates.js';
import { GroupFault } from './errors.js';

export interface GroupLimits {
  readonly maxGroups: number;
  /** Identities that are held. */
  readonly maxGroupRows: number;
}

/** What is to become of a key; `row` undefined: it goes. `force`: whatever is stored. */
export interface Emission {
  readonly keyHash: string;
  readonly row: CollectionRow | undefined;
  readonly force: boolean;
}

interface Group {
  readonly by: readonly LinqValue[];
  /** Hashes of the identities that count. */
  readonly identities: Set<string>;
  readonly aggregates: readonly AggregateState[];
  eventdate: number;
  emitted: CollectionRow | undefined;
}

interface Window {
  readonly start: number;
  readonly end: number;
  readonly groups: Map<string, Group>;
  /** Lowest offset of its rows, by partition. */
  readonly offsets: Map<string, { -readonly [K in keyof Position]: Position[K] }>;
  /** Groups that have changed since they were emitted. */
  readonly changed: Set<Group>;
  isEmitted: boolean;
}

export class GroupWindows {
  private readonly windows = new Map<number, Window>();
  /** Windows that have something to emit, or will have. */
  private readonly open = new Set<Window>();
  private readonly serialise: (values: readonly LinqValue[]) => Buffer;
  private readonly body: GroupedQuery;
  private held = { groups: 0, rows: 0 };
  private prunedAt = -Infinity;
  private nextExpiry = Infinity;

  /** Throws an Error for a query without group. */
  constructor(
    private readonly collection: Collection,
    private readonly limits: GroupLimits,
  ) {
    const { body } = collection.query;
    if (body.kind !== 'grouped') throw new Error('a query without group has no windows');
    this.body = body;
    this.serialise = createSerialiser(body.by.map(({ type }) => (type === 'json' ? 'str' : type)));
  }

  get groups(): number {
    return this.held.groups;
  }

  get rows(): number {
    return this.held.rows;
  }

  /**
   * Adds a row under its values of `by`. True when it comes late: its window was emitted already. Throws GroupFault when more is held than may be.
   */
  add(row: EventRow, by: readonly LinqValue[]): boolean {
    const window = this.windowOf(row.eventdate);
    if (window === undefined) return false;
    noteOffset(window, row);
    const key = this.serialise(by).toString('latin1');
    const group = window.groups.get(key) ?? this.makeGroup(window, key, by);
    const identity = identityOf(row);
    if (group.identities.has(identity)) return false;
    if (++this.held.rows > this.limits.maxGroupRows) throw new GroupFault('too many rows');
    group.identities.add(identity);
    for (const state of group.aggregates) state.add(row);
    if (row.eventdate > group.eventdate) group.eventdate = row.eventdate;
    window.changed.add(group);
    this.open.add(window);
    return window.isEmitted;
  }

  /** What windows give that end at or before the watermark, and what has changed in those that were emitted before. Throws GroupFault. */
  emissions(watermark: number): Emission[] {
    const emissions: Emission[] = [];
    const withdrawn = new Set<string>();
    for (const window of this.open) {
      if (!window.isEmitted && window.end > watermark) continue;
      window.isEmitted = true;
      for (const group of window.changed) this.emit(group, emissions, withdrawn);
      window.changed.clear();
      this.open.delete(window);
    }
    return withdrawn.size === 0 ? emissions : this.settle(emissions, withdrawn);
  }

  /** Forgets windows all of whose rows have expired: nothing that comes for them can live. */
  prune(now: number): void {
    this.prunedAt = Math.max(this.prunedAt, now);
    if (now < this.nextExpiry) return;
    this.nextExpiry = Infinity;
    for (const [start, window] of this.windows) {
      const expiry = this.expiryOf(window.end);
      if (expiry > now) {
        this.nextExpiry = Math.min(this.nextExpiry, expiry);
        continue;
      }
      this.windows.delete(start);
      this.open.delete(window);
      this.held.groups -= window.groups.size;
      for (const { identities } of window.groups.values()) this.held.rows -= identities.size;
    }
  }

  /** Lowest offset of any window that is held, by partition: from there on the log gives all of them again. */
  lowestOffsets(): Position[] {
    const lowest = new Map<string, Position>();
    for (const { offsets } of this.windows.values()) {
      for (const [partition, position] of offsets) {
        const other = lowest.get(partition);
        if (other === undefined || position.offset < other.offset) lowest.set(partition, position);
      }
    }
    return [...lowest.values()];
  }

  private expiryOf(end: number): number {
    return end + this.collection.expireIn * 1_000;
  }

  /** Undefined when its rows have expired. */
  private windowOf(eventdate: number): Window | undefined {
    const { windowMs } = this.body;
    const start = windowMs === undefined ? -Infinity : Math.floor(eventdate / windowMs) * windowMs;
    const known = this.windows.get(start);
    if (known !== undefined) return known;
    const end = windowMs === undefined ? Infinity : start + windowMs;
    const expiry = this.expiryOf(end);
    if (expiry <= this.prunedAt) return undefined;
    const window: Window = { start, end, groups: new Map(), offsets: new Map(), changed: new Set(), isEmitted: false };
    this.windows.set(start, window);
    this.nextExpiry = Math.min(this.nextExpiry, expiry);
    return window;
  }

  private makeGroup(window: Window, key: string, by: readonly LinqValue[]): Group {
    if (++this.held.groups > this.limits.maxGroups) throw new GroupFault('too many groups');
    const aggregates = this.body.aggregates.map(aggregateState);
    const group: Group = { by, identities: new Set(), aggregates, eventdate: -Infinity, emitted: undefined };
    window.groups.set(key, group);
    return group;
  }

  /** Its row as it is now. A key that had a row which is no longer, or is smaller now, is withdrawn. */
  private emit(group: Group, emissions: Emission[], withdrawn: Set<string>): void {
    const before = group.emitted;
    const row = this.rowOf(group);
    group.emitted = row;
    if (before !== undefined && (row?.keyHash !== before.keyHash || compareRows(row, before) < 0)) withdrawn.add(before.keyHash);
    if (row !== undefined) emissions.push({ keyHash: row.keyHash, row, force: false });
  }

  private rowOf({ by, eventdate, aggregates, identities }: Group): CollectionRow | undefined {
    const values = this.body.evaluate({ by, eventdate, aggregates: aggregates.map((state) => state.result()) });
    return values && this.collection.row(values, identities.size);
  }

  /** A withdrawn key gets the greatest row that any emitted window gives it now, or goes. */
  private settle(emissions: readonly Emission[], withdrawn: ReadonlySet<string>): Emission[] {
    const greatest = new Map<string, CollectionRow>();
    for (const { isEmitted, groups } of this.windows.values()) {
      if (!isEmitted) continue;
      for (const { emitted } of groups.values()) {
        if (emitted === undefined || !withdrawn.has(emitted.keyHash)) continue;
        const other = greatest.get(emitted.keyHash);
        if (other === undefined || compareRows(emitted, other) > 0) greatest.set(emitted.keyHash, emitted);
      }
    }
    const forced = [...withdrawn].map((keyHash) => ({ keyHash, row: greatest.get(keyHash), force: true }));
    return [...emissions.filter(({ keyHash }) => !withdrawn.has(keyHash)), ...forced];
  }
}

function noteOffset({ offsets }: Window, { topic, partition, offset }: EventRow): void {
  const key = `${topic}/${partition}`;
  const known = offsets.get(key);
  if (known === undefined) offsets.set(key, { topic, partition, offset });
  else if (offset < known.offset) known.offset = offset;
}

/** 128 bits of what a row is known by, as 16 characters (spec 07 §2). */
function identityOf({ event: { kafka_key: key }, micros, feature }: EventRow): string {
  return createHash('sha256').update(`${micros}/${feature}/${key}`).digest().toString('latin1', 0, 16);
}
