import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  generationOf,
  generationOfIndex,
  generationOfTemplate,
  generationPartition,
  withoutGeneration,
} from '../../../projections/generations.js';
import { binaryIndex, DOCNAMES, indexPatterns, plainIndex, statusIndex, templateName } from '../../../projections/index-names.js';
import { docnameTemplate, DEFAULT_INDEX_CONFIG, sourceTemplate } from '../../../projections/templates.js';

const test = suite('generations');

/** What an index pattern of a template matches. */
function matches(pattern: string, index: string): boolean {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(index);
}

test('names the first generation by the partition alone, the others by their number', () => {
  assert.is(generationPartition('bench', 1), 'bench');
  assert.is(generationPartition('bench', 2), 'bench-g2');
  assert.is(generationPartition('bench', 12), 'bench-g12');
});

test('reads a number back from a name, and nothing from a name that is not one', () => {
  for (const number of [1, 2, 10, 9_999_999]) assert.is(generationOf('bench', generationPartition('bench', number)), number);
  for (const other of [
    'bench-g',
    'bench-g0',
    'bench-g1',
    'bench-g02',
    'bench-g2x',
    'bench2',
    'benc',
    'other',
    'bench-g2-g3',
    'bench-g12345678',
  ]) {
    assert.is(generationOf('bench', other), undefined, other);
  }
  assert.is(generationOf('a.b', 'a.b-g3'), 3);
});

test('knows the generation of an index exactly when a pattern of its template matches it', () => {
  const partitions = ['bench', 'bench-g2', 'bench-g20', 'bench-g2x', 'bench2', 'benc', 'bench-g1', 'x.bench'];
  const indices = partitions.flatMap((partition) => [
    binaryIndex(partition, 'a1'),
    statusIndex(partition, true, '2026-03-w09'),
    ...DOCNAMES.map((docname) => plainIndex(partition, docname, true)),
    plainIndex(partition, 'plugin', false),
    `azul.x.${partition}.binary2x`,
  ]);
  for (const index of indices) {
    for (const docname of DOCNAMES) {
      const found = [1, 2, 20].filter((number) =>
        indexPatterns(generationPartition('bench', number), docname).some((pattern) => matches(pattern, index)),
      );
      const generation = generationOfIndex('bench', docname, index);
      assert.equal(generation === undefined ? [] : [generation], found, `${index} as ${docname}`);
    }
  }
});

test('knows the templates of a generation, those of sources included', () => {
  assert.is(generationOfTemplate('bench', 'binary2', templateName('bench-g2', 'binary2')), 2);
  assert.is(generationOfTemplate('bench', 'binary2', sourceTemplate('bench-g3', 's1', {}).name), 3);
  assert.is(generationOfTemplate('bench', 'status', templateName('bench', 'status')), 1);
  assert.is(generationOfTemplate('bench', 'status', templateName('bench2', 'status')), undefined);
  assert.is(generationOfTemplate('bench', 'status', templateName('bench', 'plugin')), undefined);
});

test('gives the read alias to the template of the active generation only, and always that of the base partition', () => {
  const settings = {
    partition: 'bench-g2',
    basePartition: 'bench',
    entropyEngine: 'lucene' as const,
    binaryIndexConfig: DEFAULT_INDEX_CONFIG,
    statusIndexConfig: DEFAULT_INDEX_CONFIG,
    pluginIndexConfig: DEFAULT_INDEX_CONFIG,
    featureNames: [],
  };
  assert.equal(docnameTemplate('status', { ...settings, active: true }).body.aliases, { 'azul.bench.status': {} });
  assert.equal(docnameTemplate('status', { ...settings, active: false }).body.aliases, {});
});

test('names an index without its generation', () => {
  for (const [index, name] of [
    ['azul.x.bench.binary2.a', 'azul.x.bench.binary2.a'],
    ['azul.x.bench-g2.binary2.a', 'azul.x.bench.binary2.a'],
    ['azul.o.bench-g12.status.2026-03-w09', 'azul.o.bench.status.2026-03-w09'],
    ['azul.o.bench-g2x.status.all', 'azul.o.bench-g2x.status.all'],
    ['azul.o.bench2.plugin', 'azul.o.bench2.plugin'],
    ['azul.o.other-g2.plugin', 'azul.o.other-g2.plugin'],
  ] as const) {
    assert.is(withoutGeneration(index, 'bench'), name);
  }
  assert.is(withoutGeneration('azul.o.a.b-g3.plugin', 'a.b'), 'azul.o.a.b.plugin');
});

test.run();
