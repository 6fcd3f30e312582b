/** The events behind documents on the full fixture history: who is told of which, in what form, page by page (spec 04 §15). */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { DeleteEvent } from '../../schemas/events.js';
import type { ProjectionSettings } from '../../projections/settings.js';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, startTestApi, type Answer, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { historyFile } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { isDeleted, kindOf } from '../helpers/model-claims.js';
import type { ModelRecord } from '../helpers/model.js';
import {
  deletesOf,
  expectedContributions,
  modelSettings,
  placedRecords,
  provenDocuments,
  seesEvent,
  type Contribution,
  type LogEvent,
  type ProvenDocument,
  type Provenance,
} from '../helpers/provenance.js';

const test = integration('api provenance');
let history: ApiHistory;
let api: TestApi;
let settings: ProjectionSettings;
let records: ModelRecord[];
let documents: ProvenDocument[];
let deletes: DeleteEvent[];
let hashes: string[];

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
  const { arena } = history;
  const file = historyFile(arena.folder, 'history-full', arena.prefix);
  settings = await modelSettings(arena);
  records = await placedRecords(readFileSync(file, 'utf8').trim().split('\n'));
  documents = provenDocuments(records, settings);
  deletes = deletesOf(records);
  hashes = [...new Set(documents.map(({ sha256 }) => sha256))].sort();
});

type Ask = Answer<Envelope<Provenance>>;

function ask(caller: CallerName, sha256: string, query: Readonly<Record<string, string>> = {}, claims?: object): Promise<Ask> {
  const path = `/v1/provenance/${sha256}?${new URLSearchParams(query).toString()}`;
  return api.ask<Envelope<Provenance>>(caller, path, claims === undefined ? {} : { claims: claims as Record<string, unknown> });
}

function byDocument({ documents: list }: Provenance): Map<string, readonly Contribution[]> {
  return new Map([...list].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, contributions }) => [id, contributions]));
}

function sortedMap<T>(map: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isOfDocuments = (record: ModelRecord): boolean =>
  ['binary', 'expedite', 'status', 'download'].includes(kindOf(record)!) && record.event !== null;

/** Keys of events that the caller may not be told of, unless it may be told of another event of the same key. */
function hiddenKeys(caller: CallerName): string[] {
  const told = (record: ModelRecord): boolean => {
    const event = record.event as LogEvent;
    return seesEvent(caller, event, settings) && !('track_links' in event && isDeleted(event, { deletes }));
  };
  const all = records.filter(isOfDocuments);
  const seen = new Set(all.filter(told).map(({ key }) => key));
  return all.map(({ key }) => key).filter((key) => !seen.has(key));
}

function leaks(text: string, keys: readonly string[]): string[] {
  return keys.filter((key) => text.includes(key));
}

/** Binaries of every kind, not all of them: those with losers or derived events, and each fourth. */
function chosen(): string[] {
  const special = documents.filter(({ claims }) => claims.length > 1 || claims.some(({ inserts }) => inserts.length > 0));
  const of = new Set(special.map(({ sha256 }) => sha256));
  return hashes.filter((sha256, n) => of.has(sha256) || n % 4 === 0);
}

test('tells each caller the events that it may see, as they were published', async () => {
  const met = new Set<string>();
  let withheld = 0;
  for (const caller of CALLER_NAMES) {
    const keys = hiddenKeys(caller);
    assert.ok(keys.length > 0);
    for (const sha256 of chosen()) {
      const expected = sortedMap(expectedContributions(documents, sha256, { caller, settings, deletes }));
      const { status, text, body } = await ask(caller, sha256.toUpperCase(), { size: '1000' });
      assert.is(status, expected.size === 0 ? 404 : 200, `${caller} ${sha256} ${text}`);
      assert.equal(leaks(text, keys), [], `${caller} ${sha256}`);
      if (status === 404) {
        assert.equal(body, { ref: '', message: `Binary ${sha256} not found in Azul.` });
        met.add('missing');
        continue;
      }
      assert.is(body.data.sha256, sha256);
      assert.is(body.data.after, undefined);
      assert.equal([...byDocument(body.data)], [...expected], `${caller} ${sha256}`);
      assert.ok(body.data.documents.every(({ complete }) => complete));
      for (const { state, insertKeys, event } of [...expected.values()].flat()) {
        met.add(insertKeys === undefined ? state : `derived ${state} ${insertKeys.length}`);
        if (event === undefined) withheld++;
      }
    }
  }
  for (const state of ['missing', 'winner', 'loser', 'derived winner 1']) assert.ok(met.has(state), `${state} of ${[...met].join()}`);
  assert.ok(withheld > 0, 'there are statuses of deleted binaries');
});

test('puts what happened in the order of time', async () => {
  for (const sha256 of chosen().slice(0, 20)) {
    const { data } = (await ask('all', sha256, { size: '1000' })).body;
    const rows = data.documents.flatMap(({ id, contributions }) =>
      contributions.map(({ key, timestamp, state }) => `${timestamp} ${id} ${key} ${state}`),
    );
    const told = data.timeline.map(({ timestamp, document, key, state }) => `${timestamp} ${document} ${key} ${state}`);
    assert.equal([...told].sort(), [...rows].sort());
    const times = data.timeline.map(({ timestamp }) => Date.parse(timestamp));
    assert.ok(times.every((time, at) => at === 0 || time >= times[at - 1]!));
    for (const { key, action, author } of data.timeline) {
      const record = records.find((one) => one.key === key && isOfDocuments(one));
      if (record === undefined) continue;
      const event = record.event as LogEvent;
      assert.is(action, 'action' in event ? event.action : undefined);
      const { category, name, version } = event.author;
      assert.equal(author, { category, name, ...(version !== undefined && { version }) });
    }
  }
});

async function pages(caller: CallerName, sha256: string, query: Readonly<Record<string, string>>): Promise<Provenance[]> {
  const list: Provenance[] = [];
  for (let after = ''; ;) {
    const { data } = (await ask(caller, sha256, { ...query, ...(after !== '' && { after }) })).body;
    list.push(data);
    assert.ok(list.length < 1_000);
    if (data.after === undefined) return list;
    after = data.after;
  }
}

test('gives the same in pages of any size, and tells nothing by where they end', async () => {
  const counts = (sha256: string): number => documents.filter((document) => document.sha256 === sha256).length;
  const paged = new Set<CallerName>();
  const largest = [...hashes].sort((a, b) => counts(b) - counts(a)).slice(0, 3);
  for (const caller of ['low', 'medium', 'all'] as const) {
    const keys = hiddenKeys(caller);
    for (const sha256 of largest) {
      const answer = await ask(caller, sha256, { size: '1000' });
      if (answer.status === 404) continue;
      paged.add(caller);
      const whole = answer.body.data;
      const rows = ({ documents: list }: Provenance): unknown[] =>
        list.flatMap(({ id, contributions }) => contributions.map((one) => [id, one]));
      for (const size of [1, 2, 7]) {
        const list = await pages(caller, sha256, { size: String(size) });
        assert.equal(list.flatMap(rows), rows(whole), `${caller} ${sha256} ${size}`);
        assert.equal(
          list.flatMap(({ timeline }) => timeline).map(({ key }) => key).sort(),
          whole.timeline.map(({ key }) => key).sort(),
        ); // prettier-ignore
        assert.ok(list.slice(0, -1).every((page) => rows(page).length === size && page.timeline.length === size));
        assert.ok(rows(list.at(-1)!).length > 0, 'a page that is announced has something in it');
        for (const { after = '' } of list) assert.equal(leaks(Buffer.from(after, 'base64url').toString(), keys), []);
      }
    }
  }
  assert.is(paged.size, 3);
});

test('answers of one document', async () => {
  const document = documents.find(({ claims, routing }) => claims.length > 1 && routing !== undefined)!;
  const { sha256, id } = document;
  const expected = expectedContributions(documents, sha256, { caller: 'all', settings, deletes });
  const { data } = (await ask('all', sha256, { document: id })).body;
  assert.equal([...byDocument(data)], [[id, expected.get(id)]]);
  const [first, second] = await pages('all', sha256, { document: id, size: '1' });
  assert.equal(
    [first, second].flatMap((page) => page!.documents[0]!.contributions),
    expected.get(id),
  );
  const other = documents.find((one) => one.sha256 !== sha256)!;
  for (const unknown of ['nothing', other.id, sha256]) assert.is((await ask('all', sha256, { document: unknown })).status, 404);
  const hidden = documents.find(({ body }) => (body['security'] as string).startsWith('HIGH'))!;
  assert.is((await ask('all', hidden.sha256, { document: hidden.id })).status, 200);
  assert.is((await ask('low', hidden.sha256, { document: hidden.id })).status, 404);
});

test('leaves out what carries an excluded label, and what lacks an included one', async () => {
  const of = documents.filter(({ body }) => body['security'] === 'HIGH MOD2 REL:APPLE,BEE').map(({ sha256 }) => sha256);
  const sha256 = of.find((hash) => documents.some((one) => one.sha256 === hash && one.body['security'] === 'LOW')) ?? of[0]!;
  const all = [...byDocument((await ask('all', sha256, { size: '1000' })).body.data).keys()];
  const securities = new Map(documents.map(({ id, body }) => [id, body['security'] as string]));
  const excluded = await ask('all', sha256, { size: '1000', x: 'HIGH' });
  const kept = all.filter((id) => !securities.get(id)!.startsWith('HIGH'));
  assert.is(excluded.status, kept.length === 0 ? 404 : 200);
  if (kept.length > 0) assert.equal([...byDocument(excluded.body.data).keys()], kept);
  const included = await ask('all', sha256, { size: '1000', i: 'REL:BEE' });
  assert.equal([...byDocument(included.body.data).keys()], all.filter((id) => securities.get(id)!.includes('BEE'))); // prettier-ignore
  assert.is(included.body.meta.sec_filter, 'AND');
  assert.is((await ask('all', sha256, { x: 'NOPE' })).status, 422);
});

test('refuses what is no parameter of its, and cursors of other lists', async () => {
  const sha256 = hashes[0]!;
  for (const size of ['0', '1001', 'x']) assert.is((await ask('all', sha256, { size })).status, 422);
  assert.is((await api.ask('all', '/v1/provenance/abc')).status, 422);
  assert.is((await api.askAnonymously(`/api/v1/provenance/${sha256}`)).status, 401);
  assert.is((await ask('all', 'f'.repeat(64))).status, 404);
  const { after } = (await ask('all', sha256, { size: '1' })).body.data;
  assert.ok(after);
  const forged = Buffer.from(after, 'base64url').toString();
  const cursors = ['x', after.slice(1), Buffer.from('[]').toString('base64url'), Buffer.from(forged.replace('binary2', 'plugin')).toString('base64url')]; // prettier-ignore
  for (const cursor of cursors) {
    const answer = await ask('all', sha256, { after: cursor });
    assert.is(answer.status, 422, cursor);
    assert.match(answer.text, /"message":"after: /);
  }
  assert.is((await ask('all', hashes[1]!, { after })).status, 422, 'a cursor of another binary');
  assert.is((await ask('all', sha256, { after, document: 'x' })).status, 422, 'a cursor of another list');
});

test('tells its queries, at most three', async () => {
  const { meta } = (await ask('all', hashes[0]!, { include_queries: 'true', size: '1000' })).body;
  assert.ok(meta.queries!.length > 0 && meta.queries!.length <= 3);
});

test('answers 503 without a log, or when it cannot be reached', async () => {
  const sha256 = documents[0]!.sha256;
  const without = await startTestApi(history.arena, { METAFOLD_KAFKA_BROKERS: '' });
  try {
    const { status, text } = await without.ask('all', `/v1/provenance/${sha256}`);
    assert.is(status, 503);
    assert.match(text, /metafold_kafka_brokers is not set/);
    assert.is((await without.ask('all', `/v1/provenance/${'f'.repeat(64)}`)).status, 404);
  } finally {
    await without.close();
  }
  const away = await startTestApi(history.arena, { METAFOLD_KAFKA_BROKERS: '127.0.0.1:1' });
  try {
    const started = performance.now();
    const answers = await Promise.all([1, 2, 3].map(() => away.ask('all', `/v1/provenance/${sha256}`)));
    const seconds = (performance.now() - started) / 1_000;
    assert.ok(seconds < 12, `${seconds} s`);
    for (const { status, body, headers } of answers) {
      assert.is(status, 503);
      assert.equal(body, { ref: '', message: 'event log unavailable' });
      assert.is(headers['retry-after'], '5');
    }
  } finally {
    await away.close();
  }
});
