/**
 * What provenance must not tell: events that are deleted but still in documents, that the caller may not see though it sees their document, whose record is
 * gone, and what others give away of them (spec 04 §15).
 */
import * as assert from 'uvu/assert';
import type { BinaryEvent, DeleteEvent, DownloadEvent, InsertEvent, StatusEvent } from '../../schemas/events.js';
import { eventToJson } from '../../schemas/json-form.js';
import { parseTime } from '../../schemas/time.js';
import { encodeEvent } from '../../streams/encode.js';
import { systemTopic } from '../../streams/topics.js';
import { CALLERS, startTestApi, type Answer, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { deleteRecordsBefore } from '../helpers/log.js';
import type { Contribution, Provenance } from '../helpers/provenance.js';
import { author, binaryRecord, enrichedEvent, feature, node } from '../helpers/records.js';
import { testStack } from '../helpers/stack.js';
import { binaryEvent, type Changes } from '../unit/projections/binary/events.js';
import { deletes, insertEvent } from '../unit/projections/removal/events.js';

const test = integration('api provenance, what it must not tell');
let arena: Arena;
let api: TestApi;

const hash = (digit: string): string => digit.repeat(64);
const at = (second: number): bigint => parseTime(`2026-03-01T00:00:${String(second).padStart(2, '0')}Z`);
const RIVALS = hash('0');
const GONE = hash('1');
const TASK = hash('2');
const RESULT = hash('3');
const PARENT = hash('4');
const CHILD = hash('5');
const ALIKE = hash('6');
const LARGE = hash('7');
const ONLY = hash('8');
const NUMBERS = hash('9');

function system(name: 'status' | 'download' | 'delete' | 'insert', key: string, event: object | null) {
  return { topic: systemTopic(arena.prefix, name), key, value: event && encodeEvent(name, event as never) };
}

function enriched(key: string, sha256: string, second: number, changes: Changes = {}, expedited = false) {
  const event = enrichedEvent(key, {
    ...changes,
    event: { timestamp: at(second), ...changes.event },
    entity: { sha256, ...changes.entity },
  });
  return binaryRecord(arena.prefix, event, expedited);
}

function status(
  key: string,
  sha256: string,
  changes: Partial<StatusEvent>,
  entity: Partial<StatusEvent['entity']> = {},
  input: Changes = {},
) {
  const event: StatusEvent = {
    model_version: 6,
    kafka_key: key,
    timestamp: at(20),
    author: author({ name: 'p', category: 'plugin' }),
    entity: {
      input: binaryEvent({ ...input, event: { kafka_key: `${key}-input`, ...input.event }, entity: { sha256, ...input.entity } }),
      status: 'completed',
      runtime: undefined,
      error: undefined,
      message: undefined,
      results: [],
      ...entity,
    },
    ...changes,
  };
  return system('status', key, event);
}

function download(key: string, sha256: string, security: string, second: number) {
  const event: DownloadEvent = {
    model_version: 6,
    kafka_key: key,
    timestamp: at(second),
    author: author({ security }),
    source: { ...binaryEvent().source, path: [] },
    action: 'requested',
    entity: { hash: sha256, direct_url: undefined, direct_expiry: -62135596800000000n, pcap: false, category: undefined, category_quota: undefined, metadata: undefined }, // prettier-ignore
  };
  return system('download', key, event);
}

const insert = (event: InsertEvent) => system('insert', 'insert-of-child', event);
const CHILD_INSERT = insertEvent({ parent: PARENT, child: { sha256: CHILD } });
const LARGE_INFO = JSON.stringify({ text: 'x'.repeat(1_000_000) });

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  const { prefix } = arena;
  await arena.createTopics(['delete', 'insert', 'expedite', 'status', 'download'].map((name) => systemTopic(prefix, name)), 1); // prettier-ignore
  const secret = { source: { security: 'HIGH' } };
  const alike = [5, 3, 1, 4, 2].map((micros) => {
    const source = { timestamp: at(0) + BigInt(micros), path: [node({ sha256: ALIKE })] };
    return binaryRecord(prefix, binaryEvent({ event: { kafka_key: `alike-${micros}` }, entity: { sha256: ALIKE }, source }));
  });
  await arena.send([
    enriched('rival-winner', RIVALS, 9),
    enriched('rival-second', RIVALS, 5),
    enriched('rival-third', RIVALS, 3),
    enriched('secret-winner', RIVALS, 9, secret),
    enriched('secret-second', RIVALS, 5, secret),
    enriched('gone-winner', GONE, 9, {}, true),
    enriched('gone-loser', GONE, 7, {}, true),
    enriched('left-loser', GONE, 5),
    status('task', TASK, { author: author({ name: 'p', category: 'plugin', security: 'MEDIUM' }) }),
    download('task', TASK, 'HIGH', 5),
    status('open-task', TASK.toUpperCase(), {}, {}, { event: { author: author({ security: 'HIGH' }) } }),
    status('late-task', TASK, { timestamp: at(21) }),
    status(
      'publishing-task',
      TASK,
      { author: author({ name: 'q', category: 'plugin', security: 'HIGH' }) },
      { results: [enrichedEvent('result', { event: { timestamp: at(8) }, entity: { sha256: RESULT } })] },
    ),
    binaryRecord(
      prefix,
      binaryEvent({
        event: { kafka_key: 'parent', author: author({ security: 'HIGH' }) },
        entity: { sha256: PARENT },
        source: { path: [node({ sha256: PARENT })] },
      }),
    ),
    insert(CHILD_INSERT),
    ...alike,
    ...Array.from({ length: 20 }, (_, n) => enriched(`large-${n}`, LARGE, n, { entity: { info: LARGE_INFO } })),
    enriched('only', ONLY, 9),
    enriched('numbers', NUMBERS, 9, {
      entity: {
        size: 18446744073709551615n,
        info: '{"b": 1.0, "a": 12345678901234567890}',
        features: [feature({ size: 9007199254740993n })],
      },
    }),
  ]);
  await arena.fold();
  api = await startTestApi(arena);
  test.closing(() => api.close());
});

type Ask = Answer<Envelope<Provenance>>;

function ask(caller: CallerName, sha256: string, query = '', admin = false): Promise<Ask> {
  const claims = admin ? { claims: { roles: [...CALLERS[caller], 'admin'] } } : {};
  return api.ask<Envelope<Provenance>>(caller, `/v1/provenance/${sha256}?${query}`, claims);
}

function rows({ body }: Ask): readonly Contribution[] {
  return body.data.documents.flatMap(({ contributions }) => contributions);
}

const states = (answer: Ask): string[] => rows(answer).map(({ key, state }) => `${key} ${state}`);

function tell(answer: Ask, ...hidden: readonly string[]): string[] {
  const cursor = answer.body.data.after ?? '';
  return hidden.filter((text) => (answer.text + Buffer.from(cursor, 'base64url').toString()).includes(text));
}

test('a compacted winner goes by its document, a compacted loser is left out', async () => {
  await deleteRecordsBefore(testStack().brokers, { topic: systemTopic(arena.prefix, 'expedite'), partition: 0, offset: 2 });
  for (const admin of [false, true]) {
    const answer = await ask('low', GONE, '', admin);
    assert.equal(states(answer), ['gone-winner compacted', 'left-loser loser']);
    assert.is(rows(answer)[0]!.event, undefined);
    assert.equal(rows(answer)[0]!.position, { topic: systemTopic(arena.prefix, 'expedite'), partition: 0, offset: 0 });
    assert.equal(tell(answer, 'gone-loser'), []);
    const { timeline } = answer.body.data;
    assert.equal(timeline.map(({ key, action }) => [key, action]), [['left-loser', 'enriched'], ['gone-winner', 'enriched']]); // prettier-ignore
    assert.equal(timeline[1]!.author, { category: 'plugin', name: 'meta', version: '1' });
    const first = await ask('low', GONE, 'size=2', admin);
    assert.is(first.body.data.after, undefined, 'what comes behind is hidden');
  }
});

test('an event with a label of its own is left out of a document that is seen', async () => {
  const documentsOf = (answer: Ask) => answer.body.data.documents.map(({ id }) => id).sort();
  const high = await ask('high', TASK);
  assert.equal(states(high).sort(), ['late-task winner', 'open-task winner', 'publishing-task winner', 'task loser', 'task winner']);
  assert.equal(documentsOf(high), ['late-task', 'open-task', 'publishing-task', 'task']);
  const medium = await ask('medium', TASK);
  assert.equal(states(medium).sort(), ['late-task winner', 'open-task winner', 'task winner']);
  assert.equal(tell(medium, 'system.download', 'publishing-task', 'requested'), []);
  assert.equal(documentsOf(await ask('low', TASK)), ['late-task', 'open-task']);
  const limited = await ask('high', TASK, 'x=HIGH');
  assert.equal(states(limited).sort(), ['late-task winner', 'open-task winner', 'task winner'], 'as x leaves them');
  const pages = [];
  for (let after = ''; pages.length < 9;) {
    const page = await ask('medium', TASK, `size=1&after=${after}`);
    assert.equal(tell(page, 'system.download', 'publishing-task'), []);
    pages.push(...states(page));
    if (page.body.data.after === undefined) break;
    after = page.body.data.after;
  }
  assert.equal(pages, states(medium));
});

test('the status of an event that may not be seen does not show it', async () => {
  const low = await ask('low', TASK);
  const eventOf = (answer: Ask, key: string) => rows(answer).find((row) => row.key === key && row.state === 'winner')!.event;
  assert.is(eventOf(low, 'open-task'), undefined);
  assert.equal(tell(low, 'open-task-input'), []);
  const shown = low.body.data.timeline.find(({ key }) => key === 'open-task')!;
  assert.equal([shown.action, shown.author], [undefined, { category: 'plugin', name: 'p', version: '1' }]);
  assert.ok(JSON.stringify(eventOf(await ask('high', TASK), 'open-task')).includes('open-task-input'));
  assert.ok(JSON.stringify(eventOf(low, 'late-task')).includes('late-task-input'));
});

test('keys and positions of records about hidden events stay out of what comes from them', async () => {
  const result = rows(await ask('low', RESULT))[0]!;
  assert.equal(Object.keys(result), ['key', 'timestamp', 'state', 'event']);
  const whole = rows(await ask('high', RESULT))[0]!;
  assert.is(whole.recordKey, 'publishing-task');
  assert.equal(whole.position, { topic: systemTopic(arena.prefix, 'status'), partition: 0, offset: 3 });
  assert.equal(whole.event, result.event);
  assert.is((await ask('low', PARENT)).status, 404);
  const low = await ask('low', CHILD);
  const [child] = rows(low);
  assert.equal(Object.keys(child!), ['key', 'insertKeys', 'timestamp', 'state', 'event']);
  assert.equal(child!.insertKeys, ['insert-of-child']);
  assert.equal(tell(low, '"parent"'), []);
  const [known] = rows(await ask('high', CHILD));
  assert.equal([known!.recordKey, known!.position?.topic], ['parent', `azul.${arena.prefix}.s2.binary.sourced`]);
  const { source, entity, kafka_key: key } = known!.event as Record<'source' | 'entity' | 'kafka_key', Record<string, unknown>>;
  assert.is(key, known!.key);
  assert.is(entity['sha256'], CHILD);
  assert.equal((source['path'] as { sha256: string }[]).map(({ sha256 }) => sha256), [PARENT, CHILD]); // prettier-ignore
});

test('shows what was derived by an insert that is no longer the same as a winner without event', async () => {
  await arena.send([insert({ ...CHILD_INSERT, timestamp: CHILD_INSERT.timestamp + 1n })]);
  for (const caller of ['low', 'high'] as const) {
    const answer = await ask(caller, CHILD);
    assert.equal(Object.keys(rows(answer)[0]!), ['key', 'insertKeys', 'timestamp', 'state']);
    assert.is(rows(answer)[0]!.state, 'compacted');
  }
});

test('pages do not end within documents that are alike in all that is sorted by', async () => {
  for (const size of [1, 2, 3]) {
    const found: string[] = [];
    for (let after = ''; ;) {
      const { body } = await ask('low', ALIKE, `size=${size}&after=${after}`);
      found.push(...body.data.documents.map(({ contributions }) => contributions[0]!.key));
      if (body.data.after === undefined) break;
      after = body.data.after;
    }
    assert.equal(found, [1, 2, 3, 4, 5].map((micros) => `alike-${micros}`)); // prettier-ignore
  }
});

test('ends a page early when its events are large', async () => {
  const first = await ask('low', LARGE, 'size=1000');
  const { after } = first.body.data;
  assert.ok(after !== undefined && rows(first).length < 17 && rows(first).length > 10, String(rows(first).length));
  const second = await ask('low', LARGE, `size=1000&after=${after}`);
  assert.is(second.body.data.after, undefined);
  const expected = Array.from({ length: 20 }, (_, n) => `large-${19 - n}`);
  assert.equal([...rows(first), ...rows(second)].map(({ key }) => key), expected); // prettier-ignore
});

test('keeps numbers as the log has them', async () => {
  const { text } = await ask('low', NUMBERS);
  for (const part of ['"size":18446744073709551615', '"size":9007199254740993', '"info":{"b": 1.0, "a": 12345678901234567890}'])
    assert.ok(text.includes(part), part);
});

/** The rows of a binary before a delete, and for whom after it; the delete is asked about as soon as it is published. */
async function deleted(key: string, event: DeleteEvent): Promise<void> {
  await arena.send([system('delete', key, { ...event, kafka_key: key })]);
}

test('a delete hides its event at once, from all but administrators that may read it', async () => {
  assert.equal(states(await ask('low', RIVALS)), ['rival-winner winner', 'rival-second loser', 'rival-third loser']);
  await deleted('delete-one', deletes.ids('rival-winner', 'secret-second'));
  const low = await ask('low', RIVALS);
  assert.equal(states(low), ['rival-second loser', 'rival-third loser']);
  assert.equal(tell(low, 'rival-winner', 'delete-one', 'secret'), []);
  const high = await ask('high', RIVALS);
  assert.equal(states(high), ['secret-winner winner', 'rival-second loser', 'rival-third loser']);
  assert.equal(tell(high, 'rival-winner', 'delete-one', 'secret-second'), []);
  const admin = await ask('low', RIVALS, '', true);
  assert.equal(states(admin), ['rival-winner deleted', 'rival-second loser', 'rival-third loser']);
  assert.equal(tell(admin, 'secret'), [], 'administrators have labels too');
  const [row] = rows(admin);
  assert.equal(row!.delete, { key: 'delete-one', timestamp: '2026-03-01T01:00:00Z', action: 'ids' });
  assert.is(row!.event, undefined);
  const told = admin.body.data.timeline.find(({ state }) => state === 'deleted')!;
  assert.equal(Object.keys(told), ['timestamp', 'document', 'key', 'state']);
  assert.equal(states(await ask('high', RIVALS, '', true)), ['secret-winner winner', 'secret-second deleted', ...states(admin)]);
});

test('a document with nothing to tell of is left out', async () => {
  await deleted('delete-only', deletes.ids('only'));
  const answer = await ask('low', ONLY);
  assert.is(answer.status, 200);
  assert.equal(answer.body.data, { sha256: ONLY, documents: [], timeline: [] });
  assert.equal(states(await ask('low', ONLY, '', true)), ['only deleted']);
});

test('a delete of an event hides it in the status that was made of it', async () => {
  await deleted('delete-input', deletes.ids('late-task-input'));
  for (const admin of [false, true]) {
    const answer = await ask('low', TASK, '', admin);
    assert.ok(states(answer).includes('late-task winner'));
    assert.equal(tell(answer, 'late-task-input'), []);
  }
});

test('a delete of what is gone from the log hides it, and one of a parent its children', async () => {
  await deleted('delete-gone', deletes.ids('gone-winner', 'parent'));
  assert.equal(states(await ask('low', GONE)), ['left-loser loser']);
  assert.equal(states(await ask('low', GONE, '', true)), ['gone-winner deleted', 'left-loser loser']);
  assert.equal(states(await ask('low', CHILD)), []);
  assert.equal(states(await ask('high', CHILD, '', true)).map((text) => text.split(' ')[1]), ['deleted']); // prettier-ignore
});

test('a delete that is taken back or replaced counts no longer', async () => {
  await arena.send([system('delete', 'delete-only', null)]);
  assert.equal(states(await ask('low', ONLY)), ['only winner']);
  await deleted('delete-one', deletes.submission('s2.ee', at(0)));
  assert.equal(states(await ask('low', RIVALS)), [], 'by the submission that all are of');
  await deleted('delete-one', deletes.author('plugin.meta.1', at(5)));
  assert.equal(states(await ask('low', RIVALS)), ['rival-winner winner', 'rival-second loser']);
});

test('the JSON form of an event is what its record says', async () => {
  const expected: BinaryEvent = enrichedEvent('rival-second', { event: { timestamp: at(5) }, entity: { sha256: RIVALS } });
  const row = rows(await ask('low', RIVALS)).find(({ key }) => key === 'rival-second')!;
  assert.equal(row.event, JSON.parse(eventToJson('binary', expected)));
});
