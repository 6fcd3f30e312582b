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

export interface RenewalOptions {
  /** Whose client it is, for the error that tells of its loss. */
  readonly who: string;
  readonly open: () => KafkaConsumer;
  readonly connect: (consumer: KafkaConsumer) => Promise<void>;
  readonly isCurrent: (consumer: KafkaConsumer) => boolean;
  /** Puts a consumer that has connected in the place of the current one. */
  readonly replace: (found: KafkaConsumer) => Promise<void> | void;
  /** Ends the one that was replaced. */
  readonly end: (lost: KafkaConsumer) => Promise<void>;
  readonly onError: (error: Error) => void;
}

export interface Renewal {
  /** From now on the consumer is replaced when it has lost its brokers, however long that takes. */
  watch(consumer: KafkaConsumer): void;
  /** No other is looked for any more. Does not wait long for one that still connects, as to a broker that is away: it ends by itself. */
  close(): Promise<void>;
}

const AGAIN_MS = 1_000;
const CLOSE_MS = 5_000;

export function createRenewal({ who, open, connect, isCurrent, replace, end, onError }: RenewalOptions): Renewal {
  let closing = false;
  let renewing: Promise<void> | undefined;

  async function renew(lost: KafkaConsumer): Promise<void> {
    if (!isCurrent(lost)) return;
    onError(new BrokersLostError(who));
    const found = await connectAnother();
    if (found === undefined) return;
    await replace(found);
    await end(lost);
  }

  async function connectAnother(): Promise<KafkaConsumer | undefined> {
    while (!closing) {
      const consumer = open();
      try {
        await connect(consumer);
        if (!closing) return consumer;
        await disconnect(consumer);
      } catch (error) {
        onError(error as Error);
        await sleep(AGAIN_MS);
      }
    }
    return undefined;
  }

  return {
    watch: (consumer) =>
      onBrokersLost(consumer, () => {
        renewing ??= renew(consumer).finally(() => (renewing = undefined));
      }),
    async close() {
      closing = true;
      await Promise.race([renewing, sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

/** Resolves when the consumer has ended. */
export async function disconnect(consumer: KafkaConsumer): Promise<void> {
  // The library crashes when a client that was never connected is disconnected.
  if (consumer.isConnected()) await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
}
