// test-mostly-waits
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createTopicAdmin } from '../../streams/admin.js';
import { followTopics, type TopicFollower } from '../../streams/follow-topics.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const test = integration('followed topics');
const { brokers } = testStack();

async function createTopic(topic: string): Promise<void> {
  const admin = createTopicAdmin({ brokers, client: {} });
  test.closing(async () => {
    await admin.deleteTopic(topic);
    admin.close();
  });
  assert.is(await admin.createTopic({ topic, partitions: 2, replication: 1, config: {} }), true);
}

function follow(topic: string, timeoutMs: number): Promise<TopicFollower> {
  return followTopics({
    brokers,
    client: {},
    topics: [topic],
    missing: 'refuse',
    timeoutMs,
    onRecord: () => undefined,
    onError: () => undefined,
  });
}

const freshName = (): string => `follow-${randomBytes(4).toString('hex')}`;

test('refuses a topic that stays missing, and names it', async () => {
  const topic = freshName();
  let problem: unknown;
  await follow(topic, 500).catch((error: unknown) => (problem = error));
  assert.match(String(problem), `topic ${topic} does not exist`);
});

test('waits for a topic that the broker hears of a little later', async () => {
  const topic = freshName();
  const [follower] = await Promise.all([follow(topic, 20_000), sleep(500).then(() => createTopic(topic))]);
  await follower.catchUp();
  await follower.close();
});
