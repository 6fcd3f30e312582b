/** Puts the records of a model's log where the model says: each into its own partition, in the order given. */
import Kafka from '@confluentinc/kafka-javascript';
import type { BinaryEvent, EventByModel, Model } from '../../schemas/events.js';
import { createDecoder } from '../../streams/decode.js';
import { encodeEvent } from '../../streams/encode.js';
import { modelOfTopic } from '../../streams/topics.js';
import type { ModelRecord } from './model.js';

export interface PlacedProducer {
  /** Resolves when all are durable. Their topics must exist. */
  publish(records: readonly ModelRecord[]): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;

function valueOf({ topic, event }: ModelRecord): Buffer | null {
  if (event === null) return null;
  const model: Model = modelOfTopic(topic)!;
  return encodeEvent(model, event as EventByModel[typeof model] & BinaryEvent);
}

const decoder = createDecoder({ registry: undefined });

/** The record with its event as readers get it: what is absent is there as the zero value now. */
export function asRead(record: ModelRecord): ModelRecord {
  if (record.event === null) return record;
  const outcome = decoder.decode(modelOfTopic(record.topic)! as 'binary', valueOf(record));
  if (outcome.kind !== 'event') throw new Error(`${outcome.kind}: ${JSON.stringify(outcome)}`);
  return { ...record, event: outcome.event };
}

export async function openPlacedProducer(brokers: string): Promise<PlacedProducer> {
  const producer = new Kafka.Producer({ 'metadata.broker.list': brokers, 'enable.idempotence': true, 'linger.ms': 5 });
  await new Promise<void>((resolve, reject) => {
    producer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? reject(new Error(error.message)) : resolve()));
  });
  producer.setPollInterval(20);
  return {
    async publish(records) {
      for (const record of records) producer.produce(record.topic, record.partition, valueOf(record), record.key);
      await new Promise<void>((resolve, reject) => {
        producer.flush(TIMEOUT_MS, (error) => (error ? reject(new Error(error.message)) : resolve()));
      });
    },
    close: () => new Promise((resolve) => producer.disconnect(() => resolve())),
  };
}
