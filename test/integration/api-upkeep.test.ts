/**
 * Plugins, statuses and downloads of today: the last seven days, heartbeats, consumers that a dispatcher simulates, and the
 * registrations in memory (spec 04 §6.9, §8.5, §10). On documents of its own, because those of the shared history are old.
 */
import * as assert from 'uvu/assert';
import { createPluginModel } from '../../src/api/plugin-model.js';
import { createReadRule } from '../../src/access/read-rule.js';
import { createOpenSearchClient } from '../../src/opensearch/client.js';
import { loadConfig } from '../../src/config/index.js';
import { parseTime } from '../../schemas/time.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { policyOf } from '../helpers/api-history.js';
import { CALLER_NAMES, startTestApi, type Answer, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { startTestDispatcher, type TestDispatcher } from '../helpers/dispatcher.js';
import { integration, waitFor } from '../helpers/integration.js';
import { author, binaryRecord, feature, node, stream } from '../helpers/records.js';
import { downloadRecord, pluginRecord, statusRecord } from '../helpers/system-records.js';
import { linkedEvent, binaryEvent } from '../unit/projections/binary/events.js';

const test = integration('api upkeep');
let arena: Arena;
let dispatcher: TestDispatcher;
/** Without a dispatcher, reading registrations anew each time. */
let api: TestApi;
/** With one. */
let asking: TestApi;

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const C = 'c3'.repeat(32);
const PARENT = 'd4'.repeat(32);
const MINUTE = 60_000;
const DAY = 86_400_000;
const HIDDEN = 'HIGH MOD2 REL:APPLE,BEE';
const START = Date.now();

const ago = (ms: number): string => new Date(START - ms).toISOString();
/** As status documents show it. */
const shown = (ms: number): string =>
  ago(ms).replace(/\.(\d{3})Z$/, (_, digits: string) => (digits === '000' ? '+00:00' : `.${digits}000+00:00`));

interface Told {
  readonly version?: string;
  readonly sha256: string;
  readonly status: string;
  readonly age: number;
  readonly security?: string;
}

/** What the plugin `Alpha` told. */
const TOLD: readonly Told[] = [
  { sha256: A, status: 'completed', age: 5 * DAY },
  { sha256: A, status: 'completed', age: 4 * DAY },
  // Ahead, so that it is not lost however long the fold takes.
  { sha256: A, status: 'heartbeat', age: -10 * MINUTE },
  { sha256: B, status: 'heartbeat', age: 3 * MINUTE },
  { sha256: B, status: 'completed-empty', age: 9 * DAY },
  { sha256: C, status: 'completed-with-errors', age: 6 * DAY },
  { sha256: C, status: 'error-exception', age: DAY },
  { sha256: A, status: 'error-timeout', age: 2 * DAY },
  { sha256: B, status: 'error-timeout', age: DAY, security: 'MEDIUM' },
  { sha256: C, status: 'completed', age: -3 * DAY, security: 'MEDIUM' },
  { sha256: C, status: 'completed', age: 3 * DAY, version: '1' },
  { sha256: C, status: 'opt-out', age: 3 * DAY, security: HIDDEN },
];

const SEEN: Readonly<Record<CallerName, readonly string[]>> = {
  low: ['LOW'],
  medium: ['LOW', 'MEDIUM'],
  high: ['LOW', 'MEDIUM', HIDDEN],
  all: ['LOW', 'MEDIUM', HIDDEN],
};

const toldTo = (caller: CallerName): readonly Told[] => TOLD.filter(({ security = 'LOW' }) => SEEN[caller].includes(security));
/** From the beginning of the day seven days ago to the end of today, in UTC. */
const inWindow = ({ age }: Told): boolean => {
  const today = Math.floor(START / DAY) * DAY;
  return START - age >= today - 7 * DAY && START - age < today + DAY;
};

const DOWNLOADS = { is_processing_download_events: 'true', n: '5', odd: 'NaN' };

function records(prefix: string): readonly OutgoingRecord[] {
  const alpha = { name: 'Alpha', category: 'plugin' };
  const registered = (time: string) => ({ timestamp: parseTime(time) });
  return [
    pluginRecord(prefix, { ...alpha, version: '1', config: { size: '1' } }, registered('2026-03-01T00:00:00Z')),
    pluginRecord(
      prefix,
      {
        ...alpha,
        version: '2',
        contact: 'x',
        description: 'd',
        config: { size: '5', list: '[1, 2]', text: '"t"' },
        features: [{ name: 'mime', type: 'string', desc: undefined, tags: ['t'] }],
      },
      registered('2026-03-02T00:00:00Z'),
    ),
    pluginRecord(prefix, { ...alpha, version: '10', config: { size: '10' } }, registered('2026-03-01T12:00:00Z')),
    pluginRecord(prefix, { name: 'beta', version: '1', category: 'plugin' }, registered('2026-03-01T00:00:00Z')),
    pluginRecord(prefix, { name: 'beta', version: '2', category: 'plugin', security: 'MEDIUM' }, registered('2026-03-02T00:00:00Z')),
    pluginRecord(prefix, { name: 'Fetch', version: '1', category: 'plugin', config: DOWNLOADS }, registered('2026-03-01T00:00:00Z')),
    pluginRecord(prefix, { name: 'Fetch', version: '2', category: 'plugin', config: DOWNLOADS }, registered('2026-03-02T00:00:00Z')),
    pluginRecord(prefix, { name: 'fetch-secret', version: '1', category: 'plugin', config: DOWNLOADS, security: HIDDEN }),
    pluginRecord(prefix, { name: 'bare' }),
    ...TOLD.map(({ version = '2', sha256, status, age, security }, n) =>
      statusRecord(
        prefix,
        `st${n}`,
        sha256,
        {
          timestamp: parseTime(ago(age)),
          author: author({ name: 'Alpha', version, category: 'plugin', security }),
        },
        { status, runtime: 1.5, ...(status.startsWith('error') && { error: 'e' }) },
      ),
    ),
    downloadRecord(prefix, 'dl1', B),
    downloadRecord(prefix, 'dl2', B, { author: author({ name: 'Fetch', version: '2', category: 'plugin' }), action: 'success' }),
    downloadRecord(prefix, 'dl3', C, { author: author({ name: 'u', version: undefined, category: undefined, security: HIDDEN }) }),
    binaryRecord(
      prefix,
      binaryEvent({
        event: { kafka_key: 'bin1', timestamp: parseTime('2026-03-01T00:00:01.5Z') },
        entity: {
          sha256: A,
          size: 7,
          info: '{"n":1.0}',
          features: [feature({ name: 'f', value: 'v', offset: 3, size: 5 })],
          datastreams: [stream({ sha256: A, size: 7 })],
        },
        source: { references: { k: 'r' }, path: [node({ sha256: A })] },
      }),
    ),
    binaryRecord(
      prefix,
      binaryEvent({
        event: { kafka_key: 'bin2', action: 'enriched', author: author({ name: 'Alpha', version: '2', category: 'plugin' }) },
        entity: { sha256: A, datastreams: [] },
        source: { path: [node({ sha256: A })] },
      }),
    ),
    binaryRecord(prefix, extracted()),
  ];
}

/** `B`, visible to few. */
function extracted() {
  const plugin = author({ name: 'unzip', version: '2.0', category: 'plugin', security: HIDDEN });
  const path = [node({ sha256: PARENT }), node({ sha256: B, action: 'extracted', author: plugin, relationship: { label: 'inner' } })];
  return linkedEvent('extracted', {
    event: { kafka_key: 'bin3', author: plugin },
    entity: { sha256: B, datastreams: [stream({ sha256: B })] },
    source: { path },
  });
}

test.setup(async () => {
  arena = createArena({ METAFOLD_API_MODEL_SECONDS: '0' });
  test.closing(() => arena.close());
  dispatcher = await startTestDispatcher();
  test.closing(() => dispatcher.stop());
  await arena.send(records(arena.prefix));
  await arena.fold();
  await opensearch('POST', `/azul.*.${arena.partition}.*/_refresh`);
  api = await startTestApi(arena);
  test.closing(() => api.close());
  asking = await startTestApi(arena, { METASTORE_DISPATCHER_EVENTS_URL: `${dispatcher.url}/` });
  test.closing(() => asking.close());
});

interface PluginRow {
  readonly versions: readonly string[];
  readonly newest_version: Readonly<Record<string, unknown>>;
  readonly last_completion?: string | null;
  readonly success_count?: number;
  readonly error_count?: number;
}

interface StatusRow {
  readonly timestamp: string;
  readonly author: Readonly<Record<string, unknown>>;
  readonly entity: Readonly<Record<string, unknown>> & { readonly status: string };
  readonly completed?: number;
  readonly security: string;
}

function missing(answer: Answer, message: string): void {
  assert.is(answer.status, 404);
  assert.equal(answer.body, { ref: '', message });
}

test('lists the versions that a caller sees, newest first, with null for what the newest lacks', async () => {
  const rows = async (caller: CallerName) => (await api.ask<Envelope<PluginRow[]>>(caller, '/v0/plugins')).body.data;
  const versions = (list: readonly PluginRow[]) => list.map((row) => [row.newest_version['name'], ...row.versions]);
  const low = await rows('low');
  assert.equal(versions(low), [
    ['Alpha', '2', '10', '1'],
    ['beta', '1'],
    ['Fetch', '2', '1'],
  ]);
  assert.equal(versions(await rows('medium'))[1], ['beta', '2', '1']);
  assert.equal(versions(await rows('high')).at(-1), ['fetch-secret', '1']);
  assert.equal(low[0]!.newest_version, {
    category: 'plugin',
    name: 'Alpha',
    version: '2',
    contact: 'x',
    last_completion: null,
    stats: null,
    description: 'd',
    features: [{ name: 'mime', desc: '', tags: null, type: 'string' }],
    config: { size: '5', list: '[1, 2]', text: '"t"' },
    security: 'LOW',
  });
  assert.equal(low[1]!.newest_version, {
    category: 'plugin',
    name: 'beta',
    version: '1',
    contact: null,
    last_completion: null,
    stats: null,
    description: null,
    features: null,
    config: null,
    security: 'LOW',
  });
});

test('counts successes and errors of the newest version in the last seven days', async () => {
  const numbers = new Set<string>();
  for (const caller of CALLER_NAMES) {
    const told = toldTo(caller).filter(({ version = '2' }) => version === '2');
    const success = told.filter(({ status }) => status.startsWith('completed'));
    const { body } = await api.ask<Envelope<PluginRow[]>>(caller, '/v0/plugins/status');
    const [alpha, beta] = body.data;
    assert.is(alpha!.last_completion, ago(Math.min(...success.map(({ age }) => age))), caller);
    assert.is(alpha!.success_count, success.filter(inWindow).length, caller);
    assert.is(alpha!.error_count, told.filter((one) => one.status.startsWith('error-') && inWindow(one)).length, caller);
    assert.equal([beta!.last_completion, beta!.success_count, beta!.error_count], [null, 0, 0]);
    const fetch = body.data.find((row) => row.newest_version['name'] === 'Fetch')!;
    assert.is(fetch.last_completion, '2026-03-01T00:00:00.500Z', 'a download counts as well');
    numbers.add(`${alpha!.last_completion!} ${alpha!.success_count!} ${alpha!.error_count!}`);
  }
  assert.is(numbers.size, 2, 'callers see different numbers');
});

test('groups the statuses of a version by status, one for each binary', async () => {
  for (const caller of CALLER_NAMES) {
    const told = toldTo(caller).filter((one) => (one.version ?? '2') === '2' && inWindow(one));
    const expected = [...new Set(told.map(({ status }) => status))].sort().map((status) => {
      const own = told.filter((one) => one.status === status).sort((a, b) => a.age - b.age);
      const hashes = [...new Set(own.map(({ sha256 }) => sha256))];
      const items = hashes.map((sha256) => {
        const { age, security = 'LOW' } = own.find((one) => one.sha256 === sha256)!;
        return {
          timestamp: shown(age),
          author: { category: 'plugin', name: 'Alpha', version: '2', security },
          entity: { status, runtime: 1.5, ...(status.startsWith('error') && { error: 'e' }), input: { entity: { sha256 } } },
          security,
        };
      });
      return { status, num_items: hashes.length, items };
    });
    const { body } = await api.ask<Envelope<{ num_entities: number; status: object[]; plugin: object }>>(
      caller,
      '/v0/plugins/Alpha/versions/2',
    );
    assert.equal(body.data.status, expected, caller);
    assert.is(body.data.num_entities, 1);
    assert.ok(expected.length > 4);
  }
});

test('shows a version as it was registered, without what was not', async () => {
  const { body } = await api.ask<Envelope<{ plugin: object }>>('low', '/v0/plugins/beta/versions/1');
  assert.equal(body.data.plugin, { category: 'plugin', name: 'beta', version: '1', security: 'LOW' });
  const message = 'The requested plugin version does was not found.';
  missing(await api.ask('low', '/v0/plugins/beta/versions/2'), message);
  missing(await api.ask('medium', '/v0/plugins/beta/versions/2?x=MEDIUM'), message);
  missing(await api.ask('low', '/v0/plugins/bare/versions/'), message);
});

test('names the plugins that download, as far as a caller sees them', async () => {
  const row = (name: string, version: string) => ({ security: '', category: '', name, version });
  for (const caller of ['low', 'medium'] as const) {
    const { body } = await api.ask<Envelope<object[]>>(caller, '/v0/plugins/download');
    assert.equal(body.data, [row('Fetch', '2')]);
  }
  const { body } = await api.ask<Envelope<object[]>>('high', '/v0/plugins/download');
  assert.equal(body.data, [row('Fetch', '2'), row('fetch-secret', '1')]);
});

const statusesOf = async (from: TestApi, caller: CallerName, sha256: string): Promise<readonly StatusRow[]> =>
  (await from.ask<Envelope<{ items: StatusRow[] }>>(caller, `/v0/binaries/${sha256}/statuses`)).body.data.items;

test('calls a heartbeat lost after two minutes', async () => {
  const [alive] = await statusesOf(api, 'low', A);
  assert.equal(alive!.entity, { status: 'heartbeat', runtime: 1.5, input: { entity: { sha256: A } } });
  assert.is(alive!.completed, 2);
  const [lost] = await statusesOf(api, 'low', B);
  assert.equal(lost!.entity, {
    status: 'heartbeat-lost',
    error: 'more than 2 minutes after last heartbeat',
    runtime: 1.5,
    input: { entity: { sha256: B } },
  });
  assert.is(lost!.timestamp, shown(3 * MINUTE));
  assert.is(lost!.completed, 1);
});

test('tells how far a download is, with the requests if they are asked for', async () => {
  const path = (sha256: string, requests = false) =>
    `/v0/binaries/source/download/${sha256}${requests ? '?include_download_requests=true' : ''}`;
  const done = {
    timestamp: '2026-03-01T00:00:00.500000+00:00',
    author: { security: 'LOW', category: 'plugin', name: 'Fetch', version: '2' },
    entity: {
      status: 'completed',
      error: '',
      message: 'Download has successfully found the file and completed.',
      runtime: 0,
      input: { entity: { sha256: B } },
    },
    completed: 1,
    security: 'LOW',
  };
  const queued = (name: string, version: string, security: string, sha256: string) => ({
    timestamp: '',
    author: { security, category: 'plugin', name, version },
    entity: { status: 'queued', runtime: 0, input: { entity: { sha256 } } },
    completed: 0,
    security,
  });
  const low = await api.ask<Envelope<object[]>>('low', path(B.toUpperCase()));
  assert.equal(low.body.data, [done]);
  const high = await api.ask<Envelope<object[]>>('high', path(B));
  assert.equal(high.body.data, [done, queued('fetch-secret', '1', HIDDEN, B)]);
  const requested = await api.ask<Envelope<StatusRow[]>>('low', path(B, true));
  assert.equal(requested.body.data[0], done);
  const [, request] = requested.body.data;
  assert.equal(request!.author, { security: 'LOW', category: '', name: 'u', version: null });
  assert.is(request!.entity.status, 'download-requested');
  assert.is(requested.body.data.length, 2);
  const waiting = await api.ask<Envelope<object[]>>('low', path(A));
  assert.equal(waiting.body.data, [queued('Fetch', '2', 'LOW', A)]);
  const hidden = await api.ask<Envelope<StatusRow[]>>('low', path(C, true));
  assert.equal(hidden.body.data, [queued('Fetch', '2', 'LOW', C)], 'a request that is not for the caller');
  assert.is((await api.ask<Envelope<object[]>>('all', path(C, true))).body.data.length, 3);
});

test('knows no download of a binary without any status', async () => {
  missing(
    await api.ask('all', `/v0/binaries/source/download/${PARENT}`),
    "No download request could be found, either the request hasn't been made or the event is still loading into opensearch.",
  );
  assert.is((await api.ask('all', '/v0/binaries/source/download/xyz')).status, 422);
});

const consumer = (name: string, version: string, trigger = '') => ({
  name,
  version,
  filter_out: trigger !== '',
  filter_out_trigger: trigger,
});

function replyWith(consumers: unknown): void {
  dispatcher.replies({ status: 200, body: JSON.stringify({ consumers }) });
}

test('adds what a dispatcher expects of registered plugins, but not over what they told', async () => {
  replyWith([
    consumer('Alpha', '2'),
    consumer('beta', '1', 'Rules-size'),
    consumer('beta', '2'),
    consumer('nobody', '1'),
    consumer('Alpha', '1'),
  ]);
  const rows = await statusesOf(asking, 'low', A);
  assert.equal(
    rows.map(({ author: { name, version }, entity: { status } }) => [name, version, status]),
    [
      ['Alpha', '1', 'queued'],
      ['Alpha', '2', 'heartbeat'],
      ['beta', '1', 'prefiltered'],
    ],
  );
  assert.equal(rows[2], {
    timestamp: '2026-03-01T00:00:01.500000+00:00',
    author: { security: 'LOW', category: 'plugin', name: 'beta', version: '1' },
    entity: { status: 'prefiltered', message: 'Rules-size', runtime: 0, input: { entity: { sha256: A } } },
    completed: 0,
    security: 'LOW',
  });
  const more = await statusesOf(asking, 'medium', A);
  assert.ok(more.some(({ author: { name, version } }) => name === 'beta' && version === '2'));
});

test('asks the dispatcher about the document that tells most, as an event', async () => {
  replyWith([]);
  const before = dispatcher.requests.length;
  await statusesOf(asking, 'low', A);
  const request = dispatcher.requests[before]!;
  assert.equal([request.method, request.path, request.type], ['POST', '/api/v2/event/simulate', 'application/json']);
  const bob = { category: 'user', name: 'bob', version: '1', security: 'LOW' };
  assert.equal(request.body, {
    model_version: 6,
    kafka_key: '',
    timestamp: '2026-03-01T00:00:01.500000Z',
    author: bob,
    action: 'sourced',
    track_source_references: 's2.ee',
    source: {
      name: 's2',
      security: 'LOW',
      timestamp: '2026-03-01T00:00:00Z',
      references: { k: 'r' },
      path: [{ author: bob, action: 'sourced', sha256: A, timestamp: '2026-03-01T00:00:01.500000Z', size: 7 }],
    },
    entity: {
      sha256: A,
      size: 7,
      info: { n: 1 },
      datastreams: [{ label: 'content', sha256: A, size: 7, sha512: '', sha1: '', md5: '', mime: '', magic: '' }],
      features: [{ name: 'f', value: 'v', type: 'string', offset: 3, size: 5 }],
    },
    flags: {},
    track_authors: ['user.bob.1'],
  });
});

test('asks the dispatcher about no document that the caller may not see', async () => {
  replyWith([consumer('Alpha', '1')]);
  const before = dispatcher.requests.length;
  assert.is((await statusesOf(asking, 'medium', B)).length, 3, 'the statuses alone');
  assert.is(dispatcher.requests.length, before);
  const rows = await statusesOf(asking, 'high', B);
  assert.is(rows.length, 4);
  const {
    source,
    track_links: links,
    track_authors: authors,
  } = dispatcher.requests[before]!.body as {
    source: { path: { sha256: string; relationship?: object; encoded?: object }[] };
    track_links: string[];
    track_authors: string[];
  };
  assert.equal(
    source.path.map(({ sha256, relationship }) => [sha256, relationship]),
    [
      [PARENT, undefined],
      [B, { label: 'inner' }],
    ],
  );
  assert.is(source.path[0]!.encoded, undefined);
  assert.equal([links, authors], [['L1'], ['user.bob.1', 'plugin.unzip.2.0']]);
});

test('answers without the dispatcher when that fails, refuses, is silent or talks nonsense', async () => {
  const alone = await statusesOf(api, 'low', A);
  for (const [status, body] of [
    [500, '{"status":"error"}'],
    [404, ''],
    [200, 'no json'],
    [200, '[]'],
    [200, '{"consumers":[{"name":"Alpha"}]}'],
    [200, '{"consumers":"Alpha"}'],
    [200, '{"consumers":null}'],
  ] as const) {
    dispatcher.replies({ status, body });
    const before = dispatcher.requests.length;
    assert.equal(await statusesOf(asking, 'low', A), alone, `${status} ${body}`);
    assert.is(dispatcher.requests.length, before + 1, 'it was asked once');
  }
  dispatcher.replies({ status: 307, body: '', location: '/elsewhere' });
  const asked = dispatcher.requests.length;
  assert.equal(await statusesOf(asking, 'low', A), alone);
  assert.is(dispatcher.requests.length, asked + 1, 'a redirect is not followed');
  dispatcher.replies('silence');
  const started = Date.now();
  assert.equal(await statusesOf(asking, 'low', A), alone);
  const waited = Date.now() - started;
  assert.ok(waited >= 1_900 && waited < 10_000, `waited ${waited} ms`);
});

test('reads registrations once for all who ask, and again when they are old', async () => {
  const config = await loadConfig(arena.environment, { need: ['opensearch'] });
  const client = createOpenSearchClient(config.opensearch, { maxRetries: 0 });
  let requests = 0;
  client.on('request', () => requests++);
  try {
    const rule = createReadRule(policyOf(arena), ['s-any', 's-low'], [], []);
    const model = createPluginModel({ client, partition: arena.partition, ttlSeconds: 1 });
    const lists = await Promise.all(Array.from({ length: 10 }, () => model.registrations(rule)));
    assert.is(requests, 1);
    assert.ok(lists.every((list) => list.length === lists[0]!.length && list.length === 7));
    const all = createReadRule(policyOf(arena), ['s-any', 's-low', 's-medium', 's-high', 's-mod2', 's-rel-bee'], [], []);
    assert.is((await model.registrations(all)).length, 9, 'each caller sees its own of the same reading');
    assert.is(requests, 1);
    const configs = await model.configs(rule);
    assert.equal(configs.get('Alpha'), { size: 5, list: [1, 2], text: 't' });
    assert.equal(configs.get('Fetch'), { is_processing_download_events: true, n: 5, odd: null });
    assert.equal([...configs.keys()].sort(), ['Alpha', 'Fetch']);
    const again = async (): Promise<boolean> => {
      await model.registrations(rule);
      return requests === 2;
    };
    await waitFor(again, { timeoutMs: 10_000, what: 'a second reading' });
  } finally {
    await client.close();
  }
});

test('sees a new registration at once when nothing is kept, and later when something is', async () => {
  const keeping = await startTestApi(arena, { METAFOLD_API_MODEL_SECONDS: '3600' });
  try {
    const message = 'The requested plugin version does was not found.';
    missing(await keeping.ask('low', '/v0/plugins/late/versions/1'), message);
    const encoded_security = { exclusive: ['s-low'], inclusive: ['s-any'], markings: ['s-any'], num_exclusive: 1 };
    const named = { name: 'late', version: '1', category: 'plugin', security: 'LOW' };
    await opensearch('PUT', `/azul.o.${arena.partition}.plugin/_doc/late?refresh=true`, {
      model_version: 6,
      timestamp: '2026-03-05T00:00:00Z',
      author: named,
      entity: named,
      security: 'LOW',
      encoded_security,
    });
    assert.is((await api.ask('low', '/v0/plugins/late/versions/1')).status, 200);
    missing(await keeping.ask('low', '/v0/plugins/late/versions/1'), message);
  } finally {
    await keeping.close();
  }
});

test('has neither plugins nor statuses where nothing was folded', async () => {
  const empty = createArena();
  const fresh = await startTestApi(empty);
  try {
    missing(await fresh.ask('all', '/v0/plugins'), 'There are no plugins registered in Azul.');
    missing(await fresh.ask('all', '/v0/plugins/status'), 'There are no plugin statuses in Azul.');
    missing(await fresh.ask('all', `/v0/binaries/${A}/statuses`), `Binary ${A} not found in Azul.`);
    const { body } = await fresh.ask<Envelope<object>>('all', '/v0/sources/s1');
    assert.equal(body.data, { name: 's1', newest: null, num_entities: 0 });
    missing(await fresh.ask('all', '/v0/sources/s1/references'), 'No references can be found for the provided source.');
    missing(await fresh.ask('all', '/v0/sources/s1/submissions'), 'No source information could be found for the given request.');
  } finally {
    await fresh.close();
    await empty.close();
  }
});
