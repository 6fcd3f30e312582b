/**
 * librdkafka forgets all brokers, those of its settings too, when one tells it that the cluster has none: as a broker does that has stood still until its
 * controller took it for dead. Such a client asks nobody ever again and tells no error (librdkafka issue 5301, in 2.10 and newer). Its statistics show it;
 * only a new client helps.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConsumer } from '@confluentinc/kafka-javascript/types/rdkafka.js';

/** What a client needs in its settings for `onBrokersLost`. */
export const TELL_BROKERS = { 'statistics.interval.ms': 5_000 } as const;
/** So many looks without a broker, one behind the other, say that none comes back. */
const LOOKS = 2;
/** The others that a client lists are names for a role, or its own. */
const BROKER = /"source":"(?:learned|configured)"/;

/** Calls `lost`, again and again, while the client has lost its brokers; it has to be polled. */
export function onBrokersLost(client: Pick<KafkaConsumer, 'on'>, lost: () => void): void {
  let without = 0;
  client.on('event.stats', ({ message }: { readonly message: string }) => {
    without = BROKER.test(message) ? 0 : without + 1;
    if (without >= LOOKS) lost();
  });
}

/** Told to whoever hears of errors that a client recovers from. */
export class BrokersLostError extends Error {
  override readonly name = 'BrokersLostError';

  constructor(who: string) {
    super(`the Kafka client of ${who} has lost all brokers, as after Kafka has stood still: another one takes its place`);
  }
}

export interface Another {
  readonly open: () => KafkaConsumer;
  readonly connect: (consumer: KafkaConsumer) => Promise<void>;
  readonly onError: (error: Error) => void;
  readonly isClosing: () => boolean;
}

const AGAIN_MS = 1_000;

/** A connected consumer in place of one that has lost its brokers, however long that takes; undefined when nobody wants it any more. */
export async function connectAnother({ open, connect, onError, isClosing }: Another): Promise<KafkaConsumer | undefined> {
  while (!isClosing()) {
    const consumer = open();
    try {
      await connect(consumer);
      if (!isClosing()) return consumer;
      await disconnect(consumer);
    } catch (error) {
      onError(error as Error);
      await sleep(AGAIN_MS);
    }
  }
  return undefined;
}

const CLOSE_MS = 5_000;

/** Whoever closes does not wait for a client that still connects, as to a broker that is away: it ends by itself. */
export async function renewalEnds(renewing: Promise<void> | undefined): Promise<void> {
  await Promise.race([renewing, sleep(CLOSE_MS, undefined, { ref: false })]);
}

/** Resolves when the consumer has ended. */
export async function disconnect(consumer: KafkaConsumer): Promise<void> {
  // The library crashes when a client that was never connected is disconnected.
  if (consumer.isConnected()) await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
}
