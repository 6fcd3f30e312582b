/**
 * Which offsets may be committed. An offset here is always the *next* one to read: last judged record + 1.
 *
 * Records of a partition arrive in order and every record is judged (folded, refused or skipped) before the next poll,
 * so one number per partition says everything; gaps left by compaction need no care. Pure: no client.
 */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number;
}

export class OffsetMap {
  private readonly topics = new Map<string, Map<number, number>>();

  /** Raises the next offset of a partition; a lower one is ignored. */
  advance(topic: string, partition: number, next: number): void {
    let partitions = this.topics.get(topic);
    if (!partitions) this.topics.set(topic, (partitions = new Map<number, number>()));
    const current = partitions.get(partition);
    if (current === undefined || next > current) partitions.set(partition, next);
  }

  get(topic: string, partition: number): number | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  /** Forgets partitions that were taken away: their new owner commits them. */
  drop(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.topics.get(topic)?.delete(partition);
  }

  entries(): TopicPartitionOffset[] {
    const list: TopicPartitionOffset[] = [];
    for (const [topic, partitions] of this.topics) for (const [partition, offset] of partitions) list.push({ topic, partition, offset });
    return list;
  }
}

/** Records not yet committed: the log's end minus the committed offset, or minus the log's beginning where nothing is committed. */
export function lagOf(low: number, high: number, committed: number | undefined): number {
  return Math.max(0, high - Math.max(low, committed ?? low));
}
