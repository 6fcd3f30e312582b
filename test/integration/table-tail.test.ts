// test-mostly-waits
/** The delete and insert tables from real topics: what counts, what is news, and what becomes of what can't be read. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import * as assert from 'uvu/assert';
import { createTableTail, tableTopics, type Applied, type TableChanges, type TableTail } from '../../src/tables/table-tail.js';
import type { DeleteEvent, InsertEvent } from '../../schemas/events.js';
import { createTopicAdmin } from '../../streams/admin.js';
import { createDecoder } from '../../streams/decode.js';
import { encodeEvent, encodeFramed } from '../../streams/encode.js';
import { createProducer, type OutgoingRecord } from '../../streams/producer.js';
import { createRegistry } from '../../streams/registry.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';
import { linkedEvent, SHA_A, SHA_B } from '../unit/projections/binary/events.js';
import { deletes, insertEvent } from '../unit/projections/removal/events.js';

const test = integration('table tail');
const { brokers, registryUrl } = testStack();
const tombstones: string[] = [];

interface Opened {
  readonly tail: TableTail;
  readonly topics: ReturnType<typeof tableTopics>;
  readonly send: (...records: readonly OutgoingRecord[]) => Promise<void>;
  readonly ofDelete: (key: string, event: DeleteEvent) => OutgoingRecord;
  readonly ofInsert: (key: string, event: InsertEvent) => OutgoingRecord;
}

/** Of topics of its own, with one partition each. */
async function open(): Promise<Opened> {
  const prefix = `tail${randomBytes(4).toString('hex')}`;
  const topics = tableTopics(prefix);
  const admin = createTopicAdmin({ brokers, client: {} });
  const producer = createProducer({ brokers, client: {}, lingerMs: 0 });
  for (const topic of Object.values(topics)) await admin.createTopic({ topic, partitions: 1, replication: 1, config: {} });
  await producer.start();
  const tail = createTableTail({
    brokers,
    client: {},
    topicPrefix: prefix,
    decoder: createDecoder({ registry: createRegistry({ url: registryUrl }) }),
    onTombstone: (topic) => tombstones.push(topic),
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
  });
  test.closing(async () => {
    await tail.close();
    await producer.close();
    for (const topic of Object.values(topics)) await admin.deleteTopic(topic);
    admin.close();
  });
  return {
    tail,
    topics,
    send: async (...records) => {
      for (const record of records) await producer.send(record);
      await producer.flush();
    },
    ofDelete: (key, event) => ({ topic: topics.deletes, key, value: encodeEvent('delete', event) }),
    ofInsert: (key, event) => ({ topic: topics.inserts, key, value: encodeEvent('insert', event) }),
  };
}

const matches = ({ tables }: TableTail, key: string): string | undefined =>
  tables.deletes.matches(linkedEvent('extracted', { event: { kafka_key: key } }))?.deleteKey;

const actionsOf = ({ deletes: targets }: TableChanges): string[] => targets.map(({ action, tokens }) => `${action} ${tokens.length}`);

test('loads what stands, and names as news only what lies behind the applied position and covers more', async () => {
  const { tail, topics, send, ofDelete } = await open();
  await send(
    ofDelete('d0', deletes.ids('gone')),
    ofDelete('d1', deletes.ids('a', 'b')),
    // The record before it counts no more, and what d1 named is no news.
    ofDelete('d0', deletes.ids('b')),
    ofDelete('d2', deletes.ids('b', 'c')),
    ofDelete('d3', deletes.link('L9')),
  );
  const applied: Applied = new Map([[`${topics.deletes}/0`, 2]]);
  const changes = await tail.start(applied);
  assert.equal(actionsOf(changes), ['ids 1', 'link 1']);
  assert.equal(
    ['gone', 'a', 'b', 'c', 'd'].map((key) => matches(tail, key)),
    [undefined, 'd1', 'd1', 'd2', undefined],
  );
  assert.is(tail.tables.deletes.entries, 4);
  assert.equal(tail.position.find(({ topic }) => topic === topics.deletes)?.offset, 5);
});

test('names nothing as news when everything is applied', async () => {
  const { tail, send, ofDelete, ofInsert } = await open();
  await send(ofDelete('d', deletes.ids('a')), ofInsert('i', insertEvent()), ofDelete('bad', { ...deletes.ids('x'), kafka_key: '' }));
  assert.equal(await tail.start('all'), { deletes: [], inserts: [], refused: [] });
  assert.is(matches(tail, 'a'), 'd');
  assert.is(matches(tail, 'x'), undefined);
  assert.equal(
    tail.tables.inserts.of(SHA_A).map(({ key }) => key),
    ['i'],
  );
});

test('takes what comes later in the order of its records, and says why a record counts for nothing', async () => {
  const { tail, topics, send, ofDelete, ofInsert } = await open();
  await tail.start('all');
  tombstones.length = 0;
  await send(
    ofDelete('d', deletes.ids('a')),
    { topic: topics.deletes, key: 'd', value: null },
    { topic: topics.deletes, key: 'torn', value: encodeEvent('delete', deletes.ids('b')).subarray(0, 20) },
    ofDelete('keyless', { ...deletes.ids('c'), kafka_key: '' }),
    ofInsert('i', insertEvent()),
    { topic: topics.inserts, key: 'i', value: null },
  );
  await tail.catchUp();
  assert.is(tail.hasNews, true);
  const changes = await tail.apply();
  assert.is(tail.hasNews, false);
  assert.equal(actionsOf(changes), ['ids 1']);
  const refused = changes.refused.map(
    ({ record, refusalClass, reason }) => `${String(record.key)} ${record.offset} ${refusalClass} ${reason}`,
  );
  assert.is(refused.length, 2);
  assert.match(refused[0]!, /^torn 2 Malformed .+ends/);
  assert.match(refused[1]!, /^keyless 3 ValidationError kafka_key: "", expected a key$/);
  assert.is(changes.refused[0]!.record.value?.length, 20, 'the letter holds the record as it is');
  assert.equal(
    changes.inserts.map(({ key, offset, entry }) => [key, offset, entry?.event.entity.child.sha256]),
    [
      ['i', 0, SHA_B],
      ['i', 1, undefined],
    ],
  );
  assert.equal(tombstones.sort(), [topics.deletes, topics.inserts].sort());
  assert.is(matches(tail, 'a'), 'd', 'a delete that is taken back counts on');
  assert.equal(tail.tables.inserts.of(SHA_A), []);
  assert.is(tail.wasChanged(SHA_A), true);
});

test('reads framed records, of which the schema has to be fetched, in their place', async () => {
  const { tail, topics, send, ofDelete } = await open();
  const id = await createRegistry({ url: registryUrl }).register(topics.deletes, 'delete', 6);
  const framed = (key: string, event: DeleteEvent): OutgoingRecord => ({
    topic: topics.deletes,
    key,
    value: encodeFramed(id, encodeEvent('delete', event)),
  });
  await send(framed('f0', deletes.ids('a')), ofDelete('d1', deletes.ids('a', 'b')));
  await tail.start('all');
  assert.equal(
    ['a', 'b'].map((key) => matches(tail, key)),
    ['f0', 'd1'],
  );
  await send(framed('f2', deletes.ids('c')));
  await tail.catchUp();
  assert.equal(actionsOf(await tail.apply()), ['ids 1']);
  assert.is(matches(tail, 'c'), 'f2');
});

test('remembers binaries whose inserts were replaced before it began', async () => {
  const { tail, send, ofInsert } = await open();
  await send(ofInsert('i', insertEvent()), ofInsert('i', insertEvent({ parent: SHA_B, child: { sha256: 'cc'.repeat(32) } })));
  await tail.start('all');
  assert.is(tail.wasChanged(SHA_A), true);
  assert.is(tail.wasChanged('cc'.repeat(32)), false);
  assert.equal(tail.tables.inserts.of(SHA_A), []);
});
