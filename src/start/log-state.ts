/** How far the fold has come, by the log itself: what Kafka holds and what the projections' consumer groups have committed. */
import type { Docname } from '../../projections/index-names.js';
import { projections } from '../../projections/index.js';
import type { GroupLagReader, PartitionLag } from '../../streams/group-lag.js';
import { consumerGroup, subscriptions } from '../worker/binding.js';

export interface LogState {
  /** Events in the log that some projection folds. */
  readonly events: number;
  /** Those of them that every projection that reads them is done with. */
  readonly folded: number;
  /** Records not yet committed, by projection. */
  readonly lag: ReadonlyMap<string, number>;
}

/** Puts the lag of several groups together: a partition that two projections read is folded when both are done. */
export function summariseLag(byProjection: ReadonlyMap<string, readonly PartitionLag[]>): LogState {
  const partitions = new Map<string, { readonly low: number; readonly high: number; readonly lag: number }>();
  const lag = new Map<string, number>();
  for (const [projection, list] of byProjection) {
    lag.set(
      projection,
      list.reduce((sum, each) => sum + each.lag, 0),
    );
    for (const { topic, partition, low, high, lag: behind } of list) {
      const key = `${topic}/${String(partition)}`;
      const other = partitions.get(key);
      if (other === undefined || behind > other.lag) partitions.set(key, { low, high, lag: behind });
    }
  }
  let [events, folded] = [0, 0];
  for (const { low, high, lag: behind } of partitions.values()) {
    events += high - low;
    folded += high - low - behind;
  }
  return { events, folded, lag };
}

export interface GroupNames {
  /** Base partition. */
  readonly partition: string;
  /** Partition name of the active generation. */
  readonly generationOf: (docname: Docname) => string;
  readonly topicPrefix: string;
  readonly versionSuffix: number;
}

/** Asks the broker. Rejects when it does not answer. */
export async function readLogState(reader: GroupLagReader, { generationOf, topicPrefix, versionSuffix }: GroupNames): Promise<LogState> {
  const byProjection = new Map<string, readonly PartitionLag[]>();
  for (const projection of projections) {
    const group = consumerGroup(generationOf(projection.docname), projection.name, versionSuffix);
    byProjection.set(projection.name, await reader.lag(group, subscriptions(projection, topicPrefix).flat()));
  }
  return summariseLag(byProjection);
}

export function totalLag({ lag }: LogState): number {
  return [...lag.values()].reduce((sum, each) => sum + each, 0);
}

/** First and next offset of a topic; the sums over its partitions if it has several. */
export interface TopicEnds {
  readonly partitions: number;
  readonly low: number;
  readonly high: number;
}

/** A group that never commits, to ask for the ends of topics only. */
const NO_GROUP = 'metafold-start';

/** Ends of all topics of a prefix. Rejects when the broker does not answer. */
export async function readTopicEnds(reader: GroupLagReader, topicPrefix: string): Promise<Map<string, TopicEnds>> {
  const pattern = `^azul\\.${topicPrefix.replaceAll('.', '\\.')}\\.`;
  const ends = new Map<string, TopicEnds>();
  for (const { topic, low, high } of await reader.lag(NO_GROUP, [pattern])) {
    const other = ends.get(topic) ?? { partitions: 0, low: 0, high: 0 };
    ends.set(topic, { partitions: other.partitions + 1, low: other.low + low, high: other.high + high });
  }
  return ends;
}
