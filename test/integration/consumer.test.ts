/** A member of a group on a real broker: what a commit says, and that nothing is lost beside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import * as assert from 'uvu/assert';
import { commitForGroup } from '../../streams/commit.js';
import { createConsumer, type RawRecord, type RecordConsumer } from '../../streams/consumer.js';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { deleteGroup, evictMembers } from '../helpers/groups.js';
import { integration, waitFor } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const test = integration('consumer');

const PARTITIONS = 3;

interface Member {
  readonly arena: Arena;
  readonly topic: string;
  readonly group: string;
  readonly consumer: RecordConsumer;
  /** Texts of the values of the records in `[first, first + count)`, published. */
  readonly send: (first: number, count: number) => Promise<void>;
  /** Sum of what the group has committed. */
  readonly committed: () => Promise<number>;
}

function member(
  topic: string,
  group: string,
  onError: (error: Error) => void = () => undefined,
  onRevoked: () => Promise<void> = () => Promise.resolve(),
): RecordConsumer {
  return createConsumer({
    brokers: testStack().brokers,
    client: {},
    groupId: group,
    subscription: [`^${topic.replaceAll('.', '\\.')}$`],
    topicRefreshMs: 1_000,
    sessionTimeoutMs: 6_000,
    queuedKilobytes: 1_024,
    onAssigned: () => undefined,
    onRevoked,
    onError,
  });
}

/** Polls all of them, as whoever reads does. */
const pollUntil = (consumers: readonly RecordConsumer[], reached: () => boolean): Promise<unknown> =>
  waitFor(
    async () => {
      for (const one of consumers) await one.poll(10);
      return reached();
    },
    { timeoutMs: 30_000, what: 'the partitions' },
  );

/** A consumer that has all partitions of a topic of its own. */
async function withMember(action: (member: Member) => Promise<void>): Promise<void> {
  const arena = createArena();
  const { brokers } = testStack();
  const topic = `azul.${arena.prefix}.test.consumer`;
  const group = `metafold-test-${arena.prefix}`;
  await arena.createTopics([topic], PARTITIONS);
  const consumer = member(topic, group);
  const lags = createGroupLagReader(brokers, {});
  try {
    await consumer.start();
    await pollUntil([consumer], () => consumer.assignment().length === PARTITIONS);
    await action({
      arena,
      topic,
      group,
      consumer,
      send: (first, count) =>
        arena.send(
          Array.from({ length: count }, (_, at) => ({ topic, key: `k${(first + at) % 7}`, value: Buffer.from(String(first + at)) })),
          PARTITIONS,
        ),
      committed: async () => {
        const found = await lags.lag(group, [`^${topic.replaceAll('.', '\\.')}$`]);
        return found.reduce((sum, one) => sum + (one.committed ?? 0), 0);
      },
    });
  } finally {
    await consumer.close();
    lags.close();
    await deleteGroup(brokers, group);
    await arena.close();
  }
}

const allAt = (topic: string, offset: number) => Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset }));

test('a commit that has resolved is stored', () =>
  withMember(async ({ topic, consumer, committed }) => {
    for (const offset of [1, 2, 3]) {
      await consumer.commit(allAt(topic, offset));
      assert.is(await committed(), PARTITIONS * offset);
    }
  }));

test('several commits under way are each told of', () =>
  withMember(async ({ topic, consumer, committed }) => {
    await Promise.all([1, 2, 2, 3].map((offset) => consumer.commit(allAt(topic, offset))));
    // The client sends one again that the broker was not ready for: then that one is the last.
    const stored = await committed();
    assert.ok(stored >= PARTITIONS && stored <= PARTITIONS * 3, String(stored));
    // All were told of: none of them comes behind this one.
    await consumer.commit(allAt(topic, 4));
    assert.is(await committed(), PARTITIONS * 4);
  }));

test('a commit of a member that was put out is refused', () =>
  withMember(async ({ topic, group, consumer, committed }) => {
    await consumer.commit(allAt(topic, 1));
    await evictMembers(testStack().brokers, group);
    const outcome = await consumer.commit(allAt(topic, 2)).then(
      () => 'stored',
      (error: unknown) => (error as Error).message,
    );
    assert.match(outcome, /member|generation/i);
    assert.is(await committed(), PARTITIONS);
  }));

test('a commit of a consumer that is closed ends', () =>
  withMember(async ({ topic, consumer }) => {
    const commit = consumer.commit(allAt(topic, 1)).then(
      () => 'stored',
      () => 'refused',
    );
    await consumer.close();
    assert.ok(['stored', 'refused'].includes(await commit));
  }));

test('what comes while a commit is waited for and nobody polls is there at the next poll, in order', () =>
  withMember(async ({ topic, consumer, send }) => {
    const got: RawRecord[] = [];
    for (let round = 0; round < 5; round++) {
      await send(round * 40, 40);
      // Time for them to be fetched, so that the polls of the commit find them.
      await sleep(200);
      await consumer.commit(allAt(topic, round));
      await waitFor(
        async () => {
          got.push(...(await consumer.poll(7)).records);
          return got.length >= (round + 1) * 40;
        },
        { timeoutMs: 20_000, what: 'all records' },
      );
    }
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const offsets = got.filter((record) => record.partition === partition).map(({ offset }) => offset);
      assert.equal(
        offsets,
        offsets.map((_, index) => index),
      );
    }
    assert.is(new Set(got.map(({ value }) => String(value))).size, 200);
  }));

test('a consumer that is closed while the group shares the partitions anew does not wait for its share', () =>
  withMember(async ({ topic, group, consumer }) => {
    let ended = false;
    const first = (async () => {
      while (!ended) {
        await consumer.poll(10);
        await sleep(5);
      }
    })();
    // One that does not end says so. The library takes five seconds for a few.
    const errors: string[] = [];
    let slow = 0;
    const rounds = 12;
    try {
      for (let round = 0; round < rounds; round++) {
        const second = member(topic, group, (error) => void errors.push(error.message));
        await second.start();
        const leaveAt = performance.now() + Math.random() * 1_800;
        while (performance.now() < leaveAt) {
          await second.poll(10);
          await sleep(5);
        }
        const began = performance.now();
        await second.close();
        if (performance.now() - began > 4_000) slow++;
      }
    } finally {
      ended = true;
      await first;
    }
    assert.equal(errors, []);
    assert.ok(slow <= rounds / 3, `${slow} of ${rounds} are slow`);
  }));

/** Another one in the place of a member, which gives its partitions up so, and the errors that it tells. */
async function replaced({ topic, group, consumer }: Member, onRevoked: () => Promise<void>) {
  await consumer.close();
  const errors: string[] = [];
  const other = member(topic, group, (error) => void errors.push(error.message), onRevoked);
  await other.start();
  await pollUntil([other], () => other.assignment().length === PARTITIONS);
  return { other, errors };
}

test('a consumer whose partitions cannot be given up ends all the same', () =>
  withMember(async (first) => {
    const { other, errors } = await replaced(first, () => new Promise(() => undefined));
    await other.close();
    assert.equal(errors, []);
  }));

test('partitions go to another member although giving them up failed', () =>
  withMember(async (first) => {
    const { other: failing, errors } = await replaced(first, () => Promise.reject(new Error('what was in hand cannot be written')));
    const second = member(first.topic, first.group);
    try {
      await second.start();
      await pollUntil([failing, second], () => second.assignment().length > 0 && failing.assignment().length < PARTITIONS);
    } finally {
      await Promise.all([failing.close(), second.close()]);
    }
    assert.ok(errors.includes('what was in hand cannot be written'), errors.join());
  }));

/** The broker's answer is there when the client is polled for the first time, and is told before that poll has ended, as on a busy machine. */
async function withAnswerInFirstPoll(action: () => Promise<void>): Promise<void> {
  type Consume = (count: number, done: (...args: unknown[]) => void) => void;
  const client = Kafka.KafkaConsumer.prototype as unknown as { consume: Consume };
  const { consume } = client;
  client.consume = function (count, done) {
    setTimeout(() => consume.call(this, count, (...args) => void setTimeout(() => done(...args), 200)), 1_000);
  };
  try {
    await action();
  } finally {
    client.consume = consume;
  }
}

test('offsets can be committed for a group without members, and not for one that has some', () =>
  withMember(async ({ topic, group, committed }) => {
    const { brokers } = testStack();
    const refusal = (): Promise<string> =>
      commitForGroup({ brokers, client: {}, groupId: group, offsets: allAt(topic, 7) }).then(
        () => 'stored',
        (error: unknown) => (error as Error).message,
      );
    assert.match(await refusal(), /member/i);
    assert.is(await committed(), 0);
    await withAnswerInFirstPoll(async () => {
      assert.match(await refusal(), /member/i);
    });
    const other = `${group}-of-nobody`;
    await commitForGroup({ brokers, client: {}, groupId: other, offsets: allAt(topic, 7) });
    const lags = createGroupLagReader(brokers, {});
    try {
      const found = await lags.lag(other, [`^${topic.replaceAll('.', '\\.')}$`]);
      assert.equal(
        found.map((one) => one.committed),
        [7, 7, 7],
      );
    } finally {
      lags.close();
      await deleteGroup(brokers, other);
    }
  }));
