/** Statuses of binaries: heartbeats, downloads and consumers that a dispatcher simulates, on recent documents (spec 04 §6.9, §8.5). */
import * as assert from 'uvu/assert';
import { missing, startTestApi, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { startTestDispatcher, type TestDispatcher } from '../helpers/dispatcher.js';
import { integration } from '../helpers/integration.js';
import { A, B, C, HIDDEN, MINUTE, openRecentArena, PARENT, shown } from '../helpers/recent-records.js';

const test = integration('api statuses');
let dispatcher: TestDispatcher;
/** Without a dispatcher. */
let api: TestApi;
/** With one. */
let asking: TestApi;

test.setup(async () => {
  const arena = await openRecentArena(test);
  dispatcher = await startTestDispatcher();
  test.closing(() => dispatcher.stop());
  api = await startTestApi(arena);
  test.closing(() => api.close());
  asking = await startTestApi(arena, { METASTORE_DISPATCHER_EVENTS_URL: `${dispatcher.url}/` });
  test.closing(() => asking.close());
});

interface StatusRow {
  readonly timestamp: string;
  readonly author: Readonly<Record<string, unknown>>;
  readonly entity: Readonly<Record<string, unknown>> & { readonly status: string };
  readonly completed?: number;
  readonly security: string;
}

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
