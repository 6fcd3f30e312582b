/** The steps before a commit, in the order of the design (spec 00 "Before a commit"); then the commit. */
import type { RecordConsumer } from '../../streams/consumer.js';
import type { TopicPartition, TopicPartitionOffset } from '../../streams/offsets.js';
import type { Epoch } from './epoch.js';
import type { LoopDependencies } from './projection-loop.js';
import type { TablePosition } from './table-news.js';

export interface CheckpointDependencies extends Pick<
  LoopDependencies,
  'name' | 'sink' | 'removal' | 'observer' | 'consumers' | 'news' | 'forgetLetters' | 'log'
> {
  /** Hands over what was folded so far, and names what has to become durable. */
  readonly inFlight: () => readonly Promise<unknown>[];
  /** Whether another owner of its partitions may have removed its children and looked at their parents already. */
  readonly isOvertaken: () => boolean;
  /** Takes an offset along to the next commit. */
  readonly uncommitted: (consumer: number, offset: TopicPartitionOffset) => void;
}

/** Brings an epoch to its commit. Rejects when something failed that no record can be blamed for; nothing is committed then. */
export async function completeEpoch(epoch: Epoch, deps: CheckpointDependencies): Promise<void> {
  const { sink, removal, observer, consumers, news, forgetLetters, inFlight, isOvertaken } = deps;
  await epoch.settled();
  await news?.catchUp();
  const tables = await news?.take(inFlight);
  if (epoch.parents.size > 0) {
    const parents = [...epoch.parents.values()];
    await sink.submit(parents);
    observer.onParents(parents.length);
    // Whoever removed a child meanwhile may have looked at its parent before it was sent.
    if (news !== undefined && (news.mark !== epoch.mark || isOvertaken())) await removal.judgeParents(parents);
  }
  const { records, retractions } = epoch.shortfalls.take();
  // First: from a letter that stands, an insert may be making now what the retraction takes away.
  if (records.length > 0) await forgetLetters(records);
  await removal.retract(retractions);
  for (const [index, consumer] of consumers.entries()) {
    const offsets = epoch.offsets[index]!.entries();
    const last = index === consumers.length - 1;
    await commit(index, consumer, offsets, last ? tables : undefined, deps);
  }
}

/**
 * A commit that fails (a rebalance is under way, the broker is away) is made up for by the next one. What was polled of a partition
 * while it was being taken away is left to its new owner, whose commits it would set back.
 */
async function commit(
  index: number,
  consumer: RecordConsumer,
  reached: readonly TopicPartitionOffset[],
  tables: TablePosition | undefined,
  { log, name, observer, news, uncommitted }: CheckpointDependencies,
): Promise<void> {
  const assigned = new Set(consumer.assignment().map(partitionKey));
  const offsets = reached.filter((offset) => assigned.has(partitionKey(offset)));
  // No consumer is assigned a partition of the tables' topics: any member may say how far the group has applied them.
  const all = [...offsets, ...(assigned.size > 0 ? (tables?.offsets ?? []) : [])];
  if (all.length === 0) {
    if (tables !== undefined) news?.committed(tables);
    return;
  }
  try {
    await consumer.commit(all);
    if (tables !== undefined) news?.committed(tables);
    observer.onCommit(name, offsets);
  } catch (error) {
    log.warn({ projection: name, err: error }, 'commit failed, its offsets go with the next one');
    const owned = new Set(consumer.assignment().map(partitionKey));
    for (const offset of offsets) if (owned.has(partitionKey(offset))) uncommitted(index, offset);
  }
}

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
