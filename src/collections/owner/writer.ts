/**
 * Rows of one task on their way to Redis: gathered by key, cut into batches (spec 07 §6, §11). Two batches may be under way, so that Redis has
 * work while the next one is made ready: greater rows replace smaller ones in any order. A batch with forced rows is under way alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { collectionKey } from '../../../projections/collections/key.js';
import type { CollectionRow } from '../../../projections/collections/types.js';
import { compareRows, expiryOf } from '../../../projections/collections/value.js';
import type { Guard, KeyStore, KeyWrite } from '../types.js';
import { Unconfirmed } from './membership.js';
import type { OwnerTimings } from './timings.js';

export interface WriterOptions {
  readonly redisKeyBase: string;
  /** Seconds. */
  readonly expireIn: number;
  readonly store: Pick<KeyStore, 'write' | 'remove'>;
  readonly guard: Guard;
  readonly timings: Pick<OwnerTimings, 'batchRows' | 'batchMs'>;
  readonly now: () => number;
  readonly onWritten: (written: number, notNewer: number) => void;
  readonly onExpired: (count: number) => void;
  /** Rows could not be written: the task has to begin anew. */
  readonly onFailure: (error: unknown) => void;
  /** When it fires, what may not be written at the moment is given up. */
  readonly signal: AbortSignal;
}

/** What is to become of one key; `row` undefined: it goes. */
interface Pending {
  row: CollectionRow | undefined;
  force: boolean;
  /** Rows that were folded into this one beside it. */
  merged: number;
}

const UNCONFIRMED_WAIT_MS = 250;
const BATCHES = 2;

export class RowWriter {
  private pending = new Map<string, Pending>();
  private pendingForce = false;
  private readonly underWay = new Set<Promise<void>>();
  /** Whether what is under way has forced rows. */
  private alone = false;
  private timer: NodeJS.Timeout | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly options: WriterOptions) {}

  /** Rows that wait. */
  get size(): number {
    return this.pending.size;
  }

  get isIdle(): boolean {
    return this.pending.size === 0 && this.underWay.size === 0;
  }

  /** A row that was made; of several of a key the greatest is written. False when it was expired already. */
  add(row: CollectionRow): boolean {
    if (expiryOf(row.eventdate, this.options.expireIn) <= this.options.now()) {
      this.options.onExpired(1);
      return false;
    }
    const other = this.pending.get(row.keyHash);
    if (other === undefined) this.pending.set(row.keyHash, { row, force: false, merged: 0 });
    else {
      if (other.row === undefined || compareRows(row, other.row) > 0) other.row = row;
      other.merged++;
    }
    this.schedule();
    return true;
  }

  /** The key is to have this row, whatever it has; undefined: none. */
  force(keyHash: string, row: CollectionRow | undefined): void {
    const alive = row !== undefined && expiryOf(row.eventdate, this.options.expireIn) > this.options.now() ? row : undefined;
    this.pending.set(keyHash, { row: alive, force: true, merged: this.pending.get(keyHash)?.merged ?? 0 });
    this.pendingForce = true;
    this.schedule();
  }

  /** Undefined when more rows may be added, else when to ask again. */
  room(): Promise<void> | undefined {
    this.cutIfFull();
    return this.isFull ? Promise.race(this.underWay) : undefined;
  }

  /** Resolves when everything that was added before is acknowledged. Rejects when it can't be. */
  async flush(): Promise<void> {
    const waiting = this.pending;
    this.cut();
    while (this.pending === waiting && this.underWay.size > 0) {
      await Promise.race(this.underWay);
      this.cut();
    }
    await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure.error;
  }

  /** What waits is dropped; resolves when nothing is under way. */
  async drop(): Promise<void> {
    this.pending.clear();
    clearTimeout(this.timer);
    this.failure ??= { error: new Error('the fold of the task has ended') };
    await Promise.all(this.underWay);
  }

  /** Whether a batch waits that can be neither added to nor handed over. */
  private get isFull(): boolean {
    return this.pending.size >= this.options.timings.batchRows && this.failure === undefined;
  }

  private cutIfFull(): void {
    if (this.isFull) this.cut();
  }

  private schedule(): void {
    this.cutIfFull();
    if (this.pending.size > 0) this.timer ??= setTimeout(() => this.cut(), this.options.timings.batchMs);
  }

  /** Hands over what waits; what may not go yet goes when a batch ends. */
  private cut(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.failure !== undefined || this.pending.size === 0) return;
    if (this.underWay.size > 0 && (this.underWay.size === BATCHES || this.alone || this.pendingForce)) return;
    const batch = this.pending;
    this.alone = this.pendingForce;
    this.pending = new Map();
    this.pendingForce = false;
    const writing = this.write(batch)
      .catch((error: unknown) => {
        if (this.failure !== undefined) return;
        this.failure = { error };
        this.options.onFailure(error);
      })
      .finally(() => {
        this.underWay.delete(writing);
        if (this.pending.size > 0) this.schedule();
      });
    this.underWay.add(writing);
  }

  private async write(batch: ReadonlyMap<string, Pending>): Promise<void> {
    const { redisKeyBase, expireIn, store, guard, onWritten, onExpired } = this.options;
    for (;;) {
      const now = this.options.now();
      const writes: KeyWrite[] = [];
      const gone: string[] = [];
      let expired = 0;
      let merged = 0;
      for (const [keyHash, { row, force, merged: beside }] of batch) {
        const key = collectionKey(redisKeyBase, keyHash);
        const pxat = row === undefined ? 0 : expiryOf(row.eventdate, expireIn);
        merged += beside;
        if (row !== undefined && pxat > now) {
          writes.push({ key, value: row.value, pxat, force });
        } else if (force) gone.push(key);
        else expired++;
      }
      try {
        const outcomes = writes.length === 0 ? [] : await store.write(writes, guard);
        if (gone.length > 0) await store.remove(gone, guard);
        const written = outcomes.filter((outcome) => outcome !== 0).length;
        onWritten(written, writes.length - written + merged);
        if (expired > 0) onExpired(expired);
        return;
      } catch (error) {
        // Whoever is confirmed again had no successor in between: the same rows may be sent once more.
        if (!(error instanceof Unconfirmed)) throw error;
        await sleep(UNCONFIRMED_WAIT_MS, undefined, { signal: this.options.signal });
      }
    }
  }
}
