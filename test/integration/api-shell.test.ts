/** The shell around the routes on a real stack: who is asked, what is refused, which headers come with it (spec 04 §2). */
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api shell');
let history: ApiHistory;
let api: TestApi;

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

test('tells whether a binary is there by what the caller may read of it', async () => {
  const children = history.documents.filter(({ docname, source }) => docname === 'binary2' && source['sha256'] !== undefined);
  const hashes = [...new Set(children.map(({ source }) => source['sha256'] as string))];
  const seen = new Set<number>();
  for (const caller of CALLER_NAMES) {
    for (const sha256 of hashes.slice(0, 40)) {
      const visible = children.some((document) => document.source['sha256'] === sha256 && sees(caller, document));
      const { status, text } = await api.ask(caller, `/v0/binaries/${sha256.toUpperCase()}`, { method: 'HEAD' });
      assert.is(status, visible ? 200 : 404, `${caller} ${sha256}`);
      assert.is(text, '');
      seen.add(status);
    }
  }
  assert.is(seen.size, 2, 'some are seen and some are not');
  assert.ok(api.searches() >= 160);
});

test('counts binaries alike for every caller', async () => {
  const parents = history.documents.filter(({ source }) => source['binary_info'] !== undefined && source['sha256'] === undefined);
  for (const caller of CALLER_NAMES) {
    const { status, body, headers } = await api.ask<Envelope<{ binary_count: number }>>(caller, '/v0/statistics');
    assert.is(status, 200);
    assert.equal(body.data, { binary_count: parents.length });
    assert.is(body.meta.sec_filter, null);
    assert.is(headers['x-azul-security'], body.meta.security);
    assert.is(headers['x-username'], caller);
    assert.is(headers['cache-control'], 'private, no-store');
  }
});
