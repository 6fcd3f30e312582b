/** Records read again by position: many at once, in the order asked or not, and what the log holds no more. */
import { randomBytes } from 'node:crypto';
import * as assert from 'uvu/assert';
import { createTopicAdmin } from '../../streams/admin.js';
import { createRecordFetcher, positionKey, type Fetched, type RecordFetcher } from '../../streams/fetch.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';
import { createProducer, type OutgoingRecord } from '../../streams/producer.js';
import { integration } from '../helpers/integration.js';
import { createQuicklyCompactedTopic, deleteRecordsBefore, waitForCompaction } from '../helpers/log.js';
import { testStack } from '../helpers/stack.js';

const test = integration('fetch');
const prefix = `fetch-${randomBytes(4).toString('hex')}`;
const wide = `${prefix}.wide`;
const aged = `${prefix}.aged`;
const compacted = `${prefix}.compacted`;
const RECORDS = 20_000;
const PARTITIONS = 4;
let fetcher: RecordFetcher;

async function send(records: readonly OutgoingRecord[]): Promise<void> {
  const producer = createProducer({ brokers: testStack().brokers, client: {}, lingerMs: 5 });
  try {
    await producer.start();
    for (const record of records) await producer.send(record);
    await producer.flush();
  } finally {
    await producer.close();
  }
}

const record = (topic: string, key: string, value = key): OutgoingRecord => ({ topic, key, value: Buffer.from(value) });

test.setup(async () => {
  const { brokers } = testStack();
  const admin = createTopicAdmin({ brokers, client: {} });
  test.closing(async () => {
    for (const topic of [wide, aged, compacted]) await admin.deleteTopic(topic);
    admin.close();
  });
  await admin.createTopic({ topic: wide, partitions: PARTITIONS, replication: 1, config: {} });
  await admin.createTopic({ topic: aged, partitions: 1, replication: 1, config: { 'max.message.bytes': '4194304' } });
  await createQuicklyCompactedTopic(brokers, compacted);
  await send(Array.from({ length: RECORDS }, (_, n) => record(wide, `k${String(n)}`)));
  fetcher = createRecordFetcher(brokers, {}, 'test-fetch');
  test.closing(() => fetcher.close());
});

function describe(found: Fetched | undefined): string | undefined {
  return found?.kind === 'record' ? found.record.value?.toString() : found?.reason;
}

test('finds each of many records, far apart and near each other, with as many answers as positions', async () => {
  const positions: TopicPartitionOffset[] = [];
  for (let n = 0; n < 400; n++) positions.push({ topic: wide, partition: n % PARTITIONS, offset: (n * 7919) % 4_000 });
  for (let offset = 100; offset < 130; offset++) positions.push({ topic: wide, partition: 1, offset });
  const started = performance.now();
  const answer = await fetcher.fetchMany(positions, Infinity);
  assert.ok(performance.now() - started < 20_000);
  assert.is(answer.size, new Set(positions.map(positionKey)).size);
  for (const position of positions) {
    const found = answer.get(positionKey(position));
    assert.is(found?.kind, 'record');
    if (found?.kind === 'record') assert.is(positionKey(found.record), positionKey(position));
  }
});

test('stops when it holds enough, and answers the rest when asked again', async () => {
  let left: TopicPartitionOffset[] = Array.from({ length: 600 }, (_, offset) => ({ topic: wide, partition: 0, offset: offset * 5 }));
  let calls = 0;
  while (left.length > 0) {
    const answer = await fetcher.fetchMany(left, 500);
    assert.ok(answer.size > 0 && answer.size < 600);
    left = left.filter((position) => !answer.has(positionKey(position)));
    calls++;
  }
  assert.ok(calls > 2);
});

test('says of each missing record why it is missing', async () => {
  const { brokers } = testStack();
  await send(['a', 'b', 'c', 'd'].map((key) => record(aged, key)));
  await deleteRecordsBefore(brokers, { topic: aged, partition: 0, offset: 2 });
  await send([record(compacted, 'a', 'first'), record(compacted, 'b'), record(compacted, 'a', 'second')]);
  await waitForCompaction(brokers, { topic: compacted, partition: 0, offset: 0 });
  const positions = [
    ...[0, 1, 2, 3, 4, 999].map((offset) => ({ topic: aged, partition: 0, offset })),
    ...[0, 1, 2].map((offset) => ({ topic: compacted, partition: 0, offset })),
    { topic: aged, partition: 7, offset: 0 },
    { topic: `${prefix}.never`, partition: 0, offset: 0 },
  ];
  const answer = await fetcher.fetchMany(positions, Infinity);
  assert.equal(
    positions.map((position) => describe(answer.get(positionKey(position)))),
    [...['retention', 'retention', 'c', 'd', 'retention', 'retention'], ...['compacted', 'b', 'second'], 'retention', 'retention'],
  );
});

test('answers for one position as for many', async () => {
  assert.is((await fetcher.fetch({ topic: aged, partition: 0, offset: 3 }))?.value?.toString(), 'd');
  assert.is(await fetcher.fetch({ topic: aged, partition: 0, offset: 1 }), undefined);
  assert.is(await fetcher.fetch({ topic: compacted, partition: 0, offset: 0 }), undefined);
});

test('reads a record as large as they come', async () => {
  const value = randomBytes(3 * 1024 * 1024);
  await send([{ topic: aged, key: 'large', value }, record(aged, 'after')]);
  const answer = await fetcher.fetchMany([4, 5].map((offset) => ({ topic: aged, partition: 0, offset })), Infinity); // prettier-ignore
  const large = answer.get(positionKey({ topic: aged, partition: 0, offset: 4 }));
  assert.ok(large?.kind === 'record' && large.record.value?.equals(value));
  assert.is(describe(answer.get(positionKey({ topic: aged, partition: 0, offset: 5 }))), 'after');
});
