/** Errors as the Kafka client reports them. */
import type { LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';

/** The client reports plain objects now and then; callers get an Error with the code kept. */
export function asError(value: unknown): Error {
  if (value instanceof Error) return value;
  const { message, code } = value as Partial<LibrdKafkaError>;
  return Object.assign(new Error(message ?? String(value)), { code });
}
