/** What publishing needs, opened and closed together: producer, admin client, topics. */
import { createTopicAdmin } from '../../streams/admin.js';
import { createProducer, type RecordProducer } from '../../streams/producer.js';
import type { Config } from '../config/index.js';
import { MetafoldError, messageOf } from '../errors.js';
import { createTopicKeeper, type TopicKeeper } from './topic-keeper.js';

export interface PublishSession {
  readonly producer: RecordProducer;
  readonly keeper: TopicKeeper;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly partitions: number | undefined;
  readonly replication: number | undefined;
  /** Connection errors that the client recovers from. */
  readonly onError: (error: Error) => void;
}

/** Rejects with MF_KAFKA when no broker answers. */
export async function openSession(config: Config<'kafka'>, options: SessionOptions): Promise<PublishSession> {
  const { brokers, client } = config.kafka;
  const { onError, partitions, replication } = options;
  const producer = createProducer({ brokers, client, onError });
  try {
    await producer.start();
  } catch (error) {
    throw new MetafoldError('MF_KAFKA', `no answer from ${brokers}: ${messageOf(error)}`, { brokers }, { cause: error });
  }
  const admin = createTopicAdmin({ brokers, client, onError });
  return {
    producer,
    keeper: createTopicKeeper({ admin, sources: config.sources, partitions, replication }),
    async close() {
      admin.close();
      await producer.close();
    },
  };
}
