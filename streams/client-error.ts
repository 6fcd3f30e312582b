/** Errors as the Kafka client reports them. */
import type { LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';

/** The client reports plain objects now and then; callers get an Error with the code kept. */
export function asError(value: unknown): Error {
  if (value instanceof Error) return value;
  const { message, code } = value as Partial<LibrdKafkaError>;
  return Object.assign(new Error(message ?? String(value)), { code });
}

/** Whether an error is the client's own, as that no broker has answered in time, and not a broker's. */
export function isLocalCode(code: unknown): boolean {
  return typeof code === 'number' && code < 0;
}
