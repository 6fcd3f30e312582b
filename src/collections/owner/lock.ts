/** Which member of the workers' group owns a task: the holder of one of the partitions of a topic that is never written (spec 07 §8 "Owner"). */
import { createTopicAdmin } from '../../../streams/admin.js';
import { topicPolicy } from '../../../streams/topic-policies.js';
import { systemTopic } from '../../../streams/topics.js';
import type { KafkaConfig } from '../../config/index.js';
import { MetafoldError } from '../../errors.js';

export const LOCK_PARTITIONS = 16;

export function lockTopic(topicPrefix: string): string {
  return systemTopic(topicPrefix, 'collection-lock');
}

export function ownerGroup(topicPrefix: string): string {
  return `azul-${topicPrefix}-collections`;
}

/** FNV-1a of 32 bits over the bytes of a text in UTF-8. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The partition of the lock topic whose holder owns the task. */
export function lockPartition(id: string): number {
  return fnv1a32(id) % LOCK_PARTITIONS;
}

/** Creates the lock topic where it is missing. Throws MF_KAFKA_TOPIC when there is one with other partitions: two owners of a task could be. */
export async function ensureLockTopic({ brokers, client, topicPrefix }: KafkaConfig): Promise<void> {
  const topic = lockTopic(topicPrefix);
  const admin = createTopicAdmin({ brokers, client });
  try {
    // The broker's default replication.
    await admin.createTopic({ topic, partitions: LOCK_PARTITIONS, replication: -1, config: topicPolicy(topic) ?? {} });
    const found = (await admin.partitionCounts([topic])).get(topic);
    if (found !== undefined && found !== LOCK_PARTITIONS) {
      throw new MetafoldError('MF_KAFKA_TOPIC', `topic ${topic} has ${found} partitions, expected ${LOCK_PARTITIONS}: delete it while no worker runs`, { topic }); // prettier-ignore
    }
  } finally {
    admin.close();
  }
}
