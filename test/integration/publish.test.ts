import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Message } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import * as assert from 'uvu/assert';
import { eventFromJson, eventToJson } from '../../schemas/json-form.js';
import { parseJson, type JsonObject, type JsonValue } from '../../schemas/json-text.js';
import { createTopicAdmin } from '../../streams/admin.js';
import { createDecoder } from '../../streams/decode.js';
import { readTopic } from '../../streams/read-topic.js';
import { createRegistry } from '../../streams/registry.js';
import { metadataVersion, topicSettings } from '../../src/doctor/kafka-wire.js';
import { writtenModel } from '../../src/publish/line.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { historyFile } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import { PROGRAM } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const test = integration('publish');

interface PublishResult {
  ok: boolean;
  result: { published: number; tombstones: number; topics: Record<string, number>; created: string[]; dropped_settings: number };
  warnings: string[];
  error: { code: string; message: string } | null;
}

interface Line {
  readonly topic: string;
  readonly key: string;
  readonly event: JsonValue;
}

const kafka = () => ({ brokers: testStack().brokers, client: {}, topicPrefix: '' });
const result = (stdout: string) => JSON.parse(stdout) as PublishResult;

/** A place of one's own, gone afterwards. */
function arena(overrides: Readonly<Record<string, string>> = {}): Arena {
  const own = createArena(overrides);
  test.closing(() => own.close());
  return own;
}

function linesOf(file: string): Line[] {
  const texts = readFileSync(file, 'utf8').trimEnd().split('\n');
  return texts.map((text) => Object.fromEntries((parseJson(text) as JsonObject).entries) as unknown as Line);
}

async function readBack(topic: string): Promise<Message[]> {
  const records: Message[] = [];
  await readTopic(testStack().brokers, {}, topic, (record) => records.push(record));
  return records;
}

/** Line with a tombstone: quick to make, and bytes do not matter. */
const tombstone = (topic: string, key: string) => JSON.stringify({ topic, key, event: null });

/** The hash partitioner of sarama, which the platform's dispatcher uses: FNV-1a, signed, negative remainders made positive. */
function saramaPartition(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return Math.abs(hash % partitions);
}

test('publishes what the lines say, stamped with the time of publishing', async () => {
  const own = arena();
  const file = historyFile(own.folder, 'history-plain', own.prefix);
  const lines = linesOf(file);
  const before = Date.now();
  const { result: counts } = result((await own.run(['publish', file, '--json'])).stdout);
  assert.is(counts.published, lines.length);
  const decoder = createDecoder();
  for (const [topic, count] of Object.entries(counts.topics)) {
    const wanted = lines.filter((line) => line.topic === topic);
    const records = await readBack(topic);
    assert.is(records.length, count);
    assert.equal(
      records.map(({ key }) => key!.toString()),
      wanted.map(({ key }) => key),
    );
    records.forEach(({ value, timestamp }, index) => {
      assert.ok(timestamp! >= before - 1_000 && timestamp! <= Date.now() + 1_000, `time of ${topic}`);
      const model = writtenModel(topic)!;
      const outcome = decoder.decode(model, value);
      if (outcome.kind !== 'event') throw new Error(`${topic}: ${outcome.kind}`);
      assert.is(eventToJson(model, outcome.event), eventToJson(model, eventFromJson(model, wanted[index]!.event as JsonObject)));
    });
  }
});

test('creates missing topics with their policy, those of a source that expires with its retention', async () => {
  const own = arena({
    METASTORE_SOURCES: JSON.stringify({
      brief: { expire_events_after: '2 days', kafka: { numpartitions: 3, config: { 'segment.bytes': '1048576' } } },
    }),
  });
  const names = ['brief.binary.sourced', 'lasting.binary.sourced', 'system.delete', 'system.status', 'system.dead-letter'];
  const topics = names.map((name) => `azul.${own.prefix}.${name}`);
  const file = join(own.folder, 'lines');
  writeFileSync(file, topics.map((topic) => tombstone(topic, 'k')).join('\n'));
  const { result: first } = result((await own.run(['publish', file, '--json'])).stdout);
  assert.equal(first.created, topics);
  assert.is(first.tombstones, topics.length);
  const settings = await topicSettings(kafka(), topics, ['cleanup.policy', 'retention.ms', 'segment.bytes', 'max.message.bytes']);
  assert.equal(
    topics.map((topic) =>
      [...settings.get(topic)!]
        .sort()
        .map(([, value]) => value)
        .join(' '),
    ),
    [
      'delete 4194304 172800000 1048576',
      'compact 4194304 -1 1073741824',
      'compact 4194304 -1 1073741824',
      'delete 4194304 86400000 1073741824',
      'compact 4194304 -1 1073741824',
    ],
  );
  const admin = createTopicAdmin(kafka());
  assert.equal([...(await admin.partitionCounts(topics)).values()], [3, 1, 1, 1, 1]);
  admin.close();
  assert.equal(result((await own.run(['publish', file, '--json'])).stdout).result.created, []);
});

test('puts a key on the partition that the dispatcher would choose', async () => {
  // 32-bit FNV-1a of "foobar" is bf9cf968: negative as a signed number.
  assert.is(saramaPartition('foobar', 2 ** 31), 2 ** 32 - 0xbf9cf968);
  const own = arena();
  const topic = `azul.${own.prefix}.s1.binary.sourced`;
  const keys = ['a', 'foobar', 'ü€😀', ...Array.from({ length: 300 }, (_, index) => `key${index}`)];
  const file = join(own.folder, 'lines');
  writeFileSync(file, keys.map((key) => tombstone(topic, key)).join('\n'));
  await own.run(['publish', file, '--partitions', '7']);
  const records = await readBack(topic);
  assert.is(records.length, keys.length);
  for (const { key, partition } of records) assert.is(partition, saramaPartition(key!.toString(), 7), key!.toString());
});

test('shuffles and repeats without disturbing the order of a key', async () => {
  const own = arena();
  const topic = `azul.${own.prefix}.system.delete`;
  const event = JSON.parse(readFileSync(new URL('../fixtures/events/v6/delete/link.json', import.meta.url), 'utf8')) as {
    entity: { reason: string };
  };
  const lines = Array.from({ length: 300 }, (_, index) =>
    JSON.stringify({ topic, key: `k${index % 20}`, event: { ...event, entity: { ...event.entity, reason: String(index) } } }),
  );
  const file = join(own.folder, 'lines.gz');
  writeFileSync(file, gzipSync(lines.join('\n')));
  const { result: counts } = result((await own.run(['publish', file, '--shuffle', '7', '--repeat', '2', '--json'])).stdout);
  assert.is(counts.published, 600);
  const decoder = createDecoder();
  const seen = new Map<string, number[]>();
  const order: number[] = [];
  for (const { key, value } of await readBack(topic)) {
    const outcome = decoder.decode('delete', value);
    if (outcome.kind !== 'event') throw new Error(outcome.kind);
    const reason = Number(outcome.event.entity.reason);
    order.push(reason);
    seen.set(key!.toString(), [...(seen.get(key!.toString()) ?? []), reason]);
  }
  for (const [key, reasons] of seen) {
    const expected = Array.from({ length: 30 }, (_, index) => Math.floor(index / 2) * 20 + Number(key.slice(1)));
    assert.equal(reasons, expected, key);
  }
  assert.ok(order.filter((reason, index) => index > 0 && reason < order[index - 1]!).length > 100, 'was shuffled');
});

test('frames records by the registry in the version that is asked for', async () => {
  const own = arena();
  const file = historyFile(own.folder, 'history-plain', own.prefix);
  const { result: counts } = result(
    (await own.run(['publish', file, '--framed', '--model-version', '5', '--limit', '60', '--json'])).stdout,
  );
  assert.is(counts.published, 60);
  const registry = createRegistry({ url: testStack().registryUrl });
  const decoder = createDecoder({ registry });
  for (const topic of Object.keys(counts.topics)) {
    const schemaId = await registry.register(topic, writtenModel(topic)!, 5);
    for (const { value } of await readBack(topic)) {
      assert.is(value![0], 0);
      assert.is(value!.readUInt32BE(1), schemaId);
      assert.is(value![5], 0x0a);
      await decoder.resolve(schemaId);
      assert.is(decoder.decode(writtenModel(topic)!, value).kind, 'event');
    }
  }
});

test('says how many source settings version 4 cannot carry', async () => {
  const own = arena();
  const event = JSON.parse(readFileSync(new URL('../fixtures/events/v6/binary/enriched.json', import.meta.url), 'utf8')) as {
    source: object;
  };
  const file = join(own.folder, 'lines');
  const topic = `azul.${own.prefix}.s1.binary.enriched`;
  writeFileSync(file, JSON.stringify({ topic, key: 'k', event: { ...event, source: { ...event.source, settings: { a: '1', b: '2' } } } }));
  const { result: counts, warnings } = result((await own.run(['publish', file, '--model-version', '4', '--json'])).stdout);
  assert.is(counts.dropped_settings, 2);
  assert.match(warnings.join(), /2 of them were dropped/);
  assert.is((await readBack(topic))[0]!.value![0], 0x08);
});

test('stops at a bad line, names its place, and says what was published before', async () => {
  const own = arena();
  const topic = `azul.${own.prefix}.system.insert`;
  const file = join(own.folder, 'bad.jsonl');
  writeFileSync(
    file,
    [
      tombstone(topic, 'a'),
      tombstone(topic, 'b'),
      '',
      '{"topic":"azul.x.system.delete","key":"c","event":{"model_version":6}}',
      tombstone(topic, 'd'),
    ].join('\n'),
  );
  const { ok, error, result: counts } = result((await own.run(['publish', file, '--json'], {}, 1)).stdout);
  assert.is(ok, false);
  assert.is(error!.code, 'MF_INPUT');
  assert.match(error!.message, /bad\.jsonl:4: /);
  assert.is(counts.published, 2);
  assert.equal(counts.topics, { [topic]: 2 });
  assert.is((await readBack(topic)).length, 2);
  const text = await own.run(['publish', file], {}, 1);
  assert.match(text.stderr, /2 records were published before the failure/);
  assert.match(text.stderr, /bad\.jsonl:4/);
});

test('does not count what the broker refuses', async () => {
  const own = arena();
  const topic = `azul.${own.prefix}.s1.binary.enriched`;
  const admin = createTopicAdmin(kafka());
  await admin.createTopic({ topic, partitions: 1, replication: 1, config: { 'max.message.bytes': '1000' } });
  admin.close();
  const event = JSON.parse(readFileSync(new URL('../fixtures/events/v6/binary/enriched.json', import.meta.url), 'utf8')) as {
    entity: object;
  };
  const info = Array.from({ length: 400 }, (_, index) => String(Math.sin(index)));
  const file = join(own.folder, 'lines');
  writeFileSync(file, JSON.stringify({ topic, key: 'k', event: { ...event, entity: { ...event.entity, info: { info } } } }));
  const { error, result: counts } = result((await own.run(['publish', file, '--json'], {}, 1)).stdout);
  assert.is(error!.code, 'MF_KAFKA');
  assert.match(error!.message, /1 records were not acknowledged/);
  assert.is(counts.published, 0);
});

test('reads standard input', () => {
  const own = arena();
  const topic = `azul.${own.prefix}.system.insert`;
  const { stdout } = spawnSync(process.execPath, [...PROGRAM, 'publish', '-', '--json'], {
    env: { ...process.env, ...own.environment },
    input: `${tombstone(topic, 'a')}\n${tombstone(topic, 'b')}`,
    encoding: 'utf8',
  });
  assert.equal(result(stdout).result.topics, { [topic]: 2 });
});

test('reads an endless stream, and stops at a signal with all that it counted in Kafka', async () => {
  const own = arena();
  const pipe = join(own.folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  own.start(['generate', '--binaries', '1000000', '--prefix', own.prefix, '--output', pipe]);
  const publisher = own.start(['publish', pipe, '--json']);
  await waitFor(() => publisher.log().split('\n').length > 2, { timeoutMs: 60_000, what: 'some progress' });
  publisher.process.kill('SIGINT');
  const outcome = await publisher.outcome;
  assert.is(outcome.code, 130);
  const { error, result: counts } = result(outcome.stdout);
  assert.is(error!.code, 'MF_INTERRUPTED');
  assert.ok(counts.published > 0);
  let found = 0;
  for (const topic of Object.keys(counts.topics)) found += (await readBack(topic)).length;
  assert.is(found, counts.published);
});

test('publishes raw records unchanged, under the key in the event', async () => {
  const own = arena();
  const topic = `azul.${own.prefix}.system.delete`;
  const path = (name: string) => new URL(`../fixtures/events/v6/delete/${name}`, import.meta.url).pathname;
  await own.run(['publish-raw', topic, path('link.avro'), path('author.avro')]);
  const { kafka_key } = JSON.parse(readFileSync(path('link.json'), 'utf8')) as { kafka_key: string };
  const [first, second] = await readBack(topic);
  assert.equal(first!.value, readFileSync(path('link.avro')));
  assert.equal(second!.value, readFileSync(path('author.avro')));
  assert.is(first!.key!.toString(), kafka_key);
});

test('publishes what is no record only when told to', async () => {
  const own = arena();
  const topic = `azul.${own.prefix}.system.delete`;
  const file = join(own.folder, 'broken.bin');
  writeFileSync(file, Buffer.from([0x0c, 0xff]));
  const refused = result((await own.run(['publish-raw', topic, file, '--json'], {}, 1)).stdout);
  assert.is(refused.error!.code, 'MF_INPUT');
  assert.match(refused.error!.message, /broken\.bin: not a delete record/);
  await own.run(['publish-raw', topic, file, '--force']);
  await own.run(['publish-raw', topic, file, '--key', 'mine']);
  assert.equal(
    (await readBack(topic)).map(({ key }) => key!.toString()),
    ['broken.bin', 'mine'],
  );
});

test('refuses a topic that is none of the platform', async () => {
  const own = arena();
  const { error } = result((await own.run(['publish-raw', 'azul.nope', '/dev/null', '--key', 'k', '--json'], {}, 1)).stdout);
  assert.is(error!.code, 'MF_KAFKA_TOPIC');
});

test('finds the release of the brokers', async () => {
  assert.ok((await metadataVersion(kafka()))! >= 22);
});
