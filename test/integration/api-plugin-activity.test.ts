/** What plugins did in the last seven days and how they are registered, kept in memory for a while, on recent documents (spec 04 §10). */
import * as assert from 'uvu/assert';
import { createPluginModel } from '../../src/api/plugin-model.js';
import { createReadRule } from '../../src/access/read-rule.js';
import { createOpenSearchClient } from '../../src/opensearch/client.js';
import { loadConfig } from '../../src/config/index.js';
import { policyOf } from '../helpers/api-history.js';
import { CALLER_NAMES, missing, startTestApi, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { A, ago, DAY, HIDDEN, openRecentArena, shown, START, TOLD, type Told } from '../helpers/recent-records.js';

const test = integration('api plugin activity');
let arena: Arena;
/** Reading registrations anew each time. */
let api: TestApi;

test.setup(async () => {
  arena = await openRecentArena(test);
  api = await startTestApi(arena);
  test.closing(() => api.close());
});

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

interface PluginRow {
  readonly versions: readonly string[];
  readonly newest_version: Readonly<Record<string, unknown>>;
  readonly last_completion?: string | null;
  readonly success_count?: number;
  readonly error_count?: number;
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
    await waitFor(again, { timeoutMs: 30_000, what: 'a second reading' });
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
