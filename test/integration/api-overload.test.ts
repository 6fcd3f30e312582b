/** OpenSearch that hangs or has too much to do, and callers that leave: clear answers within the time limit, never a hang (spec 04 §2.5). */
import PQueue from 'p-queue';
import * as assert from 'uvu/assert';
import { createReadRule } from '../../src/access/read-rule.js';
import { createReader, type Reader } from '../../src/api/reader.js';
import { createOpenSearchClient } from '../../src/opensearch/client.js';
import { loadConfig } from '../../src/config/index.js';
import { signalService } from '../../src/stack/index.js';
import { apiHistory, policyOf, type ApiHistory } from '../helpers/api-history.js';
import { CALLERS, startTestApi } from '../helpers/api.js';
import { opensearch } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { operationsOf } from '../helpers/operations.js';
import { plausibleRequest, valuesByName } from '../helpers/plausible.js';
import { serveApi, type ServedApi } from '../helpers/served-api.js';
import { testStack } from '../helpers/stack.js';

const TIME_LIMIT_S = 2;
/** Beyond the time limit: what the client needs to give up, and a busy machine. */
const GRACE_MS = 4_000;
const MAX_IN_FLIGHT = 4;
/** Requests that hang together, where each of many routes has to be tried. */
const AT_ONCE = 8;
const UNAVAILABLE = { ref: '', message: 'search backend unavailable' };

const test = integration('api overload');
let history: ApiHistory;
let api: ServedApi;

test.setup(async () => {
  history = await apiHistory();
  api = await serveApi(history.arena, {
    RESTAPI_SECURITY: 'none',
    METAFOLD_API_TIMEOUT_SECONDS: String(TIME_LIMIT_S),
    METAFOLD_API_MAX_IN_FLIGHT: String(MAX_IN_FLIGHT),
  });
  test.closing(() => api.stop());
});

/** Stops OpenSearch for a while; it goes on whatever happens meanwhile. */
async function withoutOpenSearch(action: () => Promise<void>): Promise<void> {
  const { dataDir } = testStack();
  signalService(dataDir, 'opensearch', 'SIGSTOP');
  try {
    await action();
  } finally {
    signalService(dataDir, 'opensearch', 'SIGCONT');
  }
}

interface Timed {
  readonly status: number;
  readonly retryAfter: number;
  readonly text: string;
  readonly milliseconds: number;
}

async function ask(path: string, init: RequestInit = {}): Promise<Timed> {
  const started = performance.now();
  const response = await fetch(`${api.url}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: Number(response.headers.get('retry-after')),
    text,
    milliseconds: performance.now() - started,
  };
}

const binary = (): string =>
  `/api/v0/binaries/${history.documents.find(({ source }) => source['sha256'] !== undefined)!.source['sha256'] as string}`;
const isThere = (): Promise<Timed> => ask(binary(), { method: 'HEAD' });

async function recovered(): Promise<void> {
  const ready = async (): Promise<boolean> => (await ask('/readyz')).status === 200 && (await isThere()).status === 200;
  await waitFor(ready, { timeoutMs: 30_000, what: 'OpenSearch to answer again' });
}

test('answers 503 within the time limit while OpenSearch hangs, and as before afterwards', async () => {
  assert.is((await isThere()).status, 200);
  await withoutOpenSearch(async () => {
    for (const [path, method] of [
      [binary(), 'HEAD'],
      ['/api/v0/statistics', 'GET'],
    ] as const) {
      const { status, retryAfter, text, milliseconds } = await ask(path, { method });
      assert.is(status, 503, path);
      assert.ok(retryAfter > 0, path);
      if (method === 'GET') assert.equal(JSON.parse(text), UNAVAILABLE);
      assert.ok(milliseconds < TIME_LIMIT_S * 1_000 + GRACE_MS, `${path}: ${milliseconds} ms`);
    }
    assert.is((await ask('/healthz')).status, 200);
    assert.is((await ask('/api/v0/users/me')).status, 200);
    const { status, text } = await ask('/readyz');
    assert.equal([status, text.split(':')[0]], [503, 'OpenSearch does not answer']);
  });
  await recovered();
});

test('hangs at no route while OpenSearch does', async () => {
  const table = valuesByName(history);
  const described = await startTestApi(history.arena, { METAFOLD_API_TIMEOUT_SECONDS: String(TIME_LIMIT_S) });
  test.closing(() => described.close());
  const operations = await operationsOf(described);
  const queue = new PQueue({ concurrency: AT_ONCE });
  await withoutOpenSearch(async () => {
    await queue.addAll(
      operations.map((operation) => async () => {
        const { path, body } = plausibleRequest(operation, table, 1);
        const started = performance.now();
        const answer = await described.ask('all', path, { method: operation.method, ...(body !== undefined && { body }) });
        const what = `${operation.method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`;
        // What is answered from memory or refused before needs no OpenSearch.
        assert.ok(answer.status < 500 || answer.status === 503, what);
        if (answer.status === 503) {
          assert.ok(Number(answer.headers['retry-after']) > 0, what);
          if (operation.method !== 'HEAD') assert.equal(answer.body, UNAVAILABLE, what);
        }
        // Three requests one after the other at most.
        assert.ok(performance.now() - started < 3 * TIME_LIMIT_S * 1_000 + GRACE_MS, `slow: ${what}`);
      }),
    );
  });
  await recovered();
});

test('sheds what is more than it takes at a time, and stays visible', async () => {
  await withoutOpenSearch(async () => {
    const waiting = Array.from({ length: MAX_IN_FLIGHT }, () => isThere());
    const underWay = /azulapi_requests_in_progress\{method="HEAD",app_name="azul"\} 4/;
    await waitFor(async () => underWay.test((await ask('/metrics')).text), {
      timeoutMs: 1_500,
      what: 'requests under way',
      intervalMs: 20,
    });
    const { status, retryAfter, text, milliseconds } = await ask('/api/v0/users/me');
    assert.equal([status, retryAfter], [503, 1]);
    assert.equal(JSON.parse(text), { ref: '', message: 'server overloaded' });
    assert.ok(milliseconds < 1_000, `${milliseconds} ms`);
    assert.is((await ask('/healthz')).status, 200);
    assert.match((await ask('/metrics')).text, 'metafold_api_shed_total{reason="requests in flight"} 1');
    for (const answer of await Promise.all(waiting)) assert.is(answer.status, 503);
    assert.is((await ask('/api/v0/users/me')).status, 200);
  });
  await recovered();
});

/** Busy for many seconds: millions of steps for the score of every document. */
const SCRIPT = 'double x = 0; for (int i = 0; i < 900000; i++) { x += Math.sin(i) } return Math.abs(x)';
const SLOW_BODY = {
  size: 1,
  query: {
    function_score: { query: { match_all: {} }, functions: Array.from({ length: 8 }, () => ({ script_score: { script: SCRIPT } })) },
  },
};

interface Tasks {
  readonly nodes: Readonly<Record<string, { readonly tasks: Readonly<Record<string, { readonly cancelled: boolean }>> }>>;
}

/** Searches under way in OpenSearch; those that are told to end are on their way out. */
async function busySearches(): Promise<number> {
  const { nodes } = await opensearch<Tasks>('GET', '/_tasks?actions=indices:data/read/search*&detailed=true');
  return Object.values(nodes).flatMap(({ tasks }) => Object.values(tasks).filter(({ cancelled }) => !cancelled)).length;
}

async function slowReader(signal: AbortSignal, timeoutSeconds: number): Promise<Reader> {
  const { arena } = history;
  const config = await loadConfig(arena.environment, { need: ['opensearch', 'security', 'api'] });
  const client = createOpenSearchClient(config.opensearch, { maxRetries: 0 });
  test.closing(() => client.close());
  const granted = ['s-any', ...CALLERS.all.map((role) => `s-${role.toLowerCase().replace(/[^a-z0-9_-]/g, '-')}`)];
  const rule = createReadRule(policyOf(arena), granted, [], []);
  return createReader({ client, partition: arena.partition, rule, timeoutSeconds, signal });
}

test("ends OpenSearch's search when the caller leaves", async () => {
  const caller = new AbortController();
  const reader = await slowReader(caller.signal, 60);
  const search = reader.search({ docname: 'binary2', body: SLOW_BODY }).then(() => 'answered', (error: unknown) => (error as Error).message); // prettier-ignore
  await waitFor(async () => (await busySearches()) > 0, { timeoutMs: 15_000, what: 'a search under way', intervalMs: 20 });
  caller.abort(new Error('the caller left'));
  assert.is(await search, 'the caller left');
  await waitFor(async () => (await busySearches()) === 0, { timeoutMs: 2_000, what: 'the search to be cancelled', intervalMs: 20 });
});

test('gives OpenSearch no more time than the caller gets', async () => {
  const reader = await slowReader(new AbortController().signal, 1);
  const started = performance.now();
  const outcome = await reader.search({ docname: 'binary2', body: SLOW_BODY }).then(() => 'answered', (error: unknown) => (error as Error).message); // prettier-ignore
  assert.is(outcome, UNAVAILABLE.message);
  assert.ok(performance.now() - started < 1_000 + GRACE_MS);
  await waitFor(async () => (await busySearches()) === 0, { timeoutMs: 2_000, what: 'the search to be cancelled' });
});
