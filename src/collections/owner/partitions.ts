/** Which partitions a task reads, and how far: found as they come, begun at the replay start unless a checkpoint says otherwise (spec 07 §4, §8). */
import { OffsetMap, type TopicPartition, type TopicPartitionOffset } from '../../../streams/offsets.js';
import type { Catalogue } from '../log/catalogue.js';

export type Ends = ReadonlyMap<string, number>;

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

export class Partitions {
  /** Next offsets. */
  readonly next = new OffsetMap();
  private version = -1;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly reads: (topic: string) => boolean,
  ) {}

  /** Whether the catalogue has changed since `discover`. */
  get isStale(): boolean {
    return this.catalogue.version !== this.version;
  }

  /** Where to begin with the partitions that are not read yet: where they were left, by `left`, or at an instant. Rejects when Kafka does not answer. */
  async discover(left: ReadonlyMap<string, number>, start: number): Promise<TopicPartitionOffset[]> {
    const { version } = this.catalogue;
    const fresh = this.catalogue.partitions(this.reads).filter(({ topic, partition }) => this.next.get(topic, partition) === undefined);
    const known = fresh.flatMap((one) => {
      const offset = left.get(partitionKey(one));
      return offset === undefined ? [] : [{ ...one, offset }];
    });
    const unknown = fresh.filter((one) => !left.has(partitionKey(one)));
    const started = unknown.length === 0 ? [] : await this.catalogue.offsetsAt(unknown, start);
    this.version = version;
    return [...known, ...started];
  }

  /** The ends at the last look. */
  ends(): Ends {
    return new Map(this.catalogue.partitions(this.reads).map((one) => [partitionKey(one), this.catalogue.endOf(one)]));
  }

  hasReached(ends: Ends): boolean {
    return this.catalogue.partitions(this.reads).every((one) => {
      const end = ends.get(partitionKey(one));
      return end === undefined || (this.next.get(one.topic, one.partition) ?? -1) >= end;
    });
  }

  /** Records between what was read and the ends at the last look. */
  lag(): number {
    return this.next.entries().reduce((sum, one) => sum + Math.max(0, this.catalogue.endOf(one) - one.offset), 0);
  }

  /** Next offsets by `topic/partition`. */
  shown(): Record<string, number> {
    return Object.fromEntries(this.next.entries().map((one) => [partitionKey(one), one.offset]));
  }
}
