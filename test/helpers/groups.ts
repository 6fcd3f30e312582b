/** Consumer groups seen from outside, in what librdkafka's admin interface offers and the one request that it lacks. */
import { once } from 'node:events';
import { connect } from 'node:net';
import Kafka from '@confluentinc/kafka-javascript';
import type { IAdminClient, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';

const TIMEOUT_MS = 10_000;
const LEAVE_GROUP = 13;

export interface GroupMember {
  readonly memberId: string;
  /** Number of partitions that the member has. */
  readonly partitions: number;
}

function asked<T>(
  brokers: string,
  request: (admin: IAdminClient, done: (error: LibrdKafkaError | null, result: T) => void) => void,
): Promise<T> {
  const admin: IAdminClient = Kafka.AdminClient.create({ 'metadata.broker.list': brokers });
  return new Promise<T>((resolve, reject) => {
    request(admin, (error, result) => (error ? reject(new Error(error.message)) : resolve(result)));
  }).finally(() => admin.disconnect());
}

interface DescribedGroups {
  readonly groups: readonly {
    readonly members: readonly {
      readonly memberId: Buffer | string;
      readonly assignment: { readonly topicPartitions: readonly unknown[] };
    }[];
  }[];
}

/** Members of a group; none when there is no such group. */
export async function groupMembers(brokers: string, group: string): Promise<GroupMember[]> {
  const { groups } = await asked<DescribedGroups>(brokers, (admin, done) =>
    admin.describeGroups([group], { timeout: TIMEOUT_MS }, done as Parameters<IAdminClient['describeGroups']>[2] & typeof done),
  );
  return groups.flatMap(({ members }) =>
    members.map(({ memberId, assignment }) => ({ memberId: memberId.toString(), partitions: assignment.topicPartitions.length })),
  );
}

/** Deletes a group; one that has members or does not exist stays as it is. */
export async function deleteGroup(brokers: string, group: string): Promise<void> {
  await asked(brokers, (admin, done) => admin.deleteGroups([group], { timeout: TIMEOUT_MS }, done as never)).catch(() => undefined);
}

/**
 * Puts all members out of a group, as the broker does with a dead one once its session has timed out (45 s). For tests of crashes that
 * can't wait so long ten times.
 */
export async function evictMembers(brokers: string, group: string): Promise<void> {
  for (const { memberId } of await groupMembers(brokers, group)) await leaveGroup(brokers, group, memberId);
}

/** LeaveGroup, version 0: group and member as strings (https://kafka.apache.org/protocol). */
async function leaveGroup(brokers: string, group: string, memberId: string): Promise<void> {
  const [host, port] = brokers.split(',')[0]!.split(':') as [string, string];
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect');
    const head = Buffer.from([0, LEAVE_GROUP, 0, 0, 0, 0, 0, 1, 0xff, 0xff]); // version 0, correlation 1, no client id
    const request = Buffer.concat([head, kafkaString(group), kafkaString(memberId)]);
    const length = Buffer.alloc(4);
    length.writeInt32BE(request.length);
    socket.write(Buffer.concat([length, request]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const error = answer.readInt16BE(8);
    if (error !== 0) throw new Error(`member ${memberId} of ${group} can't be put out: Kafka error ${error}`);
  } finally {
    socket.destroy();
  }
}

function kafkaString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
