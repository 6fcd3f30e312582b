/** The history that benchmarks fold: generated, encoded and published once, under a topic prefix of its own. */
import { encodeEvent } from '../../streams/encode.js';
import type { Model } from '../../schemas/events.js';
import { systemTopic } from '../../streams/topics.js';
import { openSession } from '../publish/session.js';
import { generatePublications } from '../generate/index.js';
import type { Config } from '../config/index.js';
import { idleDelete } from './removal-events.js';

export interface PublishedHistory {
  readonly events: number;
  /** Bytes of the Avro records. */
  readonly bytes: number;
  readonly topics: readonly string[];
}

/** A generated binary makes somewhat more than eleven events. */
const EVENTS_PER_BINARY = 11;

/** Publishes exactly `events` events. */
export async function publishHistory(
  config: Config<'kafka'>,
  prefix: string,
  events: number,
  seed: number,
  onProgress: (done: number) => void,
): Promise<PublishedHistory> {
  const session = await openSession(config, { partitions: 1, replication: 1, onError: () => undefined });
  const topics = new Set<string>();
  let done = 0;
  let bytes = 0;
  try {
    for (const { topic, model, event } of generatePublications({ binaries: Math.ceil(events / EVENTS_PER_BINARY) + 10, seed, prefix })) {
      if (done === events) break;
      if (!topics.has(topic)) {
        await session.keeper.ensure(topic);
        topics.add(topic);
      }
      const value = encodeEvent<Model>(model, event);
      bytes += value.length;
      await session.producer.send({ topic, key: event.kafka_key, value });
      if (++done % 1_000 === 0) onProgress(done);
    }
    await session.producer.flush();
  } finally {
    await session.close();
  }
  if (done < events) throw new Error(`the generator made ${done} events, expected ${events}`);
  return { events, bytes, topics: [...topics] };
}

/** Publishes deletes that match nothing of the history. */
export async function publishIdleDeletes(
  config: Config<'kafka'>,
  prefix: string,
  count: number,
  onProgress: (done: number) => void,
): Promise<void> {
  const session = await openSession(config, { partitions: 1, replication: 1, onError: () => undefined });
  const topic = systemTopic(prefix, 'delete');
  try {
    await session.keeper.ensure(topic);
    for (let n = 0; n < count; n++) {
      const event = idleDelete(n);
      await session.producer.send({ topic, key: event.kafka_key, value: encodeEvent('delete', event) });
      if (n % 1_000 === 0) onProgress(n);
    }
    await session.producer.flush();
  } finally {
    await session.close();
  }
}
