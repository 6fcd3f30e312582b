/**
 * Every route that answers from documents, those of the OpenAPI document, asked with plausible parameters by callers with different
 * labels: nothing of what one may not see is in any answer (spec 03 §10.2).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Answer, type CallerName } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { givenAway, markersFor } from '../helpers/markers.js';
import { operationsOf } from '../helpers/operations.js';
import { plausibleRequest, valuesByName } from '../helpers/plausible.js';

/** Requests of each route. */
const REQUESTS = 12;
/** Answers 404: no plugin of the history downloads. */
const SILENT: readonly string[] = ['GET /v0/plugins/download'];

/** Similar features are computed after the answer, for a few binaries at a time: more are put off. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  let answer = await ask();
  for (let tries = 0; answer.status === 503 && answer.text.includes('server overloaded') && tries < 60; tries++) {
    await sleep(250);
    answer = await ask();
  }
  return answer;
}

const test = integration('api filtered');
let history: ApiHistory;
const markers = new Map<CallerName, readonly string[]>();

test.setup(async () => {
  history = await apiHistory();
  for (const caller of CALLER_NAMES) markers.set(caller, markersFor(caller, history));
});

test('knows what would give a hidden document away', () => {
  for (const caller of ['low', 'medium', 'high'] as const) {
    const own = markers.get(caller)!;
    assert.ok(own.length > 100, `${caller}: ${own.length}`);
    const visible = history.documents.filter((document) => sees(caller, document));
    assert.equal(givenAway(own, JSON.stringify(visible), ''), []);
    const hidden = history.documents.find((document) => !sees(caller, document) && document.docname === 'status')!;
    assert.ok(givenAway(own, JSON.stringify({ data: [hidden] }), '').length > 0);
  }
});

test('tells nobody anything of a document that it may not see', async () => {
  const table = valuesByName(history);
  // Not before: it would take the computations above for pressure.
  const api = await startTestApi(history.arena);
  test.closing(() => api.close());
  const operations = (await operationsOf(api)).filter(({ documents }) => documents);
  const answered = new Map<string, number>();
  for (const operation of operations) {
    const route = `${operation.method} ${operation.path}`;
    for (let n = 0; n < REQUESTS; n++) {
      const { path, body } = plausibleRequest(operation, table, n);
      const asked = `${decodeURIComponent(path)} ${JSON.stringify(body)}`;
      for (const caller of CALLER_NAMES) {
        const answer = await patiently(() => api.ask(caller, path, { method: operation.method, ...(body !== undefined && { body }) }));
        assert.ok(answer.status < 500, `${caller} ${operation.method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
        const told = `${JSON.stringify(answer.headers)}\n${answer.text}`;
        assert.equal(givenAway(markers.get(caller)!, told, asked), [], `${caller} ${operation.method} ${path} ${JSON.stringify(body)}`);
        if (answer.status === 200) answered.set(route, (answered.get(route) ?? 0) + 1);
      }
    }
  }
  const silent = operations
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !answered.has(route) && !SILENT.includes(route));
  assert.equal(silent, [], 'each route has told something');
});
