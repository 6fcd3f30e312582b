/** Where a slice of the log begins and ends: an offset, or a time, which is looked up in each partition. */
import Kafka from '@confluentinc/kafka-javascript';
import { clientTrouble } from '../../streams/client-trouble.js';
import type { KafkaClientSettings } from '../../streams/consumer.js';
import type { PartitionLag } from '../../streams/group-lag.js';

/** `timeMs`: milliseconds since the epoch, by the records' own time in Kafka. */
export type Place = { readonly offset: number } | { readonly timeMs: number };

const OFFSET = /^[0-9]{1,15}$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;
const TIMEOUT_MS = 30_000;

/** Undefined for a text that is neither a whole number nor an RFC 3339 time with its offset from UTC. */
export function parsePlace(text: string): Place | undefined {
  if (OFFSET.test(text)) return { offset: Number(text) };
  const timeMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : { timeMs };
}

/** The offset of a place in each of the partitions, by number, within what the partition holds. Rejects when the broker does not answer. */
export async function offsetsAt(
  place: Place,
  partitions: readonly PartitionLag[],
  { brokers, client }: { readonly brokers: string; readonly client: KafkaClientSettings },
): Promise<Map<number, number>> {
  const within = ({ low, high }: PartitionLag, offset: number): number => Math.min(high, Math.max(low, offset));
  if ('offset' in place) return new Map(partitions.map((one) => [one.partition, within(one, place.offset)]));
  const found = await offsetsForTime(
    partitions.map(({ topic, partition }) => ({ topic, partition, offset: place.timeMs })),
    { ...client, 'metadata.broker.list': brokers, 'group.id': `metafold-replay-${process.pid}` },
  );
  return new Map(
    partitions.map((one) => {
      const offset = found.find(({ partition }) => partition === one.partition)?.offset ?? -1;
      // Nothing is as late as that.
      return [one.partition, offset < 0 ? one.high : within(one, offset)];
    }),
  );
}

interface TimedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

async function offsetsForTime(wanted: readonly TimedPartition[], settings: KafkaClientSettings): Promise<readonly TimedPartition[]> {
  const consumer = new Kafka.KafkaConsumer({ ...settings, 'enable.auto.commit': false }, {});
  const trouble = clientTrouble();
  trouble.watch(consumer);
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? reject(trouble.explain(error)) : resolve()));
  });
  try {
    return await new Promise((resolve, reject) => {
      consumer.offsetsForTimes([...wanted], TIMEOUT_MS, (error, answer) => (error ? reject(trouble.explain(error)) : resolve(answer)));
    });
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}
