/** Help with terms: keys, caret, meaning (spec 04 §6.4, §6.5, §15). */
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, startTestApi, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api terms');
let history: ApiHistory;
let api: TestApi;

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

type Keys = Readonly<Record<string, string>>;

function query(parameters: Readonly<Record<string, string | number>>): string {
  return new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])).toString();
}

/** Fields whose values no term may search, by their path's first step. */
const OPAQUE = [
  'info',
  'source.references',
  'source.settings',
  'tlsh_vector',
  'entropy_vector',
  'fold',
  'binary_info',
  'features.encoded.location',
];

function leaves(value: unknown, path: string, found: Set<string>): void {
  if (OPAQUE.includes(path)) return;
  if (Array.isArray(value)) value.forEach((item) => leaves(item, path, found));
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) leaves(member, path === '' ? name : `${path}.${name}`, found);
  } else found.add(path);
}

test('lists every field of the documents that may be searched, for every caller alike', async () => {
  const found = new Set<string>();
  for (const { docname, source } of history.documents) if (docname === 'binary2') leaves(source, '', found);
  const wanted = [...found].filter((path) => !path.split('.').includes('security'));
  const before = api.searches();
  const { status, body } = await api.ask<Envelope<{ keys: Keys }>>('all', '/v0/binaries/model');
  assert.is(status, 200);
  const { keys } = body.data;
  assert.equal(
    wanted.filter((path) => !(path in keys)),
    [],
  );
  assert.ok(wanted.some((path) => path.startsWith('features_map.')));
  assert.equal(
    Object.keys(keys).filter((key) => key.split('.').includes('security') || key.startsWith('fold')),
    [],
  );
  const types = {
    size: 'unsigned_long',
    timestamp: 'date',
    depth: 'integer',
    info: 'object',
    binary_info: 'join',
    'features.enriched.ip': 'ip',
    'binary.tag': 'keyword',
    'feature.tag': 'keyword',
    'features_map.c2_url': 'keyword',
    'encoded_ssdeep.chunk': 'text',
    tlsh_vector: 'knn_vector',
  };
  for (const [key, type] of Object.entries(types)) assert.is(keys[key], type, key);
  assert.not.ok('features.enriched.filepath.tree' in keys);
  for (const caller of CALLER_NAMES)
    assert.equal((await api.ask<Envelope<{ keys: Keys }>>(caller, '/v0/binaries/model')).body.data.keys, keys);
  assert.is(api.searches(), before, 'no documents are searched');
});

test('says what stands at the caret', async () => {
  const cases: [string, number, object][] = [
    ['', 0, { type: 'Initial' }],
    ['file_format:te', 13, { type: 'FieldValue', key: 'file_format', prefix: 'te', prefix_type: 'case-insensitive' }],
    ['test:1234', 0, { type: 'FieldName', prefix: 'test', prefix_type: 'case-insensitive', has_value: true }],
    ['size:>5kb', 7, { type: 'FieldValue', key: 'size', prefix: '5000', prefix_type: 'numeric' }],
    ['test', 2, { type: 'FieldValue', key: null, prefix: 'test', prefix_type: 'case-insensitive' }],
    ['a:b AND c:d', 4, { type: 'None' }],
    ['a:b', -1, { type: 'None' }],
    ['key:key:key', 4, { type: 'Error', column: 8, message: 'Unexpected token at col 8' }],
  ];
  const before = api.searches();
  for (const [term, offset, data] of cases) {
    const { status, body } = await api.ask<Envelope<object>>('low', `/v0/binaries/autocomplete?${query({ term, offset })}`);
    assert.is(status, 200);
    assert.equal(body.data, data, `${term} at ${offset}`);
  }
  for (const parameters of ['term=a', 'offset=1', 'term=a&offset=x', 'term=a&offset=1.5', 'term=a&offset=1&x=NOPE']) {
    assert.is((await api.ask('low', `/v0/binaries/autocomplete?${parameters}`)).status, 422, parameters);
  }
  assert.is(api.searches(), before);
});

interface Explained {
  readonly ast: { readonly type: string; readonly children?: readonly { readonly start: number; readonly end: number }[] } | null;
  readonly query: object | null;
}

test('explains a term without a search', async () => {
  const before = api.searches();
  const explain = async (term: string) =>
    api.ask<Envelope<Explained> & { readonly message: string }>('low', `/v1/search/explain?${query({ term })}`);
  const { body, text } = await explain('size:9007199254740993 AND NOT binary.tag:x');
  assert.is(body.data.ast!.type, 'and');
  assert.equal(
    body.data.ast!.children!.map(({ start, end }) => [start, end]),
    [
      [0, 21],
      [26, 42],
    ],
  );
  assert.ok(text.includes('"value":9007199254740993') && text.includes('{"term":{"size":9007199254740993}}'), text);
  assert.ok(text.includes('{"bool":{"filter":[],"must_not":[{"terms":{"sha256":["<binary.tag:x>"]}}]}}'));
  assert.equal((await explain(' ')).body.data, { ast: null, query: null });
  const wrong = await explain('a:b)');
  assert.is(wrong.status, 400);
  assert.ok(wrong.body.message.startsWith("Failed to parse term 'a:b)': Unexpected token ')' at line 1, column 4"));
  assert.is((await explain('[1 TO 2]')).status, 400);
  assert.is((await api.ask('low', '/v1/search/explain')).status, 422);
  assert.is(api.searches(), before);
});
