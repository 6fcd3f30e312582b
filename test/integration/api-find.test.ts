/** Finding binaries over the fixture history: every expectation is worked out from the documents (spec 04 §6.1, 05 §2, §6). */
import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, startTestApi, type Ask, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import {
  carries,
  expectedSummaries,
  hasSource,
  valuesAt,
  visibleAnnotations,
  visibleChildren,
  type Fields,
} from '../helpers/find-model.js';
import { integration } from '../helpers/integration.js';

const test = integration('api find');
let history: ApiHistory;
let api: TestApi;
const children = new Map<CallerName, Map<string, Fields[]>>();

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
  for (const caller of CALLER_NAMES) children.set(caller, visibleChildren(history, caller));
});

interface Row {
  readonly key: string;
  readonly exists: boolean;
  readonly has_content: boolean;
  readonly sha256?: string;
  readonly highlight?: Readonly<Record<string, readonly string[]>>;
  readonly tags?: readonly Fields[];
  readonly is_duplicate_find?: boolean;
}

interface Found {
  readonly items_count?: number;
  readonly items: readonly Row[];
}

interface Asked extends Ask {
  readonly hashes?: readonly string[];
}

function path(parameters: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));
  return `/v0/binaries?${new URLSearchParams(pairs).toString()}`;
}

function ask(caller: CallerName, parameters: Readonly<Record<string, string | readonly string[]>>, { hashes, ...rest }: Asked = {}) {
  return api.ask<Envelope<Found> & { readonly message: string }>(caller, path(parameters), {
    method: 'POST',
    ...(hashes && { body: { hashes } }),
    ...rest,
  });
}

/** Sorted hashes of the binaries that a caller finds by what holds for their visible documents. */
function expected(caller: CallerName, matches: (documents: readonly Fields[]) => boolean): string[] {
  return [...children.get(caller)!]
    .filter(([, documents]) => documents.some(hasSource) && matches(documents))
    .map(([sha256]) => sha256)
    .sort();
}

type OfOne = (child: Fields) => boolean;
type OfAll = (documents: readonly Fields[]) => boolean;

const some =
  (matches: OfOne): OfAll =>
  (documents) =>
    documents.some(matches);
const is =
  (field: string, value: unknown): OfOne =>
  (child) =>
    valuesAt(child, field).includes(value);
const isText =
  (field: string, value: string): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => String(one).toLowerCase() === value.toLowerCase());
const begins =
  (field: string, value: string): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => String(one).startsWith(value));
const beginsText =
  (field: string, value: string): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => String(one).toLowerCase().startsWith(value.toLowerCase()));
const has =
  (field: string): OfOne =>
  (child) =>
    valuesAt(child, field).length > 0;
const number =
  (field: string, holds: (value: number) => boolean): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => holds(Number(one)));
const time =
  (field: string, holds: (value: number) => boolean): OfOne =>
  (child) =>
    valuesAt(child, field).some((one) => holds(Date.parse(one as string)));
const every =
  (...all: OfAll[]): OfAll =>
  (documents) =>
    all.every((one) => one(documents));
const both =
  (...all: OfOne[]): OfOne =>
  (child) =>
    all.every((one) => one(child));
const either =
  (...all: OfOne[]): OfOne =>
  (child) =>
    all.some((one) => one(child));
const not =
  (matches: OfOne): OfOne =>
  (child) =>
    !matches(child);
const raw = (text: string): OfOne => either(begins('file_format', text), begins('magic', text));

const NOON = Date.parse('2026-03-01T00:30:00Z');

/** Terms and what they ask of a binary's documents. */
const TERMS: [string, OfAll][] = [
  ['', () => true],
  ['   ', () => true],
  ['magic:"document/pdf data"', some(is('magic', 'document/pdf data'))],
  ['magic:"Document/pdf data"', () => false],
  ["magic:'Document/PDF data'", some(isText('magic', 'Document/PDF data'))],
  ['file_format:Document*', some(beginsText('file_format', 'document'))],
  ['file_format:"Document*"', some(begins('file_format', 'Document'))],
  ['file_format:*', some(has('file_format'))],
  ['size:>5000000', some(number('size', (value) => value > 5_000_000))],
  ['size:[1MB TO 5mb)', some(number('size', (value) => value >= 1e6 && value < 5e6))],
  ['size:=8188808', some(is('size', 8188808))],
  ['size:', some(has('size'))],
  ['depth:0', some(is('depth', 0))],
  ['depth:(0 TO 3]', some(number('depth', (value) => value > 0 && value <= 3))],
  [`source.timestamp:>=${NOON}`, some(time('source.timestamp', (value) => value >= NOON))],
  [`timestamp:<${NOON}`, some(time('timestamp', (value) => value < NOON))],
  ['source.name:"virustotal"', some(is('source.name', 'virustotal'))],
  ['features_map.c2_url:https*', some(beginsText('features_map.c2_url', 'https'))],
  ['features.enriched.hostname:10.1.13.53', some(is('features.enriched.hostname', '10.1.13.53'))],
  ['features.enriched.ip:"10.1.13.53"', some(is('features.enriched.ip', '10.1.13.53'))],
  ['features.enriched.integer:>900000', some(number('features.enriched.integer', (value) => value > 900_000))],
  ['source.encoded_references.key_value:interface.web', some(is('source.encoded_references.key_value', 'interface.web'))],
  ['parent.file_format:*', some(has('parent.file_format'))],
  ['action:extracted', some(is('action', 'extracted'))],
  ['author.name:plugin01 author.name:plugin04', every(some(is('author.name', 'plugin01')), some(is('author.name', 'plugin04')))],
  ['author.name:plugin01 DOCAND author.name:plugin04', () => false],
  ['author.name:plugin01 AND features.name:pe_import', every(some(is('author.name', 'plugin01')), some(is('features.name', 'pe_import')))],
  ['author.name:plugin01 DOCAND features.name:pe_import', some(both(is('author.name', 'plugin01'), is('features.name', 'pe_import')))],
  ['author.name:plugin01 OR author.name:plugin04', some(either(is('author.name', 'plugin01'), is('author.name', 'plugin04')))],
  [
    '(author.name:plugin01 OR author.name:plugin04) AND depth:1',
    every(some(either(is('author.name', 'plugin01'), is('author.name', 'plugin04'))), some(is('depth', 1))),
  ],
  [
    'depth:1 OR (author.name:plugin01 AND features.name:pe_import)',
    some(either(is('depth', 1), both(is('author.name', 'plugin01'), is('features.name', 'pe_import')))),
  ],
  ['NOT depth:0', some(both(has('depth'), not(is('depth', 0))))],
  ['!file_format:image*', some(both(has('file_format'), not(beginsText('file_format', 'image'))))],
  ['NOT (depth:0 OR action:enriched)', some(not(either(is('depth', 0), is('action', 'enriched'))))],
  ['depth:0 AND NOT author.name:uploader', every(some(is('depth', 0)), some(not(is('author.name', 'uploader'))))],
  ['!depth:', () => false],
  ['exec', some(raw('exec'))],
  ['document "application/pdf"', every(some(raw('document')), some(either(raw('application/pdf'), begins('mime', 'application/pdf'))))],
  ['size:9007199254740993', () => false],
  ['size:<18446744073709551614', some(has('size'))],
];

for (const [term, matches] of TERMS) {
  test(`finds by ${JSON.stringify(term)} what a caller may read`, async () => {
    for (const caller of CALLER_NAMES) {
      const wanted = expected(caller, matches);
      const { status, body, text } = await ask(caller, { term, max_entities: '1000', count_entities: 'true' });
      assert.is(status, 200, text);
      assert.equal(
        body.data.items.map(({ key }) => key),
        wanted,
        `${caller}: ${term}`,
      );
      assert.is(body.data.items_count, wanted.length, 'all are counted');
    }
  });
}

test('the terms tell apart what they are to tell apart', () => {
  const counts = TERMS.map(([term, matches]) => [term, expected('all', matches).length] as const);
  const of = (term: string): number => counts.find(([one]) => one === term)![1];
  assert.ok(of('author.name:plugin01 AND features.name:pe_import') > of('author.name:plugin01 DOCAND features.name:pe_import'));
  assert.ok(of('author.name:plugin01 author.name:plugin04') > 0);
  const trivial = counts.filter(([, count]) => count === 0).map(([term]) => term);
  assert.equal(trivial, [
    'magic:"Document/pdf data"',
    'file_format:"Document*"',
    'author.name:plugin01 DOCAND author.name:plugin04',
    '!depth:',
    'size:9007199254740993',
  ]);
  for (const caller of ['low', 'medium', 'high'] as const)
    assert.ok(expected(caller, () => true).length < of(''), `${caller} sees less than all`);
});

test('finds by a digest as a raw term', async () => {
  const [sha256, documents] = [...children.get('medium')!].find(([, all]) => all.some(hasSource) && all.some(has('md5')))!;
  const digests = { md5: valuesAt(documents.find(has('md5')), 'md5')[0] as string, sha256 };
  for (const digest of Object.values(digests)) {
    const { body } = await ask('medium', { term: `"${digest.toUpperCase()}"` });
    assert.equal(
      body.data.items.map(({ key }) => key),
      [sha256],
    );
  }
});

test('shows of each binary the best documents of its sources, with its tags', async () => {
  let several = 0;
  for (const caller of CALLER_NAMES) {
    const tags = visibleAnnotations(history, caller, 'entity_tag').map(({ source }) => source);
    const { body } = await ask(caller, { max_entities: '1000' });
    for (const { key, highlight, tags: shown, ...row } of body.data.items) {
      const summaries = expectedSummaries(key, children.get(caller)!.get(key)!);
      several += summaries.length - 1;
      assert.ok(
        summaries.some((summary) => isDeepStrictEqual(summary, row)),
        `${caller}: ${JSON.stringify(row)} is not ${JSON.stringify(summaries)}`,
      );
      assert.equal(highlight, {});
      const own = tags
        .filter((tag) => tag['sha256'] === key)
        .map(({ sha256, tag, type, owner, timestamp, security }) => ({ sha256, tag, type, owner, timestamp, security }));
      own.sort((a, b) => (`${a.tag as string} ${a.owner as string}` < `${b.tag as string} ${b.owner as string}` ? -1 : 1));
      assert.equal(shown, own.length === 0 ? undefined : own, `${caller}: tags of ${key}`);
    }
  }
  assert.ok(several < 20, 'nearly always one document is the best');
});

test('sorts by the newest document of a binary, as exactly as scores are, and then by hash', async () => {
  for (const caller of ['low', 'medium', 'all'] as const) {
    for (const sort of ['timestamp', 'source.timestamp']) {
      const newest = (sha256: string): number =>
        Math.max(
          0,
          ...children
            .get(caller)!
            .get(sha256)!
            .flatMap((child) => valuesAt(child, sort).map((at) => Math.fround(Date.parse(at as string)))),
        );
      for (const ascending of [true, false]) {
        const sign = ascending ? 1 : -1;
        const wanted = expected(caller, () => true).sort((a, b) => sign * (newest(a) - newest(b)) || (a < b ? -1 : 1));
        const { body } = await ask(caller, { sort, sort_asc: String(ascending), max_entities: '1000' });
        assert.equal(
          body.data.items.map(({ key }) => key),
          wanted,
          `${caller} ${sort} ${ascending}`,
        );
        const { body: first } = await ask(caller, { sort, sort_asc: String(ascending), max_entities: '5', count_entities: 'true' });
        assert.equal(
          first.data.items.map(({ key }) => key),
          wanted.slice(0, 5),
        );
        assert.is(first.data.items_count, wanted.length);
      }
    }
  }
});

/** Two digests of one visible binary with all of them, and a binary that this caller may not see. */
function digestsFor(caller: CallerName) {
  const documents = [...children.get(caller)!].find(([, all]) => {
    const [summary, ...others] = expectedSummaries('', all);
    return others.length === 0 && ['md5', 'sha1', 'sha512', 'ssdeep'].every((field) => summary![field] !== undefined);
  })!;
  const hidden = [...children.get('all')!.keys()].filter((sha256) => !children.get(caller)!.has(sha256));
  return { sha256: documents[0], summary: expectedSummaries(documents[0], documents[1])[0] as unknown as Record<string, string>, hidden };
}

test('answers hashes in their order, each binary once, nothing of hidden ones', async () => {
  for (const caller of ['low', 'medium', 'high'] as const) {
    const { sha256, summary, hidden } = digestsFor(caller);
    const other = expected(caller, () => true).find((one) => one !== sha256)!;
    const secret = children.get('all')!.get(hidden[0]!)!;
    const secretMd5 = valuesAt(secret.find(has('md5')) ?? {}, 'md5')[0] as string | undefined;
    const hashes = [
      summary['ssdeep']!,
      other.toUpperCase(),
      'ZZ',
      summary['sha1']!.toUpperCase(),
      hidden[0]!,
      secretMd5 ?? 'none',
      summary['md5']!,
      'ZZ',
    ];
    const { body, text } = await ask(caller, { max_entities: '1', count_entities: 'true' }, { hashes });
    const rows = body.data.items;
    assert.equal(
      rows.map(({ key }) => key),
      [summary['ssdeep'], other, 'zz', summary['sha1'], hidden[0], secretMd5 ?? 'none', summary['md5'], 'zz'],
    );
    assert.equal(
      rows.map(({ exists }) => exists),
      [true, true, false, true, false, false, true, false],
      caller,
    );
    assert.is(body.data.items_count, 2);
    const again = (key: string) => ({ exists: true, has_content: summary['has_content'], is_duplicate_find: true, key });
    assert.equal(rows[0], again(summary['ssdeep']!));
    assert.equal(rows[3], again(summary['sha1']!));
    assert.equal(rows[2], { exists: false, has_content: false, key: 'zz' });
    assert.equal(rows[4], { exists: false, has_content: false, key: hidden[0] });
    const { highlight, key, tags, ...shown } = rows[6]!;
    assert.equal(shown, summary);
    assert.is(key, summary['md5']);
    assert.ok(tags === undefined || tags.length > 0);
    assert.equal(highlight!['md5'], [summary['md5']]);
    assert.not.ok('sha256' in highlight!, 'the sha256 asked for is not highlighted');
    for (const one of hidden.slice(1)) assert.not.ok(text.includes(one));
  }
});

test('takes SHA-256 hashes alone as the binaries that are meant', async () => {
  for (const caller of ['low', 'medium', 'all'] as const) {
    const groups = children.get(caller)!;
    const all = [...children.get('all')!.keys()];
    const { body } = await ask(
      caller,
      { count_entities: 'true', term: ' ' },
      { hashes: [...all.map((one) => one.toUpperCase()), all[0]!] },
    );
    assert.is(body.data.items_count, all.length + 1, 'rows are counted');
    assert.equal(
      body.data.items.map(({ key }) => key),
      [...all, all[0]],
    );
    for (const row of body.data.items) {
      const documents = groups.get(row.key);
      assert.is(row.exists, documents?.some(hasSource) ?? false, `${caller} ${row.key}`);
      assert.is(row.sha256, documents === undefined ? undefined : row.key);
      assert.not.ok('highlight' in row);
    }
  }
  const { body } = await ask('low', { include_queries: 'true' }, { hashes: [[...children.get('low')!.keys()][0]!] });
  assert.is(body.meta.queries!.length, 1, 'one request');
});

test('searches hashes and a term together', async () => {
  const { sha256, summary } = digestsFor('medium');
  const found = await ask('medium', { term: `file_format:"${summary['file_format']!}"` }, { hashes: [sha256, summary['md5']!] });
  assert.equal(
    found.body.data.items.map(({ is_duplicate_find: again, exists }) => [exists, again]),
    [
      [true, undefined],
      [true, true],
    ],
  );
  const missed = await ask('medium', { term: 'NOT file_format:*' }, { hashes: [sha256] });
  assert.equal(missed.body.data.items, [{ exists: false, has_content: false, key: sha256 }]);
});

test('takes the body with GET as well', async () => {
  const { sha256 } = digestsFor('medium');
  const get = await ask('medium', {}, { hashes: [sha256, 'x'], method: 'GET' });
  const post = await ask('medium', {}, { hashes: [sha256, 'x'] });
  assert.is(get.status, 200);
  assert.equal(get.body, post.body);
  assert.is(get.body.data.items.length, 2);
  const without = await ask('medium', { max_entities: '3' }, { method: 'GET' });
  assert.is(without.body.data.items.length, 3);
});

test('leaves out what carries an excluded label, also where it was counted', async () => {
  const excluded = ['s-medium'];
  for (const caller of ['medium', 'all'] as const) {
    const wanted = expected(caller, () => true);
    const { body } = await ask(caller, { x: 'MEDIUM', max_entities: '1000', count_entities: 'true' });
    const kept = wanted.filter((sha256) =>
      children
        .get(caller)!
        .get(sha256)!
        .some((child) => !carries(child, excluded)),
    );
    assert.ok(kept.length < wanted.length);
    assert.equal(
      body.data.items.map(({ key }) => key),
      kept,
    );
    assert.is(body.data.items_count, wanted.length);
    assert.is(body.meta.sec_filter, 'OR');
    for (const { key, highlight, tags = [], ...row } of body.data.items) {
      const left = children
        .get(caller)!
        .get(key)!
        .filter((child) => !carries(child, excluded));
      assert.ok(
        expectedSummaries(key, left).some((summary) => isDeepStrictEqual(summary, row)),
        JSON.stringify(row),
      );
      assert.equal(highlight, {});
      assert.not.ok(tags.some(({ security }) => String(security).startsWith('MEDIUM')));
    }
  }
});

test('keeps with i what is released to all of the labels', async () => {
  for (const caller of ['medium', 'high', 'all'] as const) {
    for (const i of [['REL:APPLE'], ['REL:APPLE', 'REL:BEE']]) {
      const labels = i.map((label) => label.toLowerCase().replace(':', '-')).map((label) => `s-${label}`);
      const released = (child: Fields): boolean => labels.every((label) => valuesAt(child, 'encoded_security.inclusive').includes(label));
      const wanted = expected(caller, some(both(hasSource, released)));
      const { body } = await ask(caller, { i, max_entities: '1000', count_entities: 'true' });
      assert.equal(
        body.data.items.map(({ key }) => key),
        wanted,
        `${caller} ${i.join()}`,
      );
      assert.is(body.data.items_count, wanted.length);
      assert.is(body.meta.sec_filter, 'AND');
    }
  }
  assert.is((await ask('all', { i: 'REL:APPLE', max_entities: '1000' })).body.data.items.length > 0, true);
  assert.is((await ask('all', { x: 'NOPE' })).status, 422);
  assert.is((await ask('all', { i: 'NOPE' })).status, 422);
});

test('says what matched, in the words of documents that the caller may read', async () => {
  const terms: [string, string, string][] = [
    ['file_format:document*', 'file_format', 'document'],
    ['features_map.c2_url:https*', 'features_map.c2_url', 'https'],
    ['features.name:pe_import author.name:plugin0*', 'author.name', 'plugin0'],
    ['depth:0 OR magic:image*', 'magic', 'image'],
    ['text', 'magic', 'text'],
  ];
  for (const [term, field, begin] of terms) {
    for (const caller of ['low', 'medium', 'all'] as const) {
      const { body } = await ask(caller, { term, max_entities: '1000' });
      const told = body.data.items.filter(({ highlight }) => highlight![field] !== undefined);
      assert.ok(told.length > 0, `${caller}: ${term}`);
      for (const { key, highlight } of body.data.items) {
        for (const [name, values] of Object.entries(highlight!)) {
          assert.not.ok(/security/.test(name), `${name} is no field of the term`);
          const readable = children
            .get(caller)!
            .get(key)!
            .flatMap((child) => valuesAt(child, name));
          for (const value of values) assert.ok(readable.includes(value), `${caller} may not read ${name} ${value}`);
          assert.is(new Set(values).size, values.length);
        }
      }
      assert.ok(told.every(({ highlight }) => highlight![field]!.some((value) => value.startsWith(begin))));
    }
  }
});

test('shows no labels as matches, whatever is searched for', async () => {
  for (const term of ['encoded_security.exclusive:"s-medium"', 'encoded_security.inclusive:s-*', 'magic:* encoded_security.markings:*']) {
    const { body, text } = await ask('medium', { term, count_entities: 'true' });
    assert.ok(body.data.items.length > 0, text);
    assert.not.ok(/encoded_security|"s-/.test(text));
  }
});

test('finds by tags of binaries that the caller may read', async () => {
  const all = new Set(visibleAnnotations(history, 'all', 'entity_tag').map(({ source }) => source['tag'] as string));
  let missing = 0;
  for (const caller of CALLER_NAMES) {
    for (const tag of all) {
      const tagged = new Set(
        visibleAnnotations(history, caller, 'entity_tag').flatMap(({ source }) => (source['tag'] === tag ? [source['sha256']] : [])),
      );
      const { status, body } = await ask(caller, { term: `binary.tag:${tag}`, max_entities: '1000', count_entities: 'true' });
      if (tagged.size === 0) {
        missing++;
        assert.is(status, 400);
        assert.is(body.message, 'tag does not exist in opensearch');
        continue;
      }
      const wanted = expected(
        caller,
        some((child) => tagged.has(child['sha256'])),
      );
      assert.equal(
        body.data.items.map(({ key }) => key),
        wanted,
        `${caller} ${tag}`,
      );
      assert.ok(
        body.data.items.every(({ highlight }) => Object.keys(highlight!).length === 0),
        'tags are not highlighted',
      );
      const others = await ask(caller, {
        term: `NOT Binary.Tag:"${tag}" AND file_format:doc*`,
        max_entities: '1000',
        count_entities: 'true',
      });
      const untagged = expected(
        caller,
        every(
          some((child) => !tagged.has(child['sha256'])),
          some(beginsText('file_format', 'doc')),
        ),
      );
      assert.equal(
        others.body.data.items.map(({ key }) => key),
        untagged,
      );
    }
  }
  assert.ok(missing > 0, 'some tags are only on what others may read');
  assert.is((await ask('all', { term: 'feature.tag:nowhere' })).body.message, 'feature value tag not found');
});

test('finds by tags of feature values', async () => {
  for (const caller of CALLER_NAMES) {
    const tags = visibleAnnotations(history, caller, 'fv_tag').filter(({ source }) => source['tag'] === 'c2');
    const tagged = new Set(tags.map(({ source }) => JSON.stringify([source['feature_name'], source['feature_value']])));
    const wanted = expected(
      caller,
      some((child) =>
        Object.entries((child['features_map'] ?? {}) as Record<string, string[]>).some(([name, values]) =>
          values.some((value) => tagged.has(JSON.stringify([name, value]))),
        ),
      ),
    );
    assert.ok(tagged.size > 0);
    const { status, body, text } = await ask(caller, { term: 'feature.tag:c2', max_entities: '1000' });
    assert.is(status, 200, text);
    assert.equal(
      body.data.items.map(({ key }) => key),
      wanted,
      caller,
    );
  }
});

test('needs at most three requests', async () => {
  for (const term of ['binary.tag:malicious OR feature.tag:c2', 'file_format:*']) {
    const { body } = await ask('all', { term, include_queries: 'true', sort: 'timestamp', count_entities: 'true' });
    assert.ok(body.meta.queries!.length <= 3);
    assert.ok(body.meta.queries!.length >= 2);
  }
  assert.not.ok('queries' in (await ask('all', {})).body.meta);
});

test('keeps integers of a term exact', async () => {
  const { text, status } = await ask('all', { term: 'size:9007199254740993 OR size:>1', include_queries: 'true', max_entities: '1' });
  assert.is(status, 200, text);
  assert.ok(text.includes('{"size":9007199254740993}'));
});

const UNKNOWN =
  'The following term query key could not be found: [a_bad_key]. Either the key are related to results and temporarily missing or the query is invalid.';

test('refuses unknown keys where nothing was found or counted', async () => {
  const { body, status } = await ask('all', { term: 'a_bad_key:x OR size:>1' });
  assert.is(status, 422);
  assert.equal(body, { ref: '', message: UNKNOWN });
  assert.is((await ask('all', { term: 'a_bad_key:x OR size:>1', count_entities: 'true' })).status, 200);
  assert.is((await ask('all', { term: 'a_bad_key:x', count_entities: 'true' })).status, 422);
  const several = await ask('all', { term: 'b_key:x OR Size:1 OR fold.tokens:x OR b_key:y' });
  assert.ok(
    several.body.message.startsWith(
      'The following term query keys could not be found: [b_key, Size, fold.tokens, b_key]. Either the keys are',
    ),
  );
  assert.is((await ask('all', { term: 'Binary.Tag:malicious' })).status, 422, 'letters of keys count');
});

const REFUSED: [Record<string, string>, number, RegExp][] = [
  [{ max_entities: '1001' }, 400, /^too many binaries have been requested max is 1001\/1000$/],
  [{ term: 'a:b)' }, 400, /^Failed to parse term 'a:b\)': Unexpected token '\)' at line 1, column 4/],
  [{ term: ' "x' }, 400, /^Failed to parse term ' "x': No terminal matches '"' at line 1 col 2/],
  [{ term: '[1 TO 5]' }, 400, /^Failed to parse term '\[1 TO 5\]': A range needs a key/],
  [{ term: 'binary.tag:' }, 400, /needs a value/],
  [{ term: 'binary.tag:>5' }, 400, /can't be compared/],
  [{ term: 'a:"\\q"' }, 400, /Invalid escape character: q/],
  [{ term: 'size:10MB' }, 400, /\[size\]/],
  [{ term: 'timestamp:2020*' }, 400, /timestamp/],
  [{ term: 'size:=18446744073709551616' }, 400, /out of range/],
  [{ term: Array.from({ length: 1_100 }, (_, n) => `magic:v${n}`).join(' OR ') }, 400, /maxClauseCount is set to 1024/],
];
for (const [parameters, status, message] of REFUSED) {
  test(`refuses ${JSON.stringify(parameters).slice(0, 60)}`, async () => {
    const answer = await ask('medium', parameters);
    assert.is(answer.status, status, answer.text);
    assert.match(answer.body.message, message);
    assert.equal(Object.keys(answer.body), ['ref', 'message']);
  });
}

test('refuses parameters that are none', async () => {
  for (const [name, value] of Object.entries({ sort: 'size', max_entities: '-1', sort_asc: 'maybe', count_entities: 'x' })) {
    assert.is((await ask('medium', { [name]: value })).status, 422, name);
  }
  assert.is((await ask('medium', {}, { body: { hashes: 'x' } })).status, 422);
  assert.is((await ask('medium', {}, { body: { hashes: [1] } })).status, 422);
  assert.is((await ask('medium', {}, { body: null })).status, 200);
});

test('answers a term of a thousand alternatives', async () => {
  const term = [...Array.from({ length: 999 }, (_, n) => `magic:v${n}`), 'file_format:document*'].join(' OR ');
  const { status, body, text } = await ask('low', { term, max_entities: '1000' });
  assert.is(status, 200, text.slice(0, 200));
  assert.equal(
    body.data.items.map(({ key }) => key),
    expected('low', some(beginsText('file_format', 'document'))),
  );
});

test('tells no caller of binaries that it may not see', async () => {
  for (const caller of ['low', 'medium', 'high'] as const) {
    const hidden = [...children.get('all')!.keys()].filter((sha256) => !children.get(caller)!.has(sha256));
    assert.ok(hidden.length > 0);
    const { text } = await ask(caller, { max_entities: '1000', sort: 'timestamp' });
    for (const sha256 of hidden) assert.not.ok(text.includes(sha256));
    assert.not.ok(/encoded_|"fold"/.test(text));
  }
});
