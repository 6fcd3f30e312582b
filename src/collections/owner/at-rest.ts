/** Rebuilds of tasks that are not folded now: deletes take back the keys of stopped and completed ones, too (spec 07 §8 "Deletes"). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from '../../../projections/collections/types.js';
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import type { TaskRecord } from '../types.js';
import { CheckpointKeeper, type FoundCheckpoint } from './checkpoint.js';
import { whenConfirmed } from './membership.js';
import type { OwnerParts } from './parts.js';
import type { ProgressKeeper } from './progress.js';
import { rebuildKeys } from './rebuild-keys.js';
import type { RebuildPace } from './rebuild-pace.js';

export interface RestOptions {
  readonly parts: OwnerParts;
  readonly record: TaskRecord;
  readonly collection: Collection;
  readonly progress: ProgressKeeper;
  readonly pace: RebuildPace;
  readonly onRebuild: () => Promise<void>;
  readonly signal: AbortSignal;
}

const TICK_MS = 100;

/** Resolves when the keys are there and know every delete that there is. Rejects when a server is away, or the signal fires. */
export async function rebuildAtRest(options: RestOptions): Promise<void> {
  const { parts, record, collection, progress, pace, signal } = options;
  const isBinary = collection.query.table.model === 'binary';
  const guard = (): void => parts.membership.guard(record.id);
  const keeper = new CheckpointKeeper(parts.store, collection.redisKeyBase, record.id, guard);
  for (;;) {
    const found = await whenConfirmed(signal, () => keeper.load());
    const request = parts.tasks.rebuildRequest(record.id);
    const deleted = isBinary && found !== undefined && parts.deletes.next > keeper.deletes;
    // A task that has read something had a checkpoint: Redis has lost it, and the keys with it.
    const lost = found === undefined && Object.keys(progress.offsets).length > 0;
    const needed = request !== undefined || deleted || lost;
    pace.note(needed ? `${request ?? ''} ${parts.deletes.next} ${lost}` : undefined, performance.now());
    if (!needed) return;
    if (found === undefined && !lost) await parts.tasks.finishRebuild(record.id, request!);
    else if (pace.isDue(performance.now())) await rebuild(options, keeper, found, guard);
    else await sleep(TICK_MS, undefined, { signal });
  }
}

/** `found` undefined: what the checkpoint said is known from the task's last progress. */
async function rebuild(
  options: RestOptions,
  keeper: CheckpointKeeper,
  found: FoundCheckpoint | undefined,
  guard: () => void,
): Promise<void> {
  const { parts, record, collection, progress, pace, onRebuild, signal } = options;
  pace.begin(performance.now());
  const giveTurn = await parts.turns.take(signal);
  progress.rebuilding = true;
  await onRebuild();
  try {
    const request = parts.tasks.rebuildRequest(record.id);
    const { table, next } = await parts.deletes.fresh();
    const upTo = foldedUpTo(found, progress);
    await parts.catalogue.look();
    await rebuildKeys({
      parts,
      record,
      collection,
      deletes: table,
      upTo,
      tombstonesUpTo: upTo.map((one) => ({ ...one, offset: Math.max(one.offset, parts.catalogue.endOf(one)) })),
      watermark: emittedUpTo(options),
      guard,
      signal,
    });
    if (found === undefined) await whenConfirmed(signal, () => keeper.begin(upTo, next));
    else if (!(await whenConfirmed(signal, () => keeper.advance(offsetsOf(found.offsets), next))))
      throw new Error('Redis has lost data while a collection was rebuilt');
    if (request !== undefined) await parts.tasks.finishRebuild(record.id, request);
  } finally {
    progress.rebuilding = false;
    giveTurn();
  }
  await onRebuild();
}

/** A completed task has emitted everything. */
function emittedUpTo({ record, progress }: RestOptions): number {
  return record.status === 'COMPLETED' ? Infinity : (progress.watermark ?? -Infinity);
}

/** The checkpoint of a grouped task stands where its oldest window begins; what was folded behind it is told by the task's last progress. */
function foldedUpTo(found: FoundCheckpoint | undefined, progress: ProgressKeeper): TopicPartitionOffset[] {
  if (found === undefined) return offsetsOf(new Map(Object.entries(progress.offsets)));
  return offsetsOf(
    new Map([...found.offsets].map(([partition, offset]) => [partition, Math.max(offset, progress.offsets[partition] ?? 0)])),
  );
}

function offsetsOf(offsets: ReadonlyMap<string, number>): TopicPartitionOffset[] {
  return [...offsets].map(([key, offset]) => {
    const slash = key.lastIndexOf('/');
    return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)), offset };
  });
}
