import type { Message } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import type { KafkaClientSettings } from './consumer.js';
import { followTopics } from './follow-topics.js';

/**
 * Reads a topic from its beginning to the end that it has now, its records in partition order. A topic that does not exist reads as empty.
 * Rejects when the broker stops answering for 30 s.
 */
export async function readTopic(
  brokers: string,
  client: KafkaClientSettings,
  topic: string,
  onRecord: (record: Message) => void,
): Promise<void> {
  // Errors that matter end in records that do not come.
  const follower = await followTopics({ brokers, client, topics: [topic], missing: 'wait', onRecord, onError: () => undefined });
  try {
    await follower.catchUp();
  } finally {
    await follower.close();
  }
}
