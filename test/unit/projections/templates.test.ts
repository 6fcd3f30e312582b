import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureNamesMapping } from '../../../projections/binary/mapping.js';
import { binaryIndex, DOCNAMES, plainIndex, statusIndex, type Docname } from '../../../projections/index-names.js';
import { NO_TABLES } from '../../../projections/removal/tables.js';
import {
  DEFAULT_BINARY_INDEX_CONFIG,
  DEFAULT_INDEX_CONFIG,
  docnameTemplate,
  sourceTemplate,
  TEMPLATE_VERSION,
  type TemplateSettings,
} from '../../../projections/templates.js';
import { NOW, readHistory, eventOf, recordOf, SETTINGS } from './support.js';
import { foldBinary } from '../../../projections/binary/fold.js';
import { foldStatus } from '../../../projections/status/project.js';
import { foldPlugin } from '../../../projections/plugin/project.js';
import { documentJson } from '../../../projections/json.js';

const test = suite('templates');

type Json = Record<string, unknown>;

const BASE: TemplateSettings = {
  partition: 'bench-g2',
  basePartition: 'bench',
  active: true,
  entropyEngine: 'lucene',
  binaryIndexConfig: DEFAULT_BINARY_INDEX_CONFIG,
  statusIndexConfig: DEFAULT_INDEX_CONFIG,
  pluginIndexConfig: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' },
  featureNames: [],
};

const body = (docname: Docname, changes: Partial<TemplateSettings> = {}): Json => docnameTemplate(docname, { ...BASE, ...changes }).body;

/** Type of a field by its path of names, also sub-fields of a mapping. */
function typeOf(mappings: unknown, path: string): Json {
  let node = mappings as Json;
  for (const name of path.split('.')) node = (node['properties'] as Json)[name] as Json;
  return node;
}

test('are named by generation, match its indices, and give the alias of the base partition only while active', () => {
  assert.is(docnameTemplate('binary2', BASE).name, 'azul.bench-g2.binary2');
  for (const docname of DOCNAMES) {
    const template = body(docname);
    assert.is(template['order'], 1);
    assert.is(template['version'], TEMPLATE_VERSION);
    assert.equal(template['aliases'], { [`azul.bench.${docname}`]: {} });
    const o = `azul.o.bench-g2.${docname}`;
    const x = `azul.x.bench-g2.${docname}`;
    assert.equal(template['index_patterns'], [o, `${o}.*`, x, `${x}.*`]);
    assert.equal(body(docname, { active: false })['aliases'], {});
  }
});

test('carry the size settings of each docname', () => {
  assert.equal(body('plugin')['settings'], { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' });
  assert.equal(body('status')['settings'], { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '5s' });
  assert.equal(body('cache')['settings'], { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '5s' });
  const settings = body('binary2')['settings'] as Json;
  assert.is(settings['refresh_interval'], '30s');
  assert.is(settings['index.knn'], true);
  assert.is(settings['index.knn.derived_source.enabled'], false);
  assert.is(settings['index.mapping.total_fields.limit'], 20000);
});

test('tie each analyzer to its tokenizer', () => {
  const { analyzer, tokenizer } = (
    body('binary2')['settings'] as { analysis: { analyzer: Record<string, { tokenizer: string }>; tokenizer: Json } }
  ).analysis;
  const tied = Object.entries(analyzer).map(([name, { tokenizer: used }]) => [name, tokenizer[used]]);
  assert.equal(Object.fromEntries(tied), {
    path: { type: 'path_hierarchy', delimiter: '/' },
    path_reversed: { type: 'path_hierarchy', delimiter: '/', reverse: 'true' },
    pathw: { type: 'path_hierarchy', delimiter: '\\' },
    pathw_reversed: { type: 'path_hierarchy', delimiter: '\\', reverse: 'true' },
    alphanumeric: { type: 'char_group', tokenize_on_chars: ['whitespace', 'punctuation', 'symbol'] },
    ssdeep_ngram_analyzer: { type: 'ngram', min_gram: 7, max_gram: 7, token_chars: ['letter', 'digit', 'punctuation'] },
  });
});

test('refuse unknown fields and make the tokens of the fold searchable', () => {
  for (const docname of DOCNAMES) {
    const mappings = body(docname)['mappings'] as Json;
    assert.is(mappings['dynamic'], 'strict');
    assert.equal(typeOf(mappings, 'fold'), {
      type: 'object',
      dynamic: 'false',
      properties: { tokens: { type: 'keyword', norms: false, doc_values: false } },
    });
    assert.equal(typeOf(mappings, 'encoded_security.num_exclusive'), { type: 'integer' });
    assert.equal(typeOf(mappings, 'timestamp'), { type: 'date' });
    assert.equal(typeOf(mappings, 'security'), { type: 'keyword' });
  }
});

const KEYWORD = { type: 'keyword' };
const EAGER = { type: 'keyword', eager_global_ordinals: true };
const K8 = { type: 'keyword', ignore_above: 8000 };
const OFF = { type: 'object', enabled: false };
const NGRAMS = { type: 'text', analyzer: 'ssdeep_ngram_analyzer' };
const BINARY_FIELDS: readonly [string, Json][] = [
  ['binary_info', { type: 'join', relations: { binary: ['metadata'] } }],
  ['action', KEYWORD],
  ['author.security', KEYWORD],
  ['sha256', EAGER],
  ['sha512', KEYWORD],
  ['filename', KEYWORD],
  ['sha256_author_action', KEYWORD],
  ['encoded_ssdeep.blocksize', { type: 'integer' }],
  ['encoded_ssdeep.chunk', NGRAMS],
  ['encoded_ssdeep.dchunk', NGRAMS],
  [
    'tlsh_vector',
    { type: 'knn_vector', dimension: 36, data_type: 'byte', space_type: 'cosinesimil', method: { name: 'hnsw', engine: 'lucene' } },
  ],
  ['size', { type: 'unsigned_long' }],
  ['datastreams.identify_version', { type: 'integer' }],
  ['datastreams.language', KEYWORD],
  ['datastreams.size', { type: 'unsigned_long' }],
  ['features.name', K8],
  ['features.label', K8],
  ['features.offset', { type: 'long' }],
  ['features.enriched.integer', { type: 'long' }],
  ['features.enriched.float', { type: 'double' }],
  ['features.enriched.datetime', { type: 'date' }],
  ['features.enriched.port', { type: 'integer' }],
  ['features.enriched.ip', { type: 'ip' }],
  ['features.enriched.hostname', K8],
  [
    'features.enriched.filepath',
    { ...K8, fields: { tree: { type: 'text', analyzer: 'path' }, tree_reversed: { type: 'text', analyzer: 'path_reversed' } } },
  ],
  ['features.encoded.location', { type: 'double_range' }],
  ['info', OFF],
  ['features_map', { type: 'object', properties: {} }],
  ['num_feature_names', { type: 'integer' }],
  ['uniq_features', EAGER],
  ['uniq_info', EAGER],
  ['uniq_data', EAGER],
  ['depth', { type: 'integer' }],
  ['track_source_references_grouped', KEYWORD],
  ['source.settings', OFF],
  ['source.references', OFF],
  ['source.encoded_settings', { type: 'object', properties: { key: KEYWORD, value: KEYWORD } }],
  ['source.encoded_references.key_value', KEYWORD],
  ['track_link', KEYWORD],
  ['parent_track_author', KEYWORD],
  ['parent_relationship', { type: 'object', dynamic: 'false', properties: { action: KEYWORD, label: KEYWORD } }],
  ['parent.relationship', { type: 'object', dynamic: 'false', properties: { action: KEYWORD, label: KEYWORD } }],
  ['parent.sha256', EAGER],
  ['parent.encoded.sha256_author_action', KEYWORD],
  ['parent.author.version', KEYWORD],
];

for (const [path, type] of BINARY_FIELDS) {
  test(`map binary2 ${path}`, () => assert.equal(typeOf(body('binary2')['mappings'], path), type));
}

test('require routing for binary2', () => assert.equal((body('binary2')['mappings'] as Json)['_routing'], { required: true }));

test('map entropy vectors for the engine', () => {
  const type = (entropyEngine: TemplateSettings['entropyEngine']): Json =>
    typeOf(body('binary2', { entropyEngine })['mappings'], 'entropy_vector');
  const vector = (engine: string): Json => ({
    type: 'knn_vector',
    dimension: 1280,
    data_type: 'binary',
    space_type: 'hamming',
    method: { name: 'hnsw', engine },
  });
  assert.equal(type('lucene'), vector('lucene'));
  assert.equal(type('faiss'), vector('faiss'));
  assert.equal(type('off'), OFF);
});

test('map the other docnames', () => {
  assert.equal(typeOf(body('status')['mappings'], 'entity.message'), { type: 'keyword', ignore_above: 1000 });
  assert.equal(typeOf(body('status')['mappings'], 'entity.input.entity.sha256'), KEYWORD);
  assert.equal(typeOf(body('status')['mappings'], 'encoded.author'), EAGER);
  assert.equal(typeOf(body('plugin')['mappings'], 'entity.config'), {
    type: 'object',
    dynamic: 'false',
    properties: { is_processing_download_events: { type: 'boolean' } },
  });
  assert.equal(typeOf(body('plugin')['mappings'], 'entity.features.tags'), KEYWORD);
  assert.equal(Object.keys((body('annotation')['mappings'] as { properties: Json }).properties).length, 9 + 4);
  assert.equal(typeOf(body('cache')['mappings'], 'data'), OFF);
  assert.equal(typeOf(body('cache')['mappings'], 'accurate'), { type: 'boolean' });
  assert.equal(typeOf(body('cache')['mappings'], 'count'), { type: 'long' });
});

test('keep feature names that are known, and add new ones', () => {
  assert.equal(typeOf(body('binary2', { featureNames: ['a.b'] })['mappings'], 'features_map'), {
    type: 'object',
    properties: { 'a.b': KEYWORD },
  });
  assert.is(
    JSON.stringify(featureNamesMapping(['__proto__'])),
    '{"properties":{"features_map":{"type":"object","properties":{"__proto__":{"type":"keyword"}}}}}',
  );
});

test('of sources carry their settings', () => {
  assert.equal(sourceTemplate('bench', 's1', { number_of_shards: 9 }), {
    name: 'azul.bench.binary2.s1prop',
    body: {
      order: 20,
      index_patterns: ['azul.x.bench.binary2.s1', 'azul.x.bench.binary2.s1.*', 'azul.o.bench.binary2.s1', 'azul.o.bench.binary2.s1.*'],
      settings: { number_of_shards: 9 },
    },
  });
});

test('indices are spelled as azul-metastore spells them', () => {
  assert.is(binaryIndex('bench', '0abc'), 'azul.x.bench.binary2.0');
  assert.is(statusIndex('bench', true, '2026'), 'azul.o.bench.status.2026');
  assert.is(statusIndex('bench', false, 'all'), 'azul.x.bench.status.all');
  assert.is(plainIndex('bench', 'plugin', false), 'azul.x.bench.plugin');
});

/** What `dynamic: strict` would refuse: fields of a document without a mapping. */
function unmapped(mapping: Json, value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unmapped(mapping, item, path));
  if (typeof value !== 'object' || value === null) return [];
  if (mapping['enabled'] === false || mapping['dynamic'] === 'false' || mapping['properties'] === undefined) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = (mapping['properties'] as Json)[name] as Json | undefined;
    return inner === undefined ? [`${path}${name}`] : unmapped(inner, member, `${path}${name}.`);
  });
}

test('know every field of every document of the history but feature names', () => {
  const seen = new Set<string>();
  for (const { topic, event } of readHistory('history-plain')) {
    if (event === null) continue;
    const kind = topic.split('.')[3]!;
    const [docname, result] =
      kind === 'plugin'
        ? (['plugin', foldPlugin(recordOf(eventOf('plugin', event)), SETTINGS)] as const)
        : kind === 'status'
          ? (['status', foldStatus(recordOf(eventOf('status', event)), SETTINGS)] as const)
          : ([
              'binary2',
              kind === 'binary' ? foldBinary(recordOf(eventOf('binary', event)), SETTINGS, NOW, NO_TABLES) : undefined,
            ] as const);
    if (result === undefined) continue;
    const mapping = body(docname)['mappings'] as Json;
    for (const write of result.writes) for (const path of unmapped(mapping, JSON.parse(documentJson(write.body)), '')) seen.add(path);
  }
  assert.ok(seen.size > 10);
  assert.equal(
    [...seen].filter((path) => !path.startsWith('features_map.')),
    [],
  );
});

test.run();
