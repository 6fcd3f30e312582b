/** How a projection is bound to the log: subscriptions, and which reading of it a topic's records get. */
import type { Projection, Reading, TopicKind } from '../../projections/index.js';
import { binaryTopicPattern, kindOfTopic, systemTopicPattern } from '../../streams/topics.js';

/** Patterns of one consumer. */
export type Subscription = readonly string[];

function pattern(prefix: string, kind: TopicKind): string {
  return kind === 'binary' ? binaryTopicPattern(prefix) : systemTopicPattern(prefix, kind);
}

/** One subscription for each consumer, in the order of precedence: expedited events come before everything else. */
export function subscriptions(projection: Projection, prefix: string): Subscription[] {
  const kinds = projection.reads.flatMap(({ topics }) => topics);
  const expedited = kinds.filter((kind) => kind === 'expedite');
  const others = kinds.filter((kind) => kind !== 'expedite');
  return [expedited, others].filter((list) => list.length > 0).map((list) => list.map((kind) => pattern(prefix, kind)));
}

/** The reading for a topic's records, or undefined for a topic that the projection does not read. */
export function readingOf(projection: Projection, topic: string): Reading | undefined {
  const kind = kindOfTopic(topic);
  return projection.reads.find(({ topics }) => (topics as readonly string[]).includes(kind ?? ''));
}

/** Consumer group of a projection in one generation (spec 00 "Generation"); raising the suffix reads everything again. */
export function consumerGroup(partition: string, projection: string, versionSuffix: number): string {
  return `metafold.${partition}.${projection}.${versionSuffix}`;
}

/** Whether a group is one of a projection's in a generation, whatever its suffix. */
export function isGroupOf(group: string, partition: string, projection: string): boolean {
  const prefix = `metafold.${partition}.${projection}.`;
  return group.startsWith(prefix) && /^[0-9]+$/.test(group.slice(prefix.length));
}
