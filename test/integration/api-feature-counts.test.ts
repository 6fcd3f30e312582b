/** Counts by features: what is answered is counted here anew from the documents that the caller may see (spec 04 §9.2). */
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api feature counts');
let history: ApiHistory;
let api: TestApi;
let metadata: StoredDocument[];

interface Feature {
  readonly name: string;
  readonly value: string;
  readonly enriched?: Readonly<Record<string, unknown>>;
}

const featuresOf = ({ source }: StoredDocument) => (source['features'] ?? []) as readonly Feature[];
const authorOf = ({ source }: StoredDocument) => source['author'] as { readonly name: string; readonly version?: string };
const labelsOf = ({ source }: StoredDocument) =>
  Object.values(source['encoded_security'] as Record<string, unknown>).flat() as readonly unknown[];

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
  metadata = history.documents.filter(({ docname, source }) => docname === 'binary2' && source['sha256'] !== undefined);
});

/** Visible documents, of those that pass. */
function visible(caller: CallerName, passes: (document: StoredDocument) => boolean = () => true): StoredDocument[] {
  return metadata.filter((document) => sees(caller, document) && passes(document));
}

function binaries(documents: readonly StoredDocument[], has: (feature: Feature) => boolean): number {
  return new Set(documents.filter((document) => featuresOf(document).some(has)).map(({ source }) => source['sha256'])).size;
}

function values(documents: readonly StoredDocument[], name: string): number {
  return new Set(documents.flatMap((document) => featuresOf(document).flatMap((one) => (one.name === name ? [one.value] : [])))).size;
}

const names = () => [...new Set(metadata.flatMap((document) => featuresOf(document).map(({ name }) => name)))];

async function ask<T>(caller: CallerName, path: string, items: unknown): Promise<T> {
  const { status, body, text } = await api.ask<Envelope<T>>(caller, `/v0/features/${path}`, { method: 'POST', body: { items } });
  assert.is(status, 200, text);
  return body.data;
}

test('counts the different values of features', async () => {
  const totals = new Set<number>();
  for (const caller of CALLER_NAMES) {
    const documents = visible(caller);
    const expected = Object.fromEntries([...names(), 'no such'].map((name) => [name, { name, values: values(documents, name) }]));
    assert.equal(await ask(caller, 'values/counts', [...names(), 'no such', names()[0]]), expected, caller);
    totals.add(expected['pe_import']!.values);
  }
  assert.is(totals.size, CALLER_NAMES.length, 'every caller sees another number');
});

test('counts the binaries that have features', async () => {
  for (const caller of CALLER_NAMES) {
    const documents = visible(caller);
    const expected = Object.fromEntries(
      [...names(), '__proto__', ''].map((name) => [name, { name, entities: binaries(documents, (one) => one.name === name) }]),
    );
    const counted = await ask<Record<string, unknown>>(caller, 'entities/counts', Object.keys(expected));
    assert.equal(Object.entries(counted).sort(), Object.entries(expected).sort(), caller);
    assert.equal(counted['__proto__'], Object.getOwnPropertyDescriptor(expected, '__proto__')!.value);
  }
});

test('counts the binaries that have values, also in several chunks', async () => {
  const items = [
    ...new Map(metadata.flatMap(featuresOf).map(({ name, value }) => [JSON.stringify([name, value]), { name, value }])).values(),
  ].slice(0, 1_250);
  assert.ok(items.length > 1_200, `${items.length} values make three chunks`);
  for (const caller of CALLER_NAMES) {
    const documents = visible(caller);
    const byValue = new Map<string, Set<unknown>>();
    for (const document of documents) {
      for (const { name, value } of featuresOf(document)) {
        const key = JSON.stringify([name, value]);
        byValue.set(key, (byValue.get(key) ?? new Set()).add(document.source['sha256']));
      }
    }
    const counted = await ask<Record<string, Record<string, { entities: number }>>>(caller, 'values/entities/counts', items);
    let hidden = 0;
    for (const { name, value } of items) {
      const entities = byValue.get(JSON.stringify([name, value]))?.size ?? 0;
      assert.equal(counted[name]![value], { name, value, entities }, `${caller} ${name} ${value}`);
      if (entities === 0) hidden++;
    }
    assert.ok(caller === 'all' || hidden > 0, `${caller} sees all values`);
    assert.is(
      Object.values(counted).reduce((sum, of) => sum + Object.keys(of).length, 0),
      items.length,
    );
  }
});

test('counts the binaries that have parts of values', async () => {
  const parts: { part: string; value: string; has: (feature: Feature) => boolean }[] = [];
  for (const part of ['hostname', 'scheme', 'filepath', 'port', 'datetime', 'integer', 'float']) {
    const of = ({ enriched }: Feature) => (enriched?.[part] === undefined ? undefined : `${enriched[part] as string | number}`);
    const found = [...new Set(metadata.flatMap((document) => featuresOf(document).map(of)))].filter((value) => value !== undefined);
    assert.ok(found.length > 0, part);
    for (const value of found.slice(0, 5)) parts.push({ part, value, has: (feature) => of(feature) === value });
  }
  const folder = (path: unknown, value: string) => typeof path === 'string' && (path === value || path.startsWith(`${value}/`));
  const path = metadata.flatMap(featuresOf).find(({ enriched }) => /^\/\w+\/\w+$/.test(String(enriched?.['filepath'])))!.enriched![
    'filepath'
  ] as string;
  const root = path.slice(0, path.lastIndexOf('/'));
  parts.push({ part: 'filepath_unix', value: root, has: ({ enriched }) => folder(enriched?.['filepath'], root) });
  for (const caller of CALLER_NAMES) {
    const documents = visible(caller);
    const counted = await ask<Record<string, Record<string, unknown>>>(
      caller,
      'values/parts/entities/counts',
      parts.map(({ part, value }) => ({ part, value })),
    );
    for (const { part, value, has } of parts) {
      assert.equal(counted[value]![part], { value, part, entities: binaries(documents, has) }, `${caller} ${part} ${value}`);
    }
  }
});

test('takes numbers for texts, as they were written', async () => {
  const { value } = metadata.flatMap(featuresOf).find(({ name, value }) => name === 'pe_section_size' && /^[0-9]+$/.test(value))!;
  const body = `{"items":[{"name":"pe_section_size","value":${value}},{"name":"f","value":5.0},{"name":"f","value":12345678901234567890}]}`;
  const { body: answer } = await api.ask<Envelope<Record<string, Record<string, { entities: number }>>>>(
    'all',
    '/v0/features/values/entities/counts',
    { method: 'POST', body },
  );
  assert.ok(answer.data['pe_section_size']![value]!.entities > 0);
  assert.equal(Object.keys(answer.data['f']!).sort(), ['12345678901234567890', '5.0']);
  const refused = await api.ask('all', '/v0/features/values/entities/counts', {
    method: 'POST',
    body: { items: [{ name: 'f', value: true }] },
  });
  assert.is(refused.status, 422);
});

test('counts only what an author found', async () => {
  const { name, version } = authorOf(metadata.find((document) => featuresOf(document).some((one) => one.name === 'pe_import'))!);
  const all = names();
  for (const caller of CALLER_NAMES) {
    const ofAuthor = visible(caller, (document) => authorOf(document).name === name);
    const ofVersion = ofAuthor.filter((document) => authorOf(document).version === version);
    for (const [query, documents] of [
      [`author=${name}`, ofAuthor],
      [`author=${name}&author_version=${version}`, ofVersion],
    ] as const) {
      const { body } = await api.ask<Envelope<unknown>>(caller, `/v0/features/entities/counts?${query}`, {
        method: 'POST',
        body: { items: all },
      });
      const expected = all.map((one) => [one, { name: one, entities: binaries(documents, (feature) => feature.name === one) }]);
      assert.equal(body.data, Object.fromEntries(expected), `${caller} ${query}`);
    }
  }
});

test('leaves out what x excludes and what lacks an i', async () => {
  const without = visible('all', (document) => !labelsOf(document).includes('s-medium'));
  const only = visible('all', (document) => labelsOf(document).includes('s-rel-bee'));
  assert.ok(without.length > 0 && only.length > 0);
  for (const [query, documents] of [
    ['x=medium', without],
    ['i=REL:BEE', only],
  ] as const) {
    const { body } = await api.ask<Envelope<unknown>>('all', `/v0/features/values/counts?${query}`, {
      method: 'POST',
      body: { items: ['pe_import'] },
    });
    assert.equal(body.data, { pe_import: { name: 'pe_import', values: values(documents, 'pe_import') } }, query);
  }
});

test('answers nothing for nothing, and refuses what is too much or of another kind', async () => {
  for (const path of ['values/counts', 'entities/counts', 'values/entities/counts', 'values/parts/entities/counts']) {
    assert.equal(await ask('low', path, []), {}, path);
    const absent = await api.ask<Envelope<unknown>>('low', `/v0/features/${path}`, { method: 'POST' });
    assert.equal([absent.status, absent.body.data], [200, {}], path);
    const skipped = await api.ask<Envelope<unknown>>('low', `/v0/features/${path}?skip_count=true&include_queries=true`, {
      method: 'POST',
      body: {
        items: path.includes('entities/') && path.includes('values') ? [{ name: 'a', value: 'b', part: 'c' }].map(item(path)) : ['a'],
      },
    });
    assert.equal([skipped.status, skipped.body.data, skipped.body.meta.queries], [200, {}, []], path);
  }
  const many = Array.from({ length: 10_001 }, (_, n) => `f${n}`);
  const { status, body } = await api.ask<{ message: string }>('low', '/v0/features/values/counts', {
    method: 'POST',
    body: { items: many },
  });
  assert.is(status, 422);
  assert.match(body.message, '10001/10000');
  const extra = await api.ask<{ detail: { type: string }[] }>('low', '/v0/features/values/entities/counts', {
    method: 'POST',
    body: { items: [{ name: 'a', value: 'b', more: 1 }] },
  });
  assert.equal([extra.status, extra.body.detail[0]!.type], [422, 'extra_forbidden']);
  const notNumber = await api.ask('all', '/v0/features/values/parts/entities/counts', {
    method: 'POST',
    body: { items: [{ part: 'port', value: 'no number' }] },
  });
  assert.is(notNumber.status, 400);
});

/** One item of the kind that the path counts. */
function item(path: string) {
  return ({ name, value, part }: { name: string; value: string; part: string }) =>
    path.includes('parts') ? { value, part } : { name, value };
}
