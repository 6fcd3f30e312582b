import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mapping } from '../../../projections/mapping.js';
import { docnameTemplate, type TemplateSettings } from '../../../projections/templates.js';
import { sameTemplate, storedFeatureNames, type StoredTemplate } from '../../../src/opensearch/templates.js';

const test = suite('template comparison');

const CONFIG = { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '5s' };
const SETTINGS: TemplateSettings = { partition: 'bench', basePartition: 'bench', active: true, entropyEngine: 'lucene', binaryIndexConfig: CONFIG, statusIndexConfig: CONFIG, pluginIndexConfig: CONFIG, featureNames: ['a', 'b.c'] }; // prettier-ignore

/** A template as OpenSearch gives it back: settings flat, under `index.`, and everything in them text. */
function stored(template: Mapping): StoredTemplate {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [name, inner] of Object.entries(value)) visit(inner, `${path}.${name}`);
    else flat[path.replace(/^(index\.)?(index\.)/, 'index.')] = Array.isArray(value) ? value.map(String) : String(value);
  };
  visit(template.settings, 'index');
  return { ...structuredClone(template), settings: flat };
}

const template = docnameTemplate('binary2', SETTINGS).body;
const changed = (change: Partial<StoredTemplate>): StoredTemplate => ({ ...stored(template), ...change });

test('takes a template for the same in the form in which it is stored', () => {
  for (const docname of ['binary2', 'status', 'plugin', 'annotation', 'cache'] as const) {
    const { body } = docnameTemplate(docname, SETTINGS);
    assert.ok(sameTemplate(body, stored(body)), docname);
  }
});

test('sees a difference in version, order, patterns, aliases, settings and mappings', () => {
  const same = stored(template);
  assert.not(sameTemplate(template, changed({ version: 1 })));
  assert.not(sameTemplate(template, changed({ order: 2 })));
  assert.not(sameTemplate(template, changed({ index_patterns: ['x'] })));
  assert.not(sameTemplate(template, changed({ aliases: {} })));
  assert.not(sameTemplate(template, changed({ settings: { ...same.settings, 'index.number_of_shards': '4' } })));
  assert.not(sameTemplate(template, changed({ settings: { ...same.settings, 'index.more': '1' } })));
  assert.not(sameTemplate(template, changed({ mappings: { ...same.mappings, dynamic: 'false' } })));
});

test('does not mind the order of keys', () => {
  const { mappings } = stored(template);
  const reversed = Object.fromEntries(Object.entries(mappings!).reverse());
  assert.ok(sameTemplate(template, changed({ mappings: reversed })));
});

test('reads the names that have grown', () => {
  assert.equal(storedFeatureNames(stored(template)), ['a', 'b.c']);
  assert.equal(storedFeatureNames(undefined), []);
  assert.equal(storedFeatureNames({ mappings: {} }), []);
});

test.run();
