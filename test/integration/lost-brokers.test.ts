// test-mostly-waits
/** Kafka says that it has no brokers, as after it has stood still for long: librdkafka's clients lose all of theirs then, and others must take their place. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createTopicAdmin } from '../../streams/admin.js';
import { createConsumer } from '../../streams/consumer.js';
import { createRecordFetcher } from '../../streams/fetch.js';
import { followTopics } from '../../streams/follow-topics.js';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { createLogCursor } from '../../streams/log-cursor.js';
import { createArena, SLOWLY, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import { openKafkaProxy, type KafkaProxy } from '../helpers/kafka-proxy.js';
import { testStack } from '../helpers/stack.js';

const test = integration('lost brokers');
const HISTORY = 'history-plain';

/** Clients ask for metadata each second. */
const EMPTY_MS = 3_000;
const CLIENT = { 'topic.metadata.refresh.interval.ms': 1_000 };
/** Of each kind. */
const CLIENTS = 3;
const PARTITIONS = 2;
const AGAIN_MS = 30_000;

let arena: Arena;
let proxy: KafkaProxy;
let topic: string;
const offsets = [...Array(PARTITIONS).keys()].map((partition) => ({ partition, offset: 0 }));
const told: Error[] = [];

const send = (text: string): Promise<void> => arena.send(offsets.map((_, at) => ({ topic, key: `k${at}`, value: Buffer.from(text) })));

/** A client: what it is asked for until the log's last records are as they must be. */
interface Asked {
  readonly kind: string;
  /** Undefined until then; may reject. */
  readonly hasSeen: (text: string) => Promise<boolean>;
}

/** Calls again and again, as whoever reads does, and keeps the texts of what comes. */
function polled(kind: string, poll: () => Promise<readonly { readonly value: Buffer | null }[]>): Asked {
  const seen = new Set<string>();
  let closed = false;
  const reading = (async () => {
    while (!closed) {
      for (const { value } of await poll().catch((): { readonly value: Buffer | null }[] => [])) seen.add(String(value));
      await sleep(50);
    }
  })();
  test.closing(() => {
    closed = true;
    return reading;
  });
  return { kind, hasSeen: (text) => Promise.resolve(seen.has(text)) };
}

async function member(at: number): Promise<Asked> {
  const consumer = createConsumer({
    ...{ brokers: proxy.brokers, client: {}, groupId: `metafold-test-${arena.prefix}-${at}` },
    subscription: [`^${topic.replaceAll('.', '\\.')}$`],
    ...{ topicRefreshMs: 1_000, sessionTimeoutMs: 6_000, queuedKilobytes: 1_024 },
    onAssigned: () => undefined,
    onRevoked: () => Promise.resolve(),
    onError: (error) => told.push(error),
  });
  test.closing(() => consumer.close());
  await consumer.start();
  return polled('member of a group', async () => (await consumer.poll(10)).records);
}

async function cursor(): Promise<Asked> {
  const positions = offsets.map((one) => ({ topic, ...one }));
  const opened = createLogCursor({
    ...{ brokers: proxy.brokers, client: CLIENT, queuedKilobytes: 1_024 },
    onError: (error) => told.push(error),
    onRenewed: () => opened.assign(positions),
  });
  test.closing(() => opened.close());
  await opened.start();
  opened.assign(positions);
  return polled('log cursor', async () => (await opened.poll(10)).records);
}

async function follower(): Promise<Asked> {
  const seen = new Set<string>();
  const opened = await followTopics({
    ...{ brokers: proxy.brokers, client: CLIENT, topics: [topic], missing: 'refuse' },
    onRecord: ({ value }) => seen.add(String(value)),
    onError: (error) => told.push(error),
  });
  test.closing(() => opened.close());
  return { kind: 'follower', hasSeen: (text) => Promise.resolve(seen.has(text)) };
}

function lagReader(at: number): Asked {
  const reader = createGroupLagReader(proxy.brokers, {});
  test.closing(() => reader.close());
  const pattern = `^${topic.replaceAll('.', '\\.')}$`;
  return { kind: 'lag reader', hasSeen: async () => (await reader.lag(`metafold-test-${arena.prefix}-lag-${at}`, [pattern])).length > 0 };
}

function fetcher(at: number): Asked {
  const opened = createRecordFetcher(proxy.brokers, {}, `metafold-test-${at}`, 5_000);
  test.closing(() => opened.close());
  return { kind: 'fetcher', hasSeen: async () => (await opened.fetch({ topic, partition: 0, offset: 0 })) !== undefined };
}

function admin(): Asked {
  const opened = createTopicAdmin({ brokers: proxy.brokers, client: {}, timeoutMs: 5_000 });
  test.closing(() => opened.close());
  return { kind: 'admin', hasSeen: async () => (await opened.ends([topic])).length === PARTITIONS };
}

async function openAll(): Promise<Asked[]> {
  const all: Asked[] = [];
  for (let at = 0; at < CLIENTS; at++) all.push(await member(at), await cursor(), await follower(), lagReader(at), fetcher(at), admin());
  return all;
}

async function assertAllSee(clients: readonly Asked[], text: string, timeoutMs: number): Promise<void> {
  await send(text);
  const blind = await Promise.all(
    clients.map(({ kind, hasSeen }) =>
      waitFor(() => hasSeen(text), { timeoutMs, what: kind }).then(
        () => undefined,
        () => kind,
      ),
    ),
  );
  assert.equal(
    blind.filter((kind) => kind !== undefined),
    [],
  );
}

test.setup(async () => {
  arena = createArena();
  proxy = await openKafkaProxy(testStack().brokers);
  test.closing(() => proxy.close());
  test.closing(() => arena.close());
  topic = `azul.${arena.prefix}.test.lost`;
  await arena.createTopics([topic], PARTITIONS);
});

test('every kind of client works again after Kafka has told that it has no brokers', async () => {
  const clients = await openAll();
  await assertAllSee(clients, 'before', 30_000);
  proxy.empty = true;
  // Whoever asks now learns it.
  const asked = clients.map(({ hasSeen }) => hasSeen('').catch(() => false));
  await sleep(EMPTY_MS);
  proxy.empty = false;
  assert.ok(proxy.emptyAnswers >= clients.length, `${proxy.emptyAnswers} answers`);
  await Promise.all(asked);
  await assertAllSee(clients, 'after', AGAIN_MS);
  assert.ok(told.some(({ name }) => name === 'BrokersLostError'));
});

test('a worker that is in the middle of a fold goes on by itself, and nothing is lost', async () => {
  await arena.publish(HISTORY, '--repeat', '3');
  const worker = arena.start(['worker', '--until-idle'], {
    ...SLOWLY,
    METAFOLD_KAFKA_BROKERS: proxy.brokers,
    METAFOLD_TOPIC_REFRESH_MS: '1000',
  });
  const says = (what: RegExp): Promise<unknown> => waitFor(() => what.test(worker.log()), { timeoutMs: 60_000, what: String(what) });
  await says(/"projection":"binary".*partitions assigned/);
  proxy.empty = true;
  await sleep(EMPTY_MS);
  proxy.empty = false;
  await says(/has lost all brokers/);
  const { code, stderr } = await worker.outcome;
  assert.is(code, 0, stderr);
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
});
