/** The topics of the prefix, their partitions and ends, looked at every few seconds for all tasks of a worker together. */
import { createTopicAdmin, type TopicAdmin } from '../../../streams/admin.js';
import type { TopicPartition, TopicPartitionOffset } from '../../../streams/offsets.js';
import type { KafkaConfig } from '../../config/index.js';

export class Catalogue {
  private readonly admin: TopicAdmin;
  private known: readonly TopicPartition[] = [];
  private looked = 0;
  private looking: Promise<void> | undefined;
  private knownEnds = new Map<string, number>();

  constructor(private readonly kafka: KafkaConfig) {
    this.admin = createTopicAdmin({ brokers: kafka.brokers, client: kafka.client });
  }

  /** Grows with each look that found other partitions than the one before. */
  get version(): number {
    return this.looked;
  }

  /** Looks now. Rejects when the broker does not answer. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = undefined));
    return this.looking;
  }

  partitions(wanted: (topic: string) => boolean): TopicPartition[] {
    return this.known.filter(({ topic }) => wanted(topic));
  }

  /** The end of a partition at the last look; 0 for one that is not known. */
  endOf({ topic, partition }: TopicPartition): number {
    return this.knownEnds.get(`${topic}/${partition}`) ?? 0;
  }

  /** All ends at the last look, by `topic/partition`. */
  ends(): ReadonlyMap<string, number> {
    return this.knownEnds;
  }

  /** First offsets whose records are not older than an instant (ms since the epoch). Rejects when the broker does not answer. */
  offsetsAt(partitions: readonly TopicPartition[], instant: number): Promise<TopicPartitionOffset[]> {
    return this.admin.offsetsAt(partitions, instant);
  }

  close(): void {
    this.admin.close();
  }

  private async lookOnce(): Promise<void> {
    const head = `azul.${this.kafka.topicPrefix}.`;
    const topics = (await this.admin.listTopics()).filter((topic) => topic.startsWith(head));
    const ends = topics.length === 0 ? [] : await this.admin.ends(topics);
    const changed = ends.length !== this.known.length || ends.some(({ topic, partition }) => !this.knownEnds.has(`${topic}/${partition}`));
    this.knownEnds = new Map(ends.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    if (!changed) return;
    this.known = ends.map(({ topic, partition }) => ({ topic, partition }));
    this.looked++;
  }
}
