/**
 * Hostile inputs at every parameter and body of every route of the OpenAPI document: an answer in the API's own words within seconds,
 * no failure of the server, nothing of its inside (spec 04 §2.5).
 */
import * as assert from 'uvu/assert';
import { apiHistory } from '../helpers/api-history.js';
import { startTestApi, type Answer, type Ask, type TestApi } from '../helpers/api.js';
import { HOSTILE_BODIES, HOSTILE_CONTENT_TYPES, HOSTILE_ENCODINGS, HOSTILE_TEXTS, WRONG_TYPES } from '../helpers/hostile.js';
import { integration } from '../helpers/integration.js';
import { addressOf, operationsOf, type Operation, type Schema, type Values } from '../helpers/operations.js';

const SLOWEST_MS = 10_000;
/** Requests with hostile texts at most; with more routes each parameter gets fewer of the texts, others each. */
const MAX_TEXTS = 3_000;
const INSIDE = /node_modules|\.[jt]s:\d+|\n\s+at |FST_|org\.opensearch|org\.elasticsearch|java\.lang\.|azul\.[ox]\.|127\.0\.0\.1:\d/;
const SHA256 = 'ab'.repeat(32);

const test = integration('api hostile');
let api: TestApi;
let operations: readonly Operation[] = [];
let sent = 0;

test.setup(async () => {
  const { arena } = await apiHistory();
  api = await startTestApi(arena, { METAFOLD_API_TIMEOUT_SECONDS: '8' });
  test.closing(() => api.close());
  operations = await operationsOf(api);
});

/** Values under which a route looks at the one that is replaced. */
function usualValues({ parameters }: Operation): Record<string, Values[string]> {
  const needed = parameters.filter(({ in: place, required }) => place === 'path' || required);
  return Object.fromEntries(
    needed.map(({ name, schema }) => [name, name.startsWith('sha256') ? SHA256 : schema.type === 'integer' ? 1 : 'usual']),
  );
}

function usualBody(schema: Schema): unknown {
  if (schema.anyOf !== undefined) return usualBody(schema.anyOf[0]!);
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, usualBody(inner)]));
    case 'array':
      return [usualBody(schema.items ?? {})];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default:
      return 'usual';
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}… (${text.length})` : text);
}

async function attack(operation: Operation, path: string, ask: Ask, with_: string): Promise<Answer> {
  const started = performance.now();
  const answer = await api.ask('low', path, { ...ask, method: operation.method });
  sent++;
  const what = `${operation.method} ${operation.path} with ${with_}: ${answer.status} ${answer.text.slice(0, 500)}`;
  assert.ok(answer.status < 500, what);
  assert.ok(performance.now() - started < SLOWEST_MS, `slow: ${what}`);
  assert.match(String(answer.headers['x-request-id']), /^[\w.-]{1,64}$/, what);
  assert.not('set-cookie' in answer.headers, what);
  if (answer.status === 304 || answer.status === 307 || operation.method === 'HEAD') assert.is(answer.text, '', what);
  else assertJson(answer, what);
  if (answer.status >= 400) assert.not.match(withoutInput(answer), INSIDE, what);
  return answer;
}

function assertJson({ headers, body, text, status }: Answer, what: string): void {
  assert.match(String(headers['content-type']), /^application\/(?:json|x-ndjson)/, what);
  if (status < 400) return;
  assert.type(body, 'object', what);
  const keys = Object.keys(body as object)
    .sort()
    .join();
  assert.ok(keys === 'detail' || keys === 'message,ref', what);
  assert.ok(text.length < 2_000_000, `long: ${what}`);
}

/** The answer's own words: what the caller sent may be told back. */
function withoutInput({ text, body }: Answer): string {
  if (typeof body !== 'object' || body === null || !('detail' in body) || !Array.isArray(body.detail)) return text;
  return JSON.stringify(body.detail.map((problem: Readonly<Record<string, unknown>>) => ({ ...problem, input: null })));
}

test('as a value of any parameter', async () => {
  const targets = operations.flatMap((operation) => operation.parameters.map((parameter) => ({ operation, parameter })));
  const stride = Math.max(1, Math.ceil((targets.length * HOSTILE_TEXTS.length) / MAX_TEXTS));
  for (const [position, { operation, parameter }] of targets.entries()) {
    for (const [n, text] of HOSTILE_TEXTS.entries()) {
      if ((n + position) % stride !== 0) continue;
      const path = addressOf(operation, { ...usualValues(operation), [parameter.name]: text });
      await attack(operation, path, {}, `${parameter.name} = ${shown(text)}`);
    }
  }
  assert.ok(sent >= 200, `${sent} requests`);
});

test('as percent-encodings that are none', async () => {
  for (const operation of operations) {
    const [parameter] = operation.parameters;
    if (parameter === undefined) continue;
    for (const encoding of HOSTILE_ENCODINGS) {
      const path = addressOf(operation, { ...usualValues(operation), [parameter.name]: 'PLACE' }).replace('PLACE', encoding);
      await attack(operation, path, {}, `${parameter.name} = ${encoding}`);
    }
  }
});

test('as parameters that no route has, many times, or with names of what all objects have', async () => {
  for (const operation of operations) {
    const plain = addressOf(operation, usualValues(operation));
    const join = plain.includes('?') ? '&' : '?';
    for (const query of [
      '__proto__[polluted]=1&constructor.prototype.polluted=1&__proto__=1',
      'x[]=a&x[a]=b&i[0]=c',
      '&&&=&=a&a&%5b%5d',
      'a=1&'.repeat(5_000),
      'x=REL:APPLE&'.repeat(1_000),
      'include_queries=maybe',
      'include_queries=1&include_queries=0',
    ]) {
      await attack(operation, `${plain}${join}${query}`, {}, shown(query));
    }
  }
  assert.is(({} as Readonly<Record<string, unknown>>)['polluted'], undefined);
});

test('as a body', async () => {
  for (const operation of operations) {
    if (operation.method === 'HEAD') continue;
    const path = addressOf(operation, usualValues(operation));
    for (const body of HOSTILE_BODIES) {
      await attack(
        operation,
        path,
        { body, headers: { 'content-type': 'application/json' } },
        `the body ${shown(body.toString('latin1'))}`,
      );
    }
    for (const type of HOSTILE_CONTENT_TYPES) await attack(operation, path, { body: '{}', headers: { 'content-type': type } }, type);
  }
  assert.is(({} as Readonly<Record<string, unknown>>)['polluted'], undefined);
});

/** The body with another value at each of its places in turn. */
function* variants(value: unknown): Generator {
  yield* WRONG_TYPES;
  yield* HOSTILE_TEXTS;
  if (Array.isArray(value)) for (const inner of variants(value[0])) yield [inner];
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) for (const inner of variants(member)) yield { ...value, [name]: inner };
  }
}

test('as any member of a body', async () => {
  for (const operation of operations) {
    if (operation.body === undefined) continue;
    const path = addressOf(operation, usualValues(operation));
    let n = 0;
    const all = [...variants(usualBody(operation.body))];
    const stride = Math.ceil(all.length / 300);
    for (const body of all) {
      if (n++ % stride === 0) await attack(operation, path, { body: JSON.stringify(body) }, `the body ${shown(JSON.stringify(body))}`);
    }
  }
});

test('as headers', async () => {
  for (const operation of operations) {
    const path = addressOf(operation, usualValues(operation));
    for (const headers of [
      { 'x-request-id': '../../a b' },
      { 'x-request-id': 'a'.repeat(65) },
      { 'x-forwarded-for': "127.0.0.1, ' OR 1" },
      { accept: '*/*;q=nan, <script>' },
      { accept: 'x'.repeat(8_000) },
      { 'accept-encoding': 'gzip;q=0, br;q=x, *;q=1' },
      { 'if-none-match': '"'.repeat(4_000) },
      { origin: 'null', 'access-control-request-method': 'a b' },
      { 'accept-version': '9.9.9' },
      { cookie: 'a=b; '.repeat(1_000) },
      { host: 'evil.example/../' },
      { 'content-type': 'application/json; charset="' },
    ] as Readonly<Record<string, string>>[]) {
      await attack(operation, path, { headers }, JSON.stringify(headers).slice(0, 100));
    }
  }
});

test('and is there for the next caller', async () => {
  const { status, body } = await api.ask<{ username: string }>('low', '/v0/users/me');
  assert.is(status, 200);
  assert.is(body.username, 'low');
  assert.is((await api.askAnonymously('/readyz')).status, 200);
});
