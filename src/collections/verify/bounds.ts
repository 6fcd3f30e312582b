/**
 * What the keys of a task may hold while its fold goes on: at least the rows of what it has folded for certain, at most those of all that the log held when
 * it was looked at. Both are the same when nothing lies between them.
 */
import { GroupWindows, type GroupLimits } from '../../../projections/collections/group/index.js';
import type { Collection, CollectionRow, EventRow } from '../../../projections/collections/types.js';
import { emittedRows, keepGreater, KEYS_AT_ONCE } from '../log/greatest-rows.js';
import type { Refold } from '../log/refold.js';
import type { Task } from '../types.js';
import type { Standing } from './standing.js';

export interface Bounds {
  /** Greatest rows by hash of their keys. */
  readonly least: ReadonlyMap<string, CollectionRow>;
  readonly most: ReadonlyMap<string, CollectionRow>;
}

/** Undefined when there are more keys than are held at one time: ask for fewer. */
export async function plainBounds(
  refold: Refold,
  collection: Collection,
  standing: Standing,
  wanted: (hash: string) => boolean,
  now: () => number,
): Promise<Bounds | undefined> {
  const most = new Map<string, CollectionRow>();
  const least = standing.between === 0 ? most : new Map<string, CollectionRow>();
  const whole = await refold.each(
    (event, values) => {
      const row = collection.row(values, 1);
      if (!wanted(row.keyHash)) return;
      keepGreater(most, row, collection, now());
      if (least !== most && isFolded(event, standing)) keepGreater(least, row, collection, now());
    },
    () => most.size > KEYS_AT_ONCE,
  );
  return whole ? { least, most } : undefined;
}

/** Windows that end at or before `least` have been emitted, those that end behind `most` have not. Milliseconds since the epoch. */
export interface Watermarks {
  readonly least: number;
  readonly most: number;
}

export async function groupedBounds(
  refold: Refold,
  collection: Collection,
  standing: Standing,
  watermarks: (newest: number) => Watermarks,
  limits: GroupLimits,
  now: () => number,
): Promise<Bounds> {
  const all = new GroupWindows(collection, limits);
  const certain = standing.between === 0 ? all : new GroupWindows(collection, limits);
  let newest = -Infinity;
  await refold.each((event, by) => {
    all.add(event, by);
    if (certain !== all && isFolded(event, standing)) certain.add(event, by);
    newest = Math.max(newest, event.eventdate);
  });
  const instant = now();
  const due = watermarks(newest);
  const least = emittedRows(certain, due.least, collection, instant);
  return { least, most: emittedRows(all, due.most, collection, instant, certain === all ? least : undefined) };
}

function isFolded({ topic, partition, offset }: EventRow, { folded }: Standing): boolean {
  return offset < (folded.get(`${topic}/${partition}`) ?? 0);
}

/** What the task's last progress tells for certain, and the latest that may be true now. `newest`: greatest eventdate in the log. */
export function watermarksOf(
  { record: { status, updated }, progress }: Task,
  newest: number,
  { now, maxOutOfOrderMs }: { readonly now: number; readonly maxOutOfOrderMs: number },
): Watermarks {
  if (status === 'COMPLETED') return { least: Infinity, most: Infinity };
  const least = progress?.watermark ?? -Infinity;
  const isOpen = status === 'RUNNING' || status === 'RECONNECTING';
  const latest = isOpen ? Math.max(now, newest) : Math.min(now, updated);
  return { least, most: Math.max(least, latest - maxOutOfOrderMs) };
}
