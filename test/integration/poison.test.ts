/** Records that can never become a document, each between good ones: they end in the dead letter, their neighbours are folded. */
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../schemas/json-text.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { binaryRecord, enrichedEvent, feature } from '../helpers/records.js';

const test = integration('poison');
let arena: Arena;
let topic: string;
let statusTopic: string;
let records: Poison[];

interface Poison {
  readonly record: OutgoingRecord;
  /** Class of its letter; undefined for a good record. */
  readonly refusal?: string;
  readonly reason?: RegExp;
}

interface Letter {
  readonly projection: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly class: string;
  readonly reason: string;
}

interface ShownLetter extends Letter {
  readonly value_base64: string;
}

interface ListResult<T> {
  readonly result: { readonly items: readonly T[] };
}

/** An enriched event of a binary of its own, on one topic whatever its source. */
function record(key: string, changes: Parameters<typeof enrichedEvent>[1] = {}): OutgoingRecord {
  const sha256 = key.padEnd(4, 'f');
  return { ...binaryRecord(arena.prefix, enrichedEvent(key, { ...changes, entity: { sha256, ...changes.entity } })), topic };
}

const withFeature = (key: string, type: string, value: string): OutgoingRecord =>
  record(key, { entity: { features: [feature({ name: 'f', type, value })] } });

function withBytes(key: string, change: (value: Buffer) => Buffer): OutgoingRecord {
  const good = record(key);
  return { ...good, value: change(good.value!) };
}

/** Two contributions to one document; the greater one cannot even be parsed in a request that merges. */
function conflicting(): Poison[] {
  const changes = { entity: { sha256: 'eeff' } };
  const digits = { entity: { sha256: 'eeff', info: `{"n":${'1'.repeat(1500)}}` } };
  return [
    { record: record('ee-older', changes) },
    { record: record('ee-wins', digits), refusal: 'request_refused', reason: /Number value length/ },
  ];
}

function poisons(): Poison[] {
  const many = Array.from({ length: 10_001 }, (_, n) => feature({ value: String(n) }));
  return [
    { record: { ...record('a1'), value: Buffer.from('no event at all') }, refusal: 'Malformed' },
    { record: withBytes('a2', (value) => value.subarray(0, value.length - 7)), refusal: 'Malformed' },
    { record: withBytes('a3', (value) => Buffer.concat([Buffer.from([0x0e]), value.subarray(1)])), refusal: 'Malformed' },
    { record: record('a4', { source: { name: 'nowhere' } }), refusal: 'BadSourceException', reason: /nowhere/ },
    { record: record('a5', { entity: { features: many } }), refusal: 'PreprocessException', reason: /10000/ },
    { record: record('a6', { source: { security: 'NO SUCH LABEL' } }), refusal: 'SecurityParseException' },
    { record: record('a7', { event: { action: 'invented' } }), refusal: 'ValidationError', reason: /invented/ },
    { record: withFeature('a8', 'integer', '9223372036854775808'), refusal: 'mapper_parsing_exception', reason: /enriched\.integer/ },
    { record: withFeature('a9', 'float', 'inf'), refusal: 'mapper_parsing_exception', reason: /enriched\.float/ },
    { record: withFeature('b1', 'string', 'v'.repeat(32_767)), refusal: 'illegal_argument_exception', reason: /immense term/ },
    { record: withFeature('b2', 'datetime', 'yesterday'), refusal: 'mapper_parsing_exception', reason: /enriched\.datetime/ },
    { record: record('b3', { entity: { features: [feature({ name: '.x' })] } }), refusal: 'mapper_parsing_exception' },
    ...conflicting(),
  ];
}

async function json<T>(args: readonly string[], expected = 0): Promise<T> {
  const { stdout } = await arena.run([...args, '--json'], {}, expected);
  return JSON.parse(stdout) as T;
}

const listed = async (): Promise<readonly Letter[]> => (await json<ListResult<Letter>>(['dead-letters', 'list'])).result.items;

/** The enriched document of a binary. */
function documentOf(documents: Map<string, JsonObject>, sha256: string): JsonObject | undefined {
  return documents.get(`azul.x.${arena.partition}.binary2.${sha256[0]!} ${sha256}.plugin.meta.enriched.LOW`)?.entries.get('source') as
    JsonObject | undefined;
}

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  topic = `azul.${arena.prefix}.s2.binary.enriched`;
  statusTopic = `azul.${arena.prefix}.system.status`;
  const good = (n: number): Poison => ({ record: record(`c${String(n)}`, { entity: { features: [feature({ name: 'good' })] } }) });
  records = [good(0), ...poisons().flatMap((poison, n) => [poison, good(n + 1)])];
  await arena.send(records.map((one) => one.record));
  await arena.send([{ topic: statusTopic, key: 'broken', value: Buffer.from([0x0c, 0x08]) }]);
  const { stderr } = await arena.fold();
  assert.match(stderr, /"level":"warn".*record goes to the dead letter/);
});

test('each goes to the dead letter with class, reason, position and key', async () => {
  const letters = (await listed()).filter((letter) => letter.topic === topic);
  const expected = records.flatMap(({ record: { key }, refusal }, offset) =>
    refusal === undefined ? [] : [`binary ${topic}/0/${String(offset)} ${String(key)} ${refusal}`],
  );
  assert.equal(
    letters.map(
      (letter) => `${letter.projection} ${letter.topic}/${String(letter.partition)}/${String(letter.offset)} ${letter.key} ${letter.class}`,
    ),
    expected,
  );
  for (const letter of letters) assert.match(letter.reason, records[letter.offset]!.reason ?? /./);
});

test('a letter holds the bytes of its record', async () => {
  const positions = records.flatMap(({ refusal }, offset) => (refusal === undefined ? [] : [`${topic}/0/${String(offset)}`]));
  const { result } = await json<ListResult<ShownLetter>>(['dead-letters', 'show', ...positions]);
  assert.is(result.items.length, positions.length);
  for (const { offset, value_base64 } of result.items)
    assert.ok(Buffer.from(value_base64, 'base64').equals(records[offset]!.record.value!));
});

test('a status that is broken has a letter for each projection that reads it', async () => {
  const letters = (await listed()).filter((letter) => letter.topic === statusTopic);
  assert.equal(letters.map(({ projection, class: name, key }) => `${projection} ${name} ${key}`), ['binary Malformed broken', 'status Malformed broken']); // prettier-ignore
});

test('their neighbours are folded, the older contribution to the same document too', async () => {
  const documents = await arena.documents();
  for (const {
    record: { key },
    refusal,
  } of records) {
    const sha256 = String(key).startsWith('ee') ? 'eeff' : String(key).padEnd(4, 'f');
    if (refusal === undefined) assert.ok(documentOf(documents, sha256), `no document of ${String(key)}`);
    else if (sha256 !== 'eeff') assert.not(documentOf(documents, sha256), `a document of ${String(key)}`);
  }
  assert.not(documentOf(documents, 'eeff')!.entries.has('info'));
});

test('a parent exists for what was folded and for nothing else', async () => {
  const documents = await arena.documents();
  const parents = [...documents.keys()].filter((key) => /binary2\.\w \w+$/.test(key)).map((key) => key.split(' ')[1]);
  const folded = records
    .filter(({ refusal }) => refusal === undefined)
    .map(({ record: { key } }) => (key === 'ee-older' ? 'eeff' : String(key).padEnd(4, 'f')));
  assert.equal(parents.sort(), folded.sort());
});

test('replay fails again with exit 4 as long as nothing is mended, and the letter stays', async () => {
  const before = await listed();
  const { result } = await json<ListResult<{ outcome: string }>>(['dead-letters', 'replay', '--reason', 'BadSourceException'], 4);
  assert.equal(result.items.map(({ outcome }) => outcome), ['failed']); // prettier-ignore
  assert.equal((await listed()).map(({ offset }) => offset), before.map(({ offset }) => offset)); // prettier-ignore
});

test('replay folds at the original position once the source is configured, and takes the letter away', async () => {
  arena.settings.metastore_sources['nowhere'] = {};
  arena.saveSettings();
  await arena.run(['dead-letters', 'replay', '--reason', 'BadSourceException']);
  assert.equal(
    (await listed()).filter((letter) => letter.class === 'BadSourceException'),
    [],
  );
  const document = documentOf(await withFold(), 'a4ff')!;
  const [contribution] = (document.entries.get('fold') as JsonObject).entries.get('contributions') as [JsonObject];
  const offset = records.findIndex(({ refusal }) => refusal === 'BadSourceException');
  assert.match(contribution.text, new RegExp(`"t":"${topic.replaceAll('.', '\\.')}","p":0,"o":${String(offset)},`));
  assert.ok((await arena.documents()).has(`azul.x.${arena.partition}.binary2.a a4ff`), 'its parent is missing');
});

test('replay does not put an earlier record of a key in the place of a later one', async () => {
  const valued = (value: string, name: string): OutgoingRecord =>
    record('d1', { source: { name }, event: { kafka_key: 'same' }, entity: { features: [feature({ name: 'good', value })] } });
  await arena.send([{ ...valued('early', 'elsewhere'), key: 'same' }, { ...valued('late', 's2'), key: 'same' }]); // prettier-ignore
  await arena.fold();
  arena.settings.metastore_sources['elsewhere'] = {};
  arena.saveSettings();
  await arena.run(['dead-letters', 'replay', '--reason', 'BadSourceException']);
  assert.match(documentOf(await arena.documents(), 'd1ff')!.text, /"features_map":\{"good":\["late"\]\}/);
});

async function withFold(): Promise<Map<string, JsonObject>> {
  const { documentMap } = await import('../helpers/history.js');
  return documentMap((await arena.run(['export', '--with-fold'])).stdout);
}
