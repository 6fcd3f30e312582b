/** A remark on a task whose keys live longer than the events that they come from (spec 07 §8 "Loss of Redis data"). */
import type { Collection } from '../../../projections/collections/types.js';
import { topicPolicy } from '../../../streams/topic-policies.js';
import { systemTopic } from '../../../streams/topics.js';
import type { TaskRecord } from '../types.js';

/** Empty when a rebuild can find everything; the retention is that of Azul's own topics. */
export function retentionWarning({ query: { table } }: Pick<Collection, 'query'>, { expireIn }: Pick<TaskRecord, 'expireIn'>): string {
  if (table.model === 'binary') return '';
  const retention = Number(topicPolicy(systemTopic('any', table.model))?.['retention.ms'] ?? -1);
  if (retention < 0 || retention >= expireIn * 1_000) return '';
  return `expireIn ${expireIn} s is longer than ${table.name} keeps its events (${retention / 1_000} s): what is lost in Redis comes back only as far as they go`;
}
