/** How far a task has been folded, told from outside: its checkpoint, its last progress, the ends of the log. */
import { topicFilter } from '../../../projections/collections/tables/topics.js';
import type { Collection } from '../../../projections/collections/types.js';
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import type { Catalogue } from '../log/catalogue.js';
import { findCheckpoint } from '../owner/checkpoint.js';
import type { Checkpoint, Task } from '../types.js';

export interface Standing {
  /** Next offset by `topic/partition`: what stands before it is in Redis. */
  readonly folded: ReadonlyMap<string, number>;
  /** What stands at these offsets and behind them is not in Redis. */
  readonly upTo: readonly TopicPartitionOffset[];
  /** Tombstones in front of these offsets count. */
  readonly ends: readonly TopicPartitionOffset[];
  /** Records between `folded` and `upTo`. */
  readonly between: number;
  /** Next offset of `system.delete` that the keys do not know; undefined: no checkpoint. */
  readonly deletes: number | undefined;
}

const AT_REST = ['STOPPED', 'COMPLETED'];

/** Of the catalogue's last look; `checkpoints` as Redis has them now. */
export function standingOf(
  { record, progress }: Task,
  collection: Collection,
  checkpoints: readonly (Checkpoint | undefined)[],
  catalogue: Pick<Catalogue, 'partitions' | 'endOf'>,
  topicPrefix: string,
): Standing {
  const checkpoint = findCheckpoint(checkpoints, record.id);
  const { table, sources, body } = collection.query;
  const shown = progress?.offsets ?? {};
  const folded = new Map<string, number>();
  const ends: TopicPartitionOffset[] = [];
  const upTo = catalogue.partitions(topicFilter(table, sources, topicPrefix)).map((one): TopicPartitionOffset => {
    const key = `${one.topic}/${one.partition}`;
    const covered = checkpoint?.offsets.get(key) ?? 0;
    const seen = shown[key] ?? 0;
    // The checkpoint of a grouped task stands where its oldest window begins. Without one, Redis has lost what was folded.
    const offset = body.kind === 'grouped' || checkpoint === undefined ? Math.max(covered, seen) : covered;
    folded.set(key, offset);
    const end = { ...one, offset: Math.max(offset, catalogue.endOf(one)) };
    ends.push(end);
    return AT_REST.includes(record.status) ? { ...one, offset: Math.max(offset, seen) } : end;
  });
  const between = upTo.reduce((sum, one) => sum + one.offset - folded.get(`${one.topic}/${one.partition}`)!, 0);
  return { folded, upTo, ends, between, deletes: checkpoint?.deletes };
}
