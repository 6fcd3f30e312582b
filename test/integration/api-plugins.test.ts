/** Plugins and statuses, against the folded history, whose statuses are older than the seven days that are counted (spec 04 §6.9, §10). */
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Answer, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api plugins');
let history: ApiHistory;
let api: TestApi;

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

interface Plugin {
  readonly timestamp: string;
  readonly author: { readonly name: string; readonly version: string };
  readonly entity: Readonly<Record<string, unknown>> & { readonly name: string };
}

interface Status {
  readonly timestamp: string;
  readonly author: { readonly name: string; readonly version: string; readonly category?: string };
  readonly security: string;
  readonly entity: { readonly status: string; readonly input: { readonly entity: { readonly sha256: string } } };
}

interface Row {
  readonly versions: readonly string[];
  readonly newest_version: { readonly name: string };
}

type StatusRow = Omit<Status, 'entity'> & { readonly completed: number; readonly entity: Status['entity'] };

const SUCCESS = ['completed', 'completed-empty', 'completed-with-errors'];

interface Sources {
  readonly plugin: Plugin;
  readonly status: Status;
  readonly binary2: { readonly sha256: string; readonly author?: Plugin['author'] };
}

function visible<D extends keyof Sources>(
  caller: CallerName,
  docname: D,
  also: (document: StoredDocument) => boolean = () => true,
): readonly Sources[D][] {
  return history.documents
    .filter((document) => document.docname === docname && sees(caller, document) && also(document))
    .map(({ source }) => source as unknown as Sources[D]);
}

/** Newest first: time, as ISO text of one form, then version. */
function listed(plugins: readonly Plugin[]): Row[] {
  const names = [...new Set(plugins.map(({ author }) => author.name))].sort();
  return names.map((name) => {
    const versions = plugins.filter(({ author }) => author.name === name).sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
    const { entity } = versions[0]!;
    return {
      versions: versions.map(({ author }) => author.version),
      newest_version: {
        ...entity,
        last_completion: null,
        stats: null,
        features: (entity['features'] as object[]).map((feature) => ({ ...feature, tags: null })),
      },
    };
  });
}

function missing(answer: Answer, message: string): void {
  assert.is(answer.status, 404);
  assert.equal(answer.body, { ref: '', message });
}

test('lists plugins with their versions, every field there', async () => {
  const sizes = new Set<number>();
  for (const caller of CALLER_NAMES) {
    const expected = listed(visible(caller, 'plugin'));
    const { body } = await api.ask<Envelope<Row[]>>(caller, '/v0/plugins');
    assert.equal(body.data, expected, caller);
    sizes.add(expected.length);
  }
  assert.is(sizes.size, 2, 'one caller sees fewer plugins');
});

test('lists plugins within x and i', async () => {
  const { body } = await api.ask<Envelope<Row[]>>('medium', '/v0/plugins?x=MEDIUM');
  const low = listed(visible('medium', 'plugin', ({ source }) => source['security'] === 'LOW'));
  assert.equal(body.data, low);
  assert.ok(low.length > 0 && low.length < listed(visible('medium', 'plugin')).length);
  missing(await api.ask('medium', '/v0/plugins?i=REL:APPLE'), 'There are no plugins registered in Azul.');
  missing(await api.ask('medium', '/v0/plugins/status?i=REL:APPLE'), 'There are no plugin statuses in Azul.');
  missing(await api.ask('medium', '/v0/plugins/download'), 'There are no plugins that perform downloads registered in Azul.');
  assert.is((await api.ask('medium', '/v0/plugins?x=BOGUS')).status, 422);
});

test('tells of each plugin when its newest version last succeeded', async () => {
  const times = new Set<string | null>();
  for (const caller of CALLER_NAMES) {
    const statuses = visible(caller, 'status');
    const expected = listed(visible(caller, 'plugin')).map((row) => {
      const successes = statuses.filter(
        ({ author, entity }) =>
          author.name === row.newest_version.name && author.version === row.versions[0] && SUCCESS.includes(entity.status),
      );
      const newest = Math.max(...successes.map(({ timestamp }) => Date.parse(timestamp)));
      const last = successes.length === 0 ? null : new Date(newest).toISOString();
      times.add(last);
      return { ...row, last_completion: last, success_count: 0, error_count: 0 };
    });
    const { body } = await api.ask<Envelope<Row[]>>(caller, '/v0/plugins/status');
    assert.equal(body.data, expected, caller);
  }
  assert.ok(times.size > 12, 'callers see different successes');
});

test('shows one version as it was registered, with the number of binaries that a caller sees of it', async () => {
  const numbers = new Set<number>();
  for (const caller of CALLER_NAMES) {
    for (const { author, entity } of visible('all', 'plugin')) {
      const path = `/v0/plugins/${author.name}/versions/${author.version}`;
      const answer = await api.ask<Envelope<unknown>>(caller, path);
      const seen = visible(caller, 'plugin').some((one) => one.author.name === author.name && one.author.version === author.version);
      if (!seen) {
        missing(answer, 'The requested plugin version does was not found.');
        continue;
      }
      const documents = visible(caller, 'binary2').filter(
        (one) => one.author?.name === author.name && one.author.version === author.version,
      );
      const entities = new Set(documents.map(({ sha256 }) => sha256)).size;
      numbers.add(entities);
      assert.equal(answer.body.data, { num_entities: entities, plugin: entity, status: [] }, `${caller} ${path}`);
    }
  }
  assert.ok(numbers.size > 5);
  missing(await api.ask('all', '/v0/plugins/plugin00/versions/9'), 'The requested plugin version does was not found.');
  missing(await api.ask('all', '/v0/plugins/a%2Fb/versions/1.0%20'), 'The requested plugin version does was not found.');
});

test('sends no search for a version that is not registered', async () => {
  const before = api.searches();
  await api.ask('all', '/v0/plugins/plugin00/versions/9');
  await api.ask('low', '/v0/plugins/plugin02/versions/1.0');
  assert.is(api.searches(), before);
});

function binaries(): readonly string[] {
  const counts = new Map<string, number>();
  for (const { entity } of visible('all', 'status')) {
    const { sha256 } = entity.input.entity;
    counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([sha256]) => sha256);
}

/** Newest status by author; where several are equally new, any of them. */
function statusesOf(caller: CallerName, sha256: string): readonly (readonly StatusRow[])[] {
  const statuses = visible(caller, 'status').filter(({ entity }) => entity.input.entity.sha256 === sha256);
  const keys = [...new Set(statuses.map(({ author }) => `${author.name}-${author.version}`))].sort();
  return keys.map((key) => {
    const own = statuses.filter(({ author }) => `${author.name}-${author.version}` === key);
    const newest = Math.max(...own.map(({ timestamp }) => Date.parse(timestamp)));
    const completed = own.filter(({ entity }) => SUCCESS.includes(entity.status)).length;
    return own
      .filter(({ timestamp }) => Date.parse(timestamp) === newest)
      .map(({ timestamp, author, entity, security }) => ({ timestamp, author, entity, completed, security }));
  });
}

test('shows the newest status of every plugin on a binary', async () => {
  const lengths = new Set<number>();
  for (const caller of CALLER_NAMES) {
    for (const sha256 of binaries().slice(0, 12)) {
      const expected = statusesOf(caller, sha256);
      const answer = await api.ask<Envelope<{ items: StatusRow[] }>>(caller, `/v0/binaries/${sha256.toUpperCase()}/statuses`);
      lengths.add(expected.length);
      if (expected.length === 0) {
        missing(answer, `Binary ${sha256} not found in Azul.`);
        continue;
      }
      const { items } = answer.body.data;
      assert.is(items.length, expected.length, `${caller} ${sha256}`);
      items.forEach((item, n) => {
        const candidates = expected[n]!;
        const own = candidates.find(({ entity }) => entity.status === item.entity.status) ?? candidates[0]!;
        assert.equal(item, own, `${caller} ${sha256} ${n}`);
      });
    }
  }
  assert.ok(lengths.size > 3, 'callers see different statuses');
});

test('shows statuses within x', async () => {
  const sha256 = binaries().find((one) => new Set(statusesOf('medium', one).map(([row]) => row!.security)).size > 1)!;
  const { body } = await api.ask<Envelope<{ items: StatusRow[] }>>('medium', `/v0/binaries/${sha256}/statuses?x=MEDIUM`);
  assert.ok(body.data.items.length > 0);
  assert.ok(body.data.items.every(({ security }) => !security.includes('MEDIUM')));
  assert.ok(body.data.items.length < statusesOf('medium', sha256).length);
});

test('has no statuses of an unknown binary and refuses what is no hash', async () => {
  const unknown = 'ab'.repeat(32);
  missing(await api.ask('all', `/v0/binaries/${unknown.toUpperCase()}/statuses`), `Binary ${unknown} not found in Azul.`);
  assert.is((await api.ask('all', `/v0/binaries/${unknown}0/statuses`)).status, 422);
  const { body } = await api.ask<Envelope<unknown>>('all', `/v0/binaries/${binaries()[0]!}/statuses?include_queries=yes`);
  assert.is(body.meta.queries!.length, 1, 'one request to OpenSearch');
});
