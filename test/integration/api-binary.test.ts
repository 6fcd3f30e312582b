/** What is answered about one binary, against what the stored documents say of it (spec 04 §6.7, 6.8, 6.11, 6.12). */
// test-timeout-s: 300
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import {
  annotations,
  binaryDocuments,
  bucketCounts,
  expectedSummary,
  expectedTags,
  list,
  text,
  type Json,
  type MaySee,
} from '../helpers/expected-summary.js';
import { integration } from '../helpers/integration.js';

const test = integration('api binary');
let history: ApiHistory;
let api: TestApi;
let documents: readonly StoredDocument[];
let binaries: readonly string[];

test.setup(async () => {
  history = await apiHistory();
  documents = history.documents;
  binaries = [...new Set(binaryDocuments(documents, () => true).map((d) => text(d['sha256'])))].sort();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

const seenBy =
  (caller: CallerName): MaySee =>
  (document) =>
    sees(caller, document);

function encoded({ source }: StoredDocument): { exclusive: string[]; inclusive: string[]; markings: string[] } {
  return source['encoded_security'] as ReturnType<typeof encoded>;
}

async function ask<T = Json>(caller: CallerName, path: string, on = api) {
  return on.ask<Envelope<T>>(caller, path);
}

/** Several at a time, because most of the time is OpenSearch's. */
async function forEach<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += 8) await Promise.all(items.slice(from, from + 8).map(action));
}

/** The binary that the caller sees most of. */
function richest(caller: CallerName): string {
  const counts = new Map<string, number>();
  for (const { sha256 } of binaryDocuments(documents, seenBy(caller))) counts.set(text(sha256), (counts.get(text(sha256)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]![0];
}

test('summary: every binary as each caller sees it', async () => {
  const found = { visible: 0, hidden: 0, tagged: 0, info: 0, children: 0 };
  for (const caller of CALLER_NAMES) {
    await forEach(binaries, async (sha256) => {
      const expected = expectedSummary(documents, { sha256, maySee: seenBy(caller) });
      const { status, body } = await ask(caller, `/v0/binaries/${sha256.toUpperCase()}`);
      if (expected === undefined) {
        found.hidden++;
        assert.is(status, 404);
        assert.equal(body, { ref: '', message: `Binary ${sha256} not found in Azul.` });
        return;
      }
      assert.is(status, 200);
      assert.equal(body.data, expected, `${caller} ${sha256}`);
      found.visible++;
      found.tagged += list(expected['tags']).length + list(expected['features']).filter((feature) => 'tags' in feature).length;
      found.info += list(expected['info']).length;
      found.children += list(expected['children']).length;
    });
  }
  for (const [what, count] of Object.entries(found)) assert.ok(count > 10, `${what}: ${count}`);
});

test('summary: each detail alone is that part of the whole', async () => {
  const keys: Readonly<Record<string, readonly string[]>> = {
    total_hits: [],
    documents: [],
    security: ['security'],
    sources: ['sources'],
    features: ['features'],
    info: ['info'],
    datastreams: ['streams'],
    instances: ['instances'],
    parents: ['parents'],
    children: ['children'],
    tags: ['tags'],
    feature_tags: ['features'],
  };
  const maySee = seenBy('medium');
  for (const sha256 of [richest('medium'), ...binaries.slice(0, 5)]) {
    for (const [detail, own] of Object.entries(keys)) {
      const expected = expectedSummary(documents, { sha256, maySee, details: [detail] });
      const { status, body } = await ask('medium', `/v0/binaries/${sha256}?detail=${detail}`);
      assert.is(status, expected === undefined ? 404 : 200);
      if (expected === undefined) continue;
      assert.equal(body.data, expected, `${detail} ${sha256}`);
      assert.equal(
        Object.keys(body.data).filter((key) => key !== 'documents' && key !== 'diagnostics'),
        own,
      );
    }
    const expected = expectedSummary(documents, { sha256, maySee, details: ['info', 'parents', 'documents'] });
    const { body } = await ask('medium', `/v0/binaries/${sha256}?detail=info&detail=parents&detail=documents&detail=info`);
    if (expected !== undefined) assert.equal(body.data, expected);
  }
});

test('summary: of one author; children and tags are those of the binary', async () => {
  let seen = 0;
  for (const caller of ['low', 'medium', 'all'] as const) {
    const maySee = seenBy(caller);
    for (const sha256 of [richest(caller), ...binaries.slice(0, 8)]) {
      await forEach(['uploader', 'plugin04', 'plugin07', 'nobody'], async (author) => {
        const expected = expectedSummary(documents, { sha256, maySee, author });
        const { status, body } = await ask(caller, `/v0/binaries/${sha256}?author=${author}`);
        assert.is(status, expected === undefined ? 404 : 200);
        if (expected === undefined) return;
        assert.equal(body.data, expected, `${caller} ${sha256} ${author}`);
        seen++;
      });
      const { body } = await ask(caller, `/v0/binaries/${sha256}?author=`);
      const whole = expectedSummary(documents, { sha256, maySee });
      if (whole !== undefined) assert.equal(body.data, whole);
    }
  }
  assert.ok(seen > 10, String(seen));
});

test('summary: without excluded labels, with included ones', async () => {
  const choices: readonly (readonly [string, MaySee])[] = [
    ['x=medium', (d) => !encoded(d).exclusive.includes('s-medium')],
    ['x=LOW&x=REL:BEE', (d) => !encoded(d).exclusive.includes('s-low') && !encoded(d).inclusive.includes('s-rel-bee')],
    ['x=TLP:GREEN', (d) => !encoded(d).markings.includes('s-tlp-green')],
    ['i=REL:APPLE', (d) => encoded(d).inclusive.includes('s-rel-apple')],
    ['i=REL:APPLE&x=MOD1', (d) => encoded(d).inclusive.includes('s-rel-apple') && !encoded(d).exclusive.includes('s-mod1')],
  ];
  for (const [parameters, chosen] of choices) {
    const statuses = new Set<number>();
    for (const caller of ['medium', 'high', 'all'] as const) {
      const maySee: MaySee = (document) => sees(caller, document) && chosen(document);
      await forEach(binaries.slice(0, 24), async (sha256) => {
        const expected = expectedSummary(documents, { sha256, maySee });
        const { status, body } = await ask(caller, `/v0/binaries/${sha256}?${parameters}`);
        assert.is(status, expected === undefined ? 404 : 200, `${parameters} ${caller} ${sha256}`);
        if (expected !== undefined) assert.equal(body.data, expected, `${parameters} ${caller} ${sha256}`);
        statuses.add(status);
      });
    }
    assert.is(statuses.size, 2, parameters);
  }
  const { status, body } = await api.ask(`all`, `/v0/binaries/${binaries[0]!}?x=BOGUS`);
  assert.is(status, 422);
  assert.match((body as { message: string }).message, 'security_exclude');
});

test('summary: tells which lists may be cut off', async () => {
  let cut = 0;
  for (const caller of ['low', 'medium', 'all'] as const) {
    const maySee = seenBy(caller);
    for (const size of [1, 2, 3]) {
      await forEach([richest(caller), ...binaries.slice(0, 23)], async (sha256) => {
        const { status, body } = await ask(caller, `/v0/binaries/${sha256}?bucket_size=${size}`);
        if (status === 404) return;
        const shown = new Set(list(body.data['sources']).map(({ source }) => `sources_${text(source)}_references`));
        const full = [...bucketCounts(documents, sha256, maySee)]
          .filter(([what, count]) => count >= size && (!what.endsWith('_references') || shown.has(what)))
          .map(([what]) => what);
        const named = list(body.data['diagnostics']).map(({ id }) => text(id));
        const children = full.includes('children') ? ['many_buckets_children'] : [];
        const others = full.filter((what) => what !== 'children').map((what) => `many_buckets_${what}`);
        const streams = list(body.data['streams']);
        if (!streams.some(({ label }) => (label as string[]).includes('content'))) others.push('no_content');
        assert.equal(named, [...others.sort(), ...children], `${caller} ${sha256} ${size}`);
        for (const key of ['security', 'sources', 'info', 'instances', 'parents', 'children']) {
          assert.ok(list(body.data[key]).length <= size, `${key} ${size}`);
        }
        const exact = full.length === 0 ? expectedSummary(documents, { sha256, maySee }) : undefined;
        if (exact !== undefined) assert.equal(body.data, exact);
        cut += full.length;
      });
    }
  }
  assert.ok(cut > 50, String(cut));
  const sha256 = richest('all');
  const { body } = await ask('all', `/v0/binaries/${sha256}?bucket_size=1&detail=instances`);
  assert.equal(body.data['diagnostics'], [
    {
      severity: 'warning',
      id: 'many_buckets_instances',
      title: 'Results may be missing for instances',
      body: 'There were more fields identified by the database (over 1). Consider increasing query size in user settings.',
    },
  ]);
});

test('summary: takes two requests to OpenSearch', async () => {
  const { body } = await ask('all', `/v0/binaries/${richest('all')}?include_queries=true`);
  const queries = body.meta.queries as readonly { readonly query_type: string; readonly query: readonly object[] }[];
  assert.equal(
    queries.map(({ query_type, query }) => [query_type, query.length]),
    [
      ['msearch', 4],
      ['msearch', 1],
    ],
  );
});

test('refuses what is no sha256, detail, size or time', async () => {
  const [sha256] = binaries as [string];
  const wrong = [
    'xyz',
    `${sha256}0`,
    `${sha256}?detail=nothing`,
    `${sha256}?bucket_size=0`,
    `${sha256}?bucket_size=1001`,
    `${sha256}/new`,
    `${sha256}/new?timestamp=yesterday`,
    `${sha256}/new?timestamp=`,
    `${sha256}/events?size=0`,
    `${sha256}/events?size=10001`,
    `${sha256}/events?event_type=deleted`,
    'xyz/tags',
  ];
  for (const path of wrong) {
    const answer = await api.ask('all', `/v0/binaries/${path}`);
    assert.is(answer.status, 422, `${path} ${answer.text}`);
  }
});

test('new: counts what is newer', async () => {
  for (const caller of CALLER_NAMES) {
    for (const sha256 of [richest(caller), ...binaries.slice(0, 6)]) {
      const times = binaryDocuments(documents, seenBy(caller))
        .filter((d) => d['sha256'] === sha256)
        .map((d) => Date.parse(text(d['timestamp'])))
        .sort((a, b) => a - b);
      await forEach([0, ...times], async (since) => {
        const newer = times.filter((time) => time > since);
        const newest = newer.length === 0 ? null : new Date(newer.at(-1)!).toISOString();
        const { status, body } = await ask(caller, `/v0/binaries/${sha256}/new?timestamp=${new Date(since).toISOString()}`);
        assert.is(status, 200);
        assert.equal(body.data, { count: newer.length, newest }, `${caller} ${sha256} ${since}`);
      });
    }
  }
  const { body } = await ask('all', `/v0/binaries/${'0'.repeat(64)}/new?timestamp=2020-01-01T00:00:00.000Z`);
  assert.equal(body.data, { count: 0, newest: null });
});

interface RawHits {
  readonly items: readonly { readonly _index: string; readonly _id: string; readonly _routing: string; readonly _source: Json }[];
  readonly total_docs: number;
}

test('events: documents as they are stored, without what metafold keeps beside them', async () => {
  let hidden = 0;
  for (const caller of CALLER_NAMES) {
    await forEach(binaries.slice(0, 24), async (sha256) => {
      const own = documents.filter(({ docname, source }) => docname === 'binary2' && source['sha256'] === sha256);
      for (const action of [undefined, 'enriched', 'sourced']) {
        const visible = own.filter((d) => sees(caller, d) && (action === undefined || d.source['action'] === action));
        const suffix = action === undefined ? '' : `?event_type=${action}`;
        const { status, body } = await ask<RawHits>(caller, `/v0/binaries/${sha256}/events${suffix}`);
        assert.is(status, visible.length === 0 ? 404 : 200, `${caller} ${sha256} ${suffix}`);
        if (visible.length === 0) {
          hidden++;
          continue;
        }
        const { items, total_docs } = body.data;
        assert.is(total_docs, visible.length);
        const byId = new Map(items.map((item) => [item._id, item]));
        assert.is(byId.size, visible.length);
        for (const { index, id, source } of visible) {
          const { _index, _routing, _source } = byId.get(id)!;
          assert.equal({ _index, _routing, _source }, { _index: index, _routing: sha256, _source: source });
        }
      }
    });
  }
  assert.ok(hidden > 10);
  const { body } = await ask<RawHits>('all', `/v0/binaries/${richest('all')}/events?size=2`);
  assert.is(body.data.items.length, 2);
  assert.ok(body.data.total_docs > 2);
});

test('tags: of a binary, and how many others have each', async () => {
  let tagged = 0;
  for (const caller of CALLER_NAMES) {
    await forEach(binaries.slice(0, 64), async (sha256) => {
      const items = expectedTags(documents, sha256, seenBy(caller));
      const { status, body } = await ask(caller, `/v0/binaries/${sha256}/tags`);
      assert.is(status, 200);
      assert.equal(body.data, { items }, `${caller} ${sha256}`);
      tagged += items.length;
    });
  }
  assert.ok(tagged > 20);
  const maySee: MaySee = (d) => sees('all', d) && !encoded(d).exclusive.includes('s-medium');
  for (const sha256 of binaries.slice(0, 30)) {
    const { body } = await ask('all', `/v0/binaries/${sha256}/tags?x=MEDIUM`);
    assert.equal(body.data, { items: expectedTags(documents, sha256, maySee) });
  }
});

test('tags: all of them', async () => {
  for (const caller of CALLER_NAMES) {
    const binariesOf = new Map<string, Set<unknown>>();
    for (const tag of annotations(documents, 'entity_tag', seenBy(caller))) {
      const name = text(tag['tag']);
      binariesOf.set(name, (binariesOf.get(name) ?? new Set()).add(tag['pivot']));
    }
    const { body } = await ask<{ tags: { tag: string; num_entities: number }[]; num_tags: number }>(caller, '/v0/binaries/tags');
    assert.is(body.data.num_tags, binariesOf.size);
    assert.equal(
      [...body.data.tags].sort((a, b) => (a.tag < b.tag ? -1 : 1)),
      [...binariesOf].sort().map(([tag, { size }]) => ({ tag, num_entities: size, num_entities_approx: true })),
    );
  }
});

test('summary: warns of many events and of plugins that will not process the content', async () => {
  const asked: unknown[] = [];
  const configs = new Map([
    ['Small', { filter_max_content_size: 1 }],
    ['Unlimited', { filter_max_content_size: 0 }],
  ]);
  const settings = { METASTORE_WARN_ON_EVENT_COUNT: '2' };
  const warning = await startTestApi(history.arena, settings, {
    plugins: {
      registrations: () => Promise.resolve([]),
      configs(rule) {
        asked.push(rule);
        return Promise.resolve(configs);
      },
    },
  });
  try {
    const ids = new Set<string>();
    for (const sha256 of binaries.slice(0, 40)) {
      const { status, body } = await ask('medium', `/v0/binaries/${sha256}?detail=datastreams`, warning);
      if (status === 404) continue;
      const { count } = body.data['documents'] as { count: number };
      const named = list(body.data['diagnostics']).map(({ id }) => text(id));
      const content = list(body.data['streams']).some(({ label, size }) => (label as string[]).includes('content') && (size as number) > 1);
      assert.equal(named, [...(content ? ['large'] : []), ...(count >= 2 ? ['many_events'] : []), ...(content ? [] : ['no_content'])]);
      for (const id of named) ids.add(id);
    }
    assert.equal([...ids].sort(), ['large', 'many_events', 'no_content']);
    assert.ok(asked.length > 0);
  } finally {
    await warning.close();
  }
});
