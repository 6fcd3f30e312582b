import type { GroupLagReader } from '../../streams/group-lag.js';
import { systemTopicPattern } from '../../streams/topics.js';
import type { Applied } from './table-tail.js';

/**
 * How far a group has applied the tables: what it has committed of their topics, which any of its members says for all (spec 00 "Applied
 * position"). A group that has folded nothing has applied everything. Rejects when the broker can't be asked.
 */
export async function readApplied(
  reader: GroupLagReader,
  groupId: string,
  patterns: readonly string[],
  topicPrefix: string,
): Promise<Applied> {
  const folded = await reader.lag(groupId, patterns);
  if (folded.every(({ committed }) => committed === undefined)) return 'all';
  const tables = await reader.lag(groupId, [systemTopicPattern(topicPrefix, 'delete'), systemTopicPattern(topicPrefix, 'insert')]);
  return new Map(
    tables.flatMap(({ topic, partition, committed }) => (committed === undefined ? [] : [[`${topic}/${partition}`, committed]])),
  );
}
