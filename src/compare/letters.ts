import { fromRecord, deadLetterKey, deadLetterTopic } from '../../streams/dead-letter.js';
import { readTopic } from '../../streams/read-topic.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { KafkaConfig } from '../config/index.js';

/** How the reason of a letter begins that OpenSearch, not metafold, is the cause of (dead-letters/letter.ts). */
const REFUSED_BY_OPENSEARCH = /^OpenSearch refused /;

export type IsRefused = (projection: string, record: Pick<RawRecord, 'topic' | 'partition' | 'offset'>) => boolean;

/** Whether OpenSearch has refused a document of a record: it may be missing then. Keeps the letters' names alone, not what they hold. */
export async function readRefusals({ brokers, client, topicPrefix }: KafkaConfig): Promise<IsRefused> {
  const refused = new Set<string>();
  await readTopic(brokers, client, deadLetterTopic(topicPrefix), ({ key, value, headers = [] }) => {
    const name = String(key);
    refused.delete(name);
    if (value === null || value.length === 0) return;
    try {
      if (REFUSED_BY_OPENSEARCH.test(fromRecord(value, headers).reason)) refused.add(name);
    } catch {
      // Not a letter of metafold's: it says nothing of any record.
    }
  });
  return (projection, { topic, partition, offset }) =>
    refused.size > 0 && refused.has(deadLetterKey({ projection, topic, partition, offset }));
}
