/** Consumer groups as the broker knows them: list, look who is in them, delete. */
import Kafka from '@confluentinc/kafka-javascript';
import type {
  DeleteGroupsResult,
  GroupDescriptions,
  GroupOverview,
  IAdminClient,
  LibrdKafkaError,
} from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { KafkaRequestError } from './admin.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings } from './consumer.js';

export interface GroupAdmin {
  listGroups(): Promise<string[]>;
  /** Numbers of members, by group; a group that does not exist has none. */
  memberCounts(groups: readonly string[]): Promise<Map<string, number>>;
  /** Deletes groups with their offsets; one that does not exist is fine. Throws for one that has members. */
  deleteGroups(groups: readonly string[]): Promise<void>;
  close(): void;
}

const TIMEOUT_MS = 15_000;
const GROUP_ID_NOT_FOUND = 69;

export function createGroupAdmin(brokers: string, client: KafkaClientSettings): GroupAdmin {
  const trouble = clientTrouble();
  const admin: IAdminClient = Kafka.AdminClient.create({ ...client, 'metadata.broker.list': brokers }, { ...trouble.handlers });

  function call<T>(what: string, request: (done: (error: LibrdKafkaError | null | undefined, result: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      request((error, result) => {
        if (error) reject(new KafkaRequestError(`${what}: ${trouble.explain(error).message}`, error.code));
        else resolve(result);
      });
    });
  }

  const options = { timeout: TIMEOUT_MS };
  return {
    async listGroups() {
      const { groups } = await call<{ groups: GroupOverview[] }>('list groups', (done) => admin.listGroups(options, done));
      return groups.map(({ groupId }) => groupId);
    },

    async memberCounts(groups) {
      if (groups.length === 0) return new Map();
      const described = await call<GroupDescriptions>('describe groups', (done) => admin.describeGroups([...groups], options, done));
      return new Map(described.groups.map(({ groupId, members }) => [groupId, members.length]));
    },

    async deleteGroups(groups) {
      if (groups.length === 0) return;
      const results = await call<DeleteGroupsResult[]>('delete groups', (done) => admin.deleteGroups([...groups], options, done));
      for (const { groupId, error } of results) {
        if (error && error.code !== GROUP_ID_NOT_FOUND)
          throw new KafkaRequestError(`delete group ${groupId}: ${error.message}`, error.code);
      }
    },

    close: () => admin.disconnect(),
  };
}
