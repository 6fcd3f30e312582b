import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { createTopicAdmin } from '../../streams/admin.js';
import { createProducer } from '../../streams/producer.js';
import { readTopic } from '../../streams/read-topic.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const test = integration('producer');
const suffix = randomBytes(4).toString('hex');

async function freshTopic(config: Record<string, string> = {}): Promise<string> {
  const topic = `producer-${suffix}-${randomBytes(3).toString('hex')}`;
  const admin = createTopicAdmin({ brokers: testStack().brokers, client: {} });
  assert.is(await admin.createTopic({ topic, partitions: 1, replication: 1, config }), true);
  assert.is(await admin.createTopic({ topic, partitions: 1, replication: 1, config }), false);
  admin.close();
  test.closing(async () => {
    const again = createTopicAdmin({ brokers: testStack().brokers, client: {} });
    assert.is(await again.deleteTopic(topic), true);
    again.close();
  });
  return topic;
}

test('waits when its queue is full, and keeps the order', async () => {
  const topic = await freshTopic();
  const producer = createProducer({ brokers: testStack().brokers, client: {}, queueKilobytes: 1024 });
  await producer.start();
  let waited = 0;
  for (let index = 0; index < 2_000; index++) {
    const waiting = producer.send({ topic, key: String(index), value: Buffer.alloc(10_000, index % 251) });
    if (waiting) {
      waited++;
      await waiting;
    }
  }
  await producer.flush();
  await producer.close();
  assert.ok(waited > 0);
  const keys: number[] = [];
  await readTopic(testStack().brokers, {}, topic, ({ key }) => keys.push(Number(key!.toString())));
  assert.equal(
    keys,
    Array.from({ length: 2_000 }, (_, index) => index),
  );
});

test('rejects the flush for what the broker refuses, once, and goes on', async () => {
  const topic = await freshTopic({ 'max.message.bytes': '2000' });
  const producer = createProducer({ brokers: testStack().brokers, client: {} });
  await producer.start();
  // Often, because a report that comes after the flush would be a record lost without a word.
  for (let round = 0; round < 100; round++) {
    await producer.send({ topic, key: 'big', value: randomBytes(5_000) });
    let failure: unknown;
    await producer.flush().catch((error: unknown) => (failure = error));
    assert.instance(failure, Error, `round ${round}`);
    assert.equal([...(failure as { failed: Map<string, number> }).failed], [[topic, 1]]);
  }
  await producer.send({ topic, key: 'small', value: null, headers: [{ a: 'b' }] });
  await producer.flush();
  await producer.close();
  const found: string[] = [];
  await readTopic(testStack().brokers, {}, topic, ({ key, headers }) =>
    found.push(`${key!.toString()} ${JSON.stringify(headers?.map((header) => String(header['a'])))}`),
  );
  assert.equal(found, ['small ["b"]']);
});

test('throws for a record over its own limit, and says so at once', async () => {
  const topic = await freshTopic();
  const producer = createProducer({ brokers: testStack().brokers, client: {} });
  await producer.start();
  assert.throws(() => producer.send({ topic, key: 'k', value: Buffer.alloc(5_000_000) }), /too large/i);
  await producer.flush();
  await producer.close();
});

test('rejects the start when nothing answers', async () => {
  const producer = createProducer({
    brokers: '127.0.0.1:1',
    client: { 'socket.connection.setup.timeout.ms': 1000 },
    connectTimeoutMs: 2_000,
  });
  let failure: unknown;
  await producer.start().catch((error: unknown) => (failure = error));
  assert.instance(failure, Error);
  await producer.close();
});
