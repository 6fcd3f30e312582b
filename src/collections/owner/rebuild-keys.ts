/**
 * Makes the keys of a task what a fresh fold of the log up to given offsets makes of them: what no event gives any more goes, what is too great is set back,
 * what is missing is written (spec 07 §8 "Deletes"). Nobody else may write the task's keys meanwhile.
 */
import { GroupWindows } from '../../../projections/collections/group/index.js';
import { collectionKey } from '../../../projections/collections/key.js';
import type { Collection, CollectionRow } from '../../../projections/collections/types.js';
import { compareRows, expiryOf, parseValue } from '../../../projections/collections/value.js';
import type { DeleteTable } from '../../../projections/removal/delete-table.js';
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import { emittedRows, inPasses, keepGreater, KEYS_AT_ONCE, type GreatestRows } from '../log/greatest-rows.js';
import { openRefold, type Refold } from '../log/refold.js';
import type { RowSink } from '../rows/event-folder.js';
import { StoreRefusal } from '../redis/index.js';
import { NO_KEY, type Guard, type KeyWrite, type TaskRecord } from '../types.js';
import { whenConfirmed } from './membership.js';
import type { OwnerParts } from './parts.js';

export interface RebuildOptions {
  readonly parts: OwnerParts;
  readonly record: TaskRecord;
  readonly collection: Collection;
  readonly deletes: DeleteTable;
  /** Events behind these offsets are not folded yet. */
  readonly upTo: readonly TopicPartitionOffset[];
  /** See `RefoldOptions`. */
  readonly tombstonesUpTo: readonly TopicPartitionOffset[];
  /** Of a grouped task: windows that end at or before it have been emitted. */
  readonly watermark: number;
  readonly guard: Guard;
  readonly signal: AbortSignal;
}

const CHUNK = 5_000;

/**
 * Answers with the windows of a grouped task as they are at those offsets. Rejects when Kafka or Redis is away, or the signal fires: then
 * nothing may be concluded from the keys.
 */
export async function rebuildKeys(options: RebuildOptions): Promise<GroupWindows | undefined> {
  const { parts, record } = options;
  const began = performance.now();
  const refold = await openRefold({ ...options, source: parts });
  const counts = { keys: 0, removed: 0, setBack: 0, added: 0 };
  const windows = options.collection.query.body.kind === 'grouped' ? new GroupWindows(options.collection, parts.settings) : undefined;
  if (windows !== undefined) await reconcile(await regroup(windows, refold, options), () => true, counts, options);
  else
    await inPasses(async (inPass) => {
      const rows = await greatest(refold, inPass, options);
      if (rows !== undefined) await reconcile(rows, inPass, counts, options);
      return rows !== undefined;
    });
  const seconds = (performance.now() - began) / 1_000;
  parts.metrics.rebuilt(seconds);
  parts.log.info({ task: record.id, name: record.friendlyName, seconds, ...counts }, 'collection is rebuilt');
  return windows;
}

/** The greatest row of each key of the pass; undefined when there are too many of them. */
async function greatest(refold: Refold, inPass: (hash: string) => boolean, options: RebuildOptions): Promise<GreatestRows | undefined> {
  const { parts, collection } = options;
  const rows: GreatestRows = new Map();
  const matched: RowSink['matched'] = (_, values) => {
    const row = collection.row(values, 1);
    if (inPass(row.keyHash)) keepGreater(rows, row, collection, parts.now());
  };
  const isWhole = await refold.each(matched, () => rows.size > KEYS_AT_ONCE);
  return isWhole ? rows : undefined;
}

/** Fills the windows; what those give that have been emitted. */
async function regroup(windows: GroupWindows, refold: Refold, { parts, collection, watermark }: RebuildOptions): Promise<GreatestRows> {
  await refold.each((row, by) => void windows.add(row, by));
  return emittedRows(windows, watermark, collection, parts.now());
}

interface Counts {
  keys: number;
  removed: number;
  setBack: number;
  added: number;
}

async function reconcile(
  rows: ReadonlyMap<string, CollectionRow>,
  inPass: (hash: string) => boolean,
  counts: Counts,
  options: RebuildOptions,
): Promise<void> {
  const { parts, record, collection } = options;
  counts.keys += rows.size;
  const base = collection.redisKeyBase;
  const seen = new Set<string>();
  const write = (row: CollectionRow, force: boolean): KeyWrite => ({
    key: collectionKey(base, row.keyHash),
    value: row.value,
    pxat: expiryOf(row.eventdate, collection.expireIn),
    force,
  });
  for await (const page of parts.store.scan(base)) {
    const keys = page.filter((key) => inPass(key.slice(base.length + 1)));
    const [values, expiries] = await Promise.all([parts.store.get(keys), expiriesOf(keys, options)]);
    const extra: string[] = [];
    const back: KeyWrite[] = [];
    for (const [at, key] of keys.entries()) {
      const value = values[at] ?? null;
      const row = rows.get(key.slice(base.length + 1));
      if (row === undefined) extra.push(key);
      else if (value !== null) {
        const stored = parseValue(value);
        const isGreater = stored === undefined || compareRows({ ...stored, value }, row) > 0;
        const isWrong = isGreater || (value === row.value && !livesAsLong(expiries?.[at], row, collection));
        if (isWrong) back.push(write(row, true));
        if (isWrong || value === row.value) seen.add(row.keyHash);
      }
    }
    counts.removed += await whenConfirmed(options.signal, () => parts.store.remove(extra, options.guard));
    await writeAll(back, options);
    counts.setBack += back.length;
  }
  // A task with a limit has not all rows that the log gives.
  if (record.limit !== null) return;
  const missing: KeyWrite[] = [];
  for (const row of rows.values()) if (!seen.has(row.keyHash)) missing.push(write(row, false));
  await writeAll(missing, options);
  counts.added += missing.length;
}

/** Undefined when the server can't tell: Redis older than 7. */
async function expiriesOf(keys: readonly string[], { parts }: RebuildOptions): Promise<readonly number[] | undefined> {
  try {
    return await parts.store.expiries(keys);
  } catch (error) {
    if (error instanceof StoreRefusal) return undefined;
    throw error;
  }
}

/** False for a key that somebody has made live longer, or for ever, or shorter. */
function livesAsLong(expiry: number | undefined, row: CollectionRow, { expireIn }: Collection): boolean {
  return expiry === undefined || expiry === NO_KEY || expiry === expiryOf(row.eventdate, expireIn);
}

async function writeAll(writes: readonly KeyWrite[], options: RebuildOptions): Promise<void> {
  for (let from = 0; from < writes.length; from += CHUNK) {
    const chunk = writes.slice(from, from + CHUNK).filter(({ pxat }) => pxat > options.parts.now());
    await whenConfirmed(options.signal, () => options.parts.store.write(chunk, options.guard));
  }
}
