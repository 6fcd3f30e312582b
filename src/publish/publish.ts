/** Publishes a history: lines to records to topics, as fast as the broker takes them, in bounded memory. */
import type { AzulEvent, Model } from '../../schemas/events.js';
import { droppedSettings, encodeEvent, encodeFramed, type WireVersion } from '../../streams/encode.js';
import { DeliveryError, type OutgoingRecord, type RecordProducer } from '../../streams/producer.js';
import type { SchemaRegistry } from '../../streams/registry.js';
import { MetafoldError, messageOf } from '../errors.js';
import { inputError, type InputLine } from './input.js';
import { parseLine } from './line.js';
import { createSpool } from './spool.js';
import type { TopicKeeper } from './topic-keeper.js';

export interface PublishOptions {
  readonly version: WireVersion;
  /** Frames every record with the id of its schema in this registry. */
  readonly registry: SchemaRegistry | undefined;
  /** Seed of a random order; undefined: as read. */
  readonly shuffle: string | undefined;
  /** How often each record is sent, in a row unless shuffled. */
  readonly repeat: number;
  /** Lines to read at most. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number) => void;
}

/** What was published: complete whether or not the work came to its end. */
export interface PublishCounts {
  /** Records that are durable in Kafka. */
  published: number;
  tombstones: number;
  /** Bytes of keys and values. */
  bytes: number;
  /** Source settings that version 4 can't carry. */
  dropped_settings: number;
  topics: Record<string, number>;
}

export function noCounts(): PublishCounts {
  return { published: 0, tombstones: 0, bytes: 0, dropped_settings: 0, topics: {} };
}

/** The client's code for a record over its own limit. */
const ERR_MESSAGE_TOO_LARGE = 10;

/** Sends records and counts them. Throws MF_INPUT for a record that is too large, MF_KAFKA for a client that has failed. */
export function createSender(producer: RecordProducer, counts: PublishCounts): (record: OutgoingRecord) => Promise<void> | undefined {
  return (record) => {
    const size = Buffer.byteLength(record.key) + (record.value?.length ?? 0);
    let waiting: Promise<void> | undefined;
    try {
      waiting = producer.send(record);
    } catch (error) {
      if ((error as { code?: unknown }).code === ERR_MESSAGE_TOO_LARGE)
        throw new Error(`the record has ${size} bytes, expected at most 4 MiB`, { cause: error });
      throw new MetafoldError('MF_KAFKA', messageOf(error), { topic: record.topic }, { cause: error });
    }
    counts.published++;
    counts.bytes += size;
    if (record.value === null) counts.tombstones++;
    counts.topics[record.topic] = (counts.topics[record.topic] ?? 0) + 1;
    return waiting;
  };
}

/** Waits until all is durable; what is not leaves the counts and is thrown. */
export async function settle(producer: RecordProducer, counts: PublishCounts): Promise<void> {
  try {
    await producer.flush();
  } catch (error) {
    if (error instanceof DeliveryError) {
      for (const [topic, failed] of error.failed) {
        counts.topics[topic] = (counts.topics[topic] ?? 0) - failed;
        counts.published -= failed;
      }
    }
    throw new MetafoldError('MF_KAFKA', messageOf(error), {}, { cause: error });
  }
}

/** Encodes lines; topics and schemas are made sure of at their first record. */
function createEncoder(keeper: TopicKeeper, options: PublishOptions, counts: PublishCounts) {
  const schemaIds = new Map<string, number>();
  const seen = new Set<string>();

  async function prepare(topic: string, model: Model | undefined): Promise<void> {
    await keeper.ensure(topic);
    if (options.registry && model && !schemaIds.has(topic)) {
      try {
        schemaIds.set(topic, await options.registry.register(topic, model, options.version));
      } catch (error) {
        throw new MetafoldError('MF_REGISTRY', messageOf(error), { topic }, { cause: error });
      }
    }
    seen.add(topic);
  }

  function encode(model: Model, event: AzulEvent, topic: string): Buffer {
    if (options.version === 4) counts.dropped_settings += droppedSettings(model, event as never);
    const bytes = encodeEvent(model, event as never, { version: options.version });
    const schemaId = schemaIds.get(topic);
    return schemaId === undefined ? bytes : encodeFramed(schemaId, bytes);
  }

  return { seen, prepare, encode };
}

type Put = (record: OutgoingRecord) => Promise<void> | undefined;

async function feed(
  lines: AsyncIterable<readonly InputLine[]>,
  keeper: TopicKeeper,
  options: PublishOptions,
  counts: PublishCounts,
  put: Put,
) {
  const { seen, prepare, encode } = createEncoder(keeper, options, counts);
  let read = 0;
  for await (const batch of lines) {
    for (const place of batch) {
      if (read >= options.limit || options.signal.aborted) return;
      read++;
      try {
        const { topic, key, model, event } = parseLine(place.text);
        if (!seen.has(topic)) await prepare(topic, model);
        const record = { topic, key, value: event === undefined ? null : encode(model!, event, topic) };
        for (let time = 0; time < options.repeat; time++) {
          const waiting = put(record);
          if (waiting) await waiting;
        }
      } catch (error) {
        throw error instanceof MetafoldError ? error : inputError(place, messageOf(error), error);
      }
    }
    options.onProgress(options.shuffle === undefined ? 'publishing' : 'reading', read);
  }
}

async function publishShuffled(
  lines: AsyncIterable<readonly InputLine[]>,
  keeper: TopicKeeper,
  options: PublishOptions,
  counts: PublishCounts,
  send: Put,
): Promise<void> {
  const spool = createSpool();
  try {
    await feed(lines, keeper, options, counts, (record) => {
      spool.add(record);
      return undefined;
    });
    for (const record of spool.shuffled(options.shuffle!)) {
      if (options.signal.aborted) return;
      const waiting = send(record);
      if (waiting) await waiting;
      options.onProgress('publishing', counts.published);
    }
  } finally {
    spool.close();
  }
}

/**
 * Publishes lines and fills `counts`, which are right after a failure too: everything that was sent is waited for. Throws MF_INPUT
 * for a bad line (with its place), MF_KAFKA, MF_KAFKA_TOPIC or MF_REGISTRY. Stops early when the signal is raised.
 */
export async function publishLines(
  lines: AsyncIterable<readonly InputLine[]>,
  producer: RecordProducer,
  keeper: TopicKeeper,
  options: PublishOptions,
  counts: PublishCounts,
): Promise<void> {
  const send = createSender(producer, counts);
  let failure: unknown;
  try {
    if (options.shuffle === undefined) await feed(lines, keeper, options, counts, send);
    else await publishShuffled(lines, keeper, options, counts, send);
  } catch (error) {
    failure = error;
  }
  await settle(producer, counts).catch((error: unknown) => (failure ??= error));
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
}
