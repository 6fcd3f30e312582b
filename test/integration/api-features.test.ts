/** Known features, values of features and tags, each compared with what the documents that the caller may see say (spec 04 §9). */
import * as assert from 'uvu/assert';
import { createArena, opensearch } from '../helpers/arena.js';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Ask, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api features');
let history: ApiHistory;
let api: TestApi;
let metadata: StoredDocument[];

interface Feature {
  readonly name: string;
  readonly value: string;
  readonly type: string;
}

interface Tag {
  readonly feature_name: string;
  readonly feature_value: string;
  readonly tag: string;
  readonly owner: string;
}

interface Value {
  readonly name: string;
  readonly value: string;
  readonly newest_processed: string;
  readonly score?: number;
  readonly tags?: readonly Tag[];
}

interface Values {
  readonly name: string;
  readonly type?: string;
  readonly values: readonly Value[];
  readonly is_search_complete: boolean;
  readonly after?: string;
  readonly total?: number;
  readonly is_total_approx?: boolean;
}

const featuresOf = ({ source }: StoredDocument) => (source['features'] ?? []) as readonly Feature[];
const authorOf = ({ source }: StoredDocument) =>
  source['author'] as { readonly category: string; readonly name: string; readonly version: string };
const labelsOf = ({ source }: StoredDocument) => Object.values(source['encoded_security'] as Record<string, unknown>).flat();

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
  metadata = history.documents.filter(({ docname, source }) => docname === 'binary2' && source['sha256'] !== undefined);
});

async function data<T>(caller: CallerName, path: string, ask: Ask = {}): Promise<T> {
  const { status, body, text } = await api.ask<Envelope<T>>(caller, `/v0/features${path}`, ask);
  assert.is(status, 200, `${caller} ${path} ${text}`);
  return body.data;
}

/** Values with the time of the newest visible document that has them. */
function expectedValues(documents: readonly StoredDocument[], name: string): Map<string, string> {
  const newest = new Map<string, string>();
  for (const document of documents) {
    const time = new Date(document.source['timestamp'] as string).toISOString();
    for (const feature of featuresOf(document)) {
      const known = newest.get(feature.value);
      if (feature.name === name && (known === undefined || known < time)) newest.set(feature.value, time);
    }
  }
  return newest;
}

const visible = (caller: CallerName) => metadata.filter((document) => sees(caller, document));
const ordered = (texts: Iterable<string>) => [...texts].sort();

function expectedTags(caller: CallerName): Tag[] {
  return history.documents
    .filter((document) => document.docname === 'annotation' && document.source['type'] === 'fv_tag' && sees(caller, document))
    .filter(({ source }) => source['state'] !== 'disabled')
    .map(
      ({ source: { feature_name, feature_value, tag, type, owner, timestamp, security } }) =>
        ({ feature_name, feature_value, tag, type, owner, timestamp, security }) as unknown as Tag,
    );
}

test('lists the registered features with who describes them', async () => {
  const numbers = new Set<number>();
  for (const caller of CALLER_NAMES) {
    for (const author of ['', 'plugin10', 'plugin05']) {
      for (const version of ['', '1.1']) {
        const plugins = history.documents
          .filter((document) => document.docname === 'plugin' && sees(caller, document))
          .filter(
            (document) =>
              (author === '' || authorOf(document).name === author) && (version === '' || authorOf(document).version === version),
          );
        const expected = new Map<string, { descriptions: Record<string, unknown>[]; security: Set<unknown> }>();
        for (const document of plugins) {
          const { features } = document.source['entity'] as { features: { name: string; desc: string; type: string }[] };
          const { category, name, version: ofVersion } = authorOf(document);
          for (const feature of features) {
            const row = expected.get(feature.name) ?? { descriptions: [], security: new Set() };
            row.descriptions.push({
              author_type: category,
              author_name: name,
              author_version: ofVersion,
              desc: feature.desc,
              type: feature.type,
            });
            row.security.add(document.source['security']);
            expected.set(feature.name, row);
          }
        }
        const key = (one: Record<string, unknown>) => `${one['author_name'] as string} ${one['author_version'] as string}`;
        const items = ordered(expected.keys()).map((name) => ({
          name,
          descriptions: expected.get(name)!.descriptions.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
          tags: [],
          security: ordered(expected.get(name)!.security as Set<string>),
        }));
        assert.equal(await data(caller, `?author=${author}&author_version=${version}`), { items }, `${caller} ${author} ${version}`);
        numbers.add(plugins.length);
      }
    }
  }
  assert.ok(numbers.has(14) && numbers.has(7), [...numbers].join());
});

test('reads all values of a feature page by page, in either order', async () => {
  for (const caller of CALLER_NAMES) {
    const expected = expectedValues(visible(caller), 'pe_import');
    for (const ascending of [true, false]) {
      const rows = ordered(expected.keys());
      const found: Value[] = [];
      let after: string | undefined = '';
      for (let page = 0; after !== undefined; page++) {
        const { values, ...rest }: Values = await data(caller, `/feature/pe_import?num_values=300&sort_asc=${ascending}`, {
          method: 'POST',
          body: { after },
        });
        found.push(...values);
        const last = found.length === expected.size && values.length < 300;
        assert.equal(rest, {
          name: 'pe_import',
          ...(values.length > 0 && { type: 'string' }),
          is_search_complete: last,
          ...(!last && { after: `{"VALUE": ${JSON.stringify(values.at(-1)!.value)}}` }),
          ...(page === 0 && { total: expected.size }),
        });
        after = rest.after;
      }
      assert.equal(
        found.map(({ value }) => value),
        ascending ? rows : rows.reverse(),
        caller,
      );
      for (const { name, value, newest_processed, score } of found) {
        assert.equal([name, newest_processed, score], ['pe_import', expected.get(value), undefined], `${caller} ${value}`);
      }
    }
  }
});

test('shows the tags of values', async () => {
  let tagged = 0;
  for (const caller of CALLER_NAMES) {
    const byPivot = new Map<string, Tag[]>();
    for (const tag of expectedTags(caller)) {
      const pivot = `${tag.feature_name}.${tag.feature_value}`;
      byPivot.set(pivot, [...(byPivot.get(pivot) ?? []), tag]);
    }
    const { values } = await data<Values>(caller, '/feature/pe_import?num_values=10000', { method: 'POST' });
    for (const { value, tags } of values) assert.equal(tags, byPivot.get(`pe_import.${value}`), `${caller} ${value}`);
    if (caller === 'low') tagged = values.filter(({ tags }) => tags !== undefined).length;
  }
  assert.ok(tagged > 0);
});

test('finds the values that contain a text, literally', async () => {
  for (const caller of CALLER_NAMES) {
    const urls = expectedValues(visible(caller), 'c2_url');
    for (const [term, insensitive] of [
      ['example.com', false],
      ['EXAMPLE.com', true],
      ['EXAMPLE.com', false],
      ['q=20#', false],
      ['.*', false],
      ['(a|b)', false],
      ['a[', true],
    ] as const) {
      const matches = (value: string) => (insensitive ? value.toLowerCase().includes(term.toLowerCase()) : value.includes(term));
      const expected = ordered(urls.keys()).filter(matches);
      const query = `term=${encodeURIComponent(term)}&case_insensitive=${insensitive}&num_values=5000`;
      const { values, is_search_complete, total, after } = await data<Values>(caller, `/feature/c2_url?${query}`, { method: 'POST' });
      assert.equal(
        values.map(({ value, score, newest_processed }) => [value, score, newest_processed]),
        expected.map((value) => [value, 1, urls.get(value)]),
        `${caller} ${term}`,
      );
      assert.equal([is_search_complete, total, after], [true, expected.length === 0 ? undefined : expected.length, undefined]);
    }
    const all = ordered(urls.keys()).filter((value) => value.includes('example'));
    const page = await data<Values>(caller, '/feature/c2_url?term=example&num_values=3', { method: 'POST' });
    assert.equal([page.values.map(({ value }) => value), page.is_search_complete, page.is_total_approx], [all.slice(0, 3), false, true]);
    assert.ok(page.total! > 3 && page.total! <= urls.size, `${page.total} of ${urls.size}`);
    const next = await data<Values>(caller, '/feature/c2_url?term=example&num_values=3', { method: 'POST', body: { after: page.after } });
    assert.equal([next.values.map(({ value }) => value), next.total, next.is_total_approx], [all.slice(3, 6), undefined, undefined]);
  }
});

test('takes only values that an author found, and what x and i leave', async () => {
  for (const [query, passes] of [
    ['author=plugin05', (document: StoredDocument) => authorOf(document).name === 'plugin05'],
    [
      'author=plugin10&author_version=1.1',
      (document: StoredDocument) => authorOf(document).name === 'plugin10' && authorOf(document).version === '1.1',
    ],
    ['x=MEDIUM', (document: StoredDocument) => !labelsOf(document).includes('s-medium')],
    ['i=REL:BEE', (document: StoredDocument) => labelsOf(document).includes('s-rel-bee')],
  ] as const) {
    const expected = expectedValues(visible('all').filter(passes), 'pe_import');
    const { values } = await data<Values>('all', `/feature/pe_import?num_values=10000&${query}`, { method: 'POST' });
    assert.equal(
      values.map(({ value }) => value),
      ordered(expected.keys()),
      query,
    );
  }
});

test('knows nothing of a feature that nobody found, and refuses cursors and numbers that are none', async () => {
  assert.equal(await data('all', '/feature/no%2Fsuch', { method: 'POST' }), { name: 'no/such', values: [], is_search_complete: true });
  for (const after of ['{', '5', 'null', '{"VALUE": 5}', '{"SHA256": "a"}', '{"VALUE": "a", "B": "b"}']) {
    const { status, body } = await api.ask<{ message: string }>('all', '/v0/features/feature/pe_import', {
      method: 'POST',
      body: { after },
    });
    assert.equal([status, body.message], [422, `Invalid after provided '${after}', after must be valid JSON!`]);
  }
  for (const query of ['num_values=0', 'num_values=x', 'num_values=100000']) {
    assert.is((await api.ask('all', `/v0/features/feature/pe_import?${query}`, { method: 'POST' })).status, 422, query);
  }
  const long = await api.ask('all', `/v0/features/feature/pe_import?term=${'a'.repeat(2_000)}`, { method: 'POST' });
  assert.is(long.status, 400);
});

test('stops to look for a text after twenty pages, and goes on from there', async () => {
  const arena = createArena();
  const values = Array.from({ length: 22_000 }, (_, n) => `v${String(n).padStart(5, '0')}`);
  values[21_500] = 'v21500needle';
  const index = `azul.x.${arena.partition}.binary2.a`;
  const keyword = { type: 'keyword' };
  await opensearch('PUT', `/${index}`, {
    aliases: { [`azul.${arena.partition}.binary2`]: {} },
    mappings: {
      properties: {
        encoded_security: { properties: { exclusive: keyword, inclusive: keyword, num_exclusive: { type: 'integer' } } },
        features_map: { properties: { f: keyword } },
        timestamp: { type: 'date' },
      },
    },
  });
  await opensearch('PUT', `/${index}/_doc/1?refresh=true`, {
    encoded_security: { exclusive: ['s-low'], inclusive: ['s-any'], markings: ['s-any'], num_exclusive: 1 },
    features: [{ name: 'f', type: 'string' }],
    features_map: { f: values },
    timestamp: '2024-01-01T00:00:00Z',
  });
  const large = await startTestApi(arena);
  try {
    const ask = async (after?: string) => {
      const path = '/v0/features/feature/f?term=needle&num_values=10&include_queries=true';
      const { body, text } = await large.ask<Envelope<Values>>('low', path, { method: 'POST', body: { after } });
      assert.ok(body.data, text);
      return { ...body.data, searches: body.meta.queries!.length };
    };
    const first = await ask();
    assert.equal(first, { name: 'f', type: 'string', values: [], is_search_complete: false, after: '{"VALUE": "v19999"}', searches: 20 });
    const { searches, ...second } = await ask(first.after);
    const found = [{ name: 'f', value: 'v21500needle', newest_processed: '2024-01-01T00:00:00.000Z', score: 1 }];
    assert.equal(second, { name: 'f', type: 'string', values: found, is_search_complete: true });
    assert.ok(searches <= 4);
  } finally {
    await large.close();
    await arena.close();
  }
});

test('lists tags on feature values, and the values of a tag', async () => {
  const sizes = new Set<number>();
  for (const caller of CALLER_NAMES) {
    const all = expectedTags(caller);
    const expected = ordered(new Set(all.map(({ tag }) => tag))).map((tag) => ({
      tag,
      num_feature_values: all.filter((one) => one.tag === tag).length,
    }));
    const { tags, num_tags } = await data<{ tags: { tag: string }[]; num_tags: number }>(caller, '/all/tags');
    assert.equal(
      tags.toSorted((a, b) => (a.tag < b.tag ? -1 : 1)),
      expected,
      caller,
    );
    assert.is(num_tags, expected.length);
    for (const { tag } of expected) {
      const { items } = await data<{ items: Tag[] }>(caller, `/tags/${tag}`);
      const key = (one: Tag) => `${one.feature_name}.${one.feature_value}`;
      const wanted = all.filter((one) => one.tag === tag);
      assert.equal(
        items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
        wanted.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
        `${caller} ${tag}`,
      );
      sizes.add(items.length);
    }
    assert.equal(await data(caller, '/tags/no-such'), { items: [] });
  }
  assert.ok(sizes.size >= 3, 'callers see different numbers');
});
