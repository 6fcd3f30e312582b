/** Templates at start-up: made once, left alone when nothing differs, refused when they are of another version. */
import * as assert from 'uvu/assert';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';

const test = integration('templates');
let arena: Arena;

interface Template {
  version: number;
  order: number;
  readonly index_patterns: string[];
  settings: Record<string, unknown>;
  readonly mappings: { readonly properties: Record<string, object> };
  readonly aliases: Record<string, object>;
}

const DOCNAMES = ['annotation', 'binary2', 'cache', 'plugin', 'status'];
const nameOf = (docname: string): string => `azul.${arena.partition}.${docname}`;
const templates = (): Promise<Record<string, Template>> => opensearch('GET', `/_template/${nameOf('*')}?flat_settings=true`);

async function mappingVersions(): Promise<unknown> {
  const path = `/_cluster/state/metadata/azul.o.${arena.partition}.*?filter_path=metadata.indices.*.mapping_version,metadata.indices.*.settings_version`;
  return opensearch('GET', path);
}

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.fold();
});

test('are made for every kind of document, with alias, patterns and an open index that the alias finds', async () => {
  const made = await templates();
  assert.equal(Object.keys(made).sort(), DOCNAMES.map(nameOf));
  for (const docname of DOCNAMES) {
    const { version, order, index_patterns, aliases } = made[nameOf(docname)]!;
    assert.equal([version, order], [20250519, 1]);
    assert.equal(index_patterns.sort(), ['o', 'x'].flatMap((door) => [`azul.${door}.${arena.partition}.${docname}`, `azul.${door}.${arena.partition}.${docname}.*`])); // prettier-ignore
    assert.equal(Object.keys(aliases), [nameOf(docname)]);
    const indices = await opensearch<Record<string, unknown>>('GET', `/_alias/${nameOf(docname)}`);
    assert.equal(Object.keys(indices), [`azul.o.${arena.partition}.${docname}`]);
  }
});

test('are left alone by a second start', async () => {
  const before = { templates: await templates(), versions: await mappingVersions() };
  const { stderr } = await arena.fold();
  assert.match(stderr, /worker ends/);
  assert.equal({ templates: await templates(), versions: await mappingVersions() }, before);
});

test('are mended when one differs: settings, a field that is missing', async () => {
  const before = await templates();
  const changed = structuredClone(before[nameOf('status')]!);
  changed.settings = { ...changed.settings, 'index.refresh_interval': '9s' };
  delete changed.mappings.properties['timestamp'];
  await opensearch('PUT', `/_template/${nameOf('status')}`, changed);
  await arena.fold();
  assert.equal(await templates(), before);
});

test('of another version keep a worker from starting, and stay as they are', async () => {
  const before = await templates();
  const other = { ...before[nameOf('plugin')]!, version: 20240101 };
  await opensearch('PUT', `/_template/${nameOf('plugin')}`, other);
  const { stderr } = await arena.run(['worker', '--until-idle'], {}, 1);
  assert.match(stderr, /MF_TEMPLATE_VERSION/);
  assert.match(stderr, /20240101/);
  assert.is((await templates())[nameOf('plugin')]!.version, 20240101);
  await arena.run(['force-update-templates']);
  assert.equal(await templates(), before);
  await arena.fold();
});

test('of sources with settings of their own are put beside the others', async () => {
  arena.settings.metastore_sources['s1'] = { elastic: { 'index.number_of_replicas': 0 } };
  arena.saveSettings();
  await arena.fold();
  const name = `azul.${arena.partition}.binary2.s1prop`;
  test.closing(() => opensearch('DELETE', `/_template/${name}`));
  const { order, index_patterns } = (await opensearch<Record<string, Template>>('GET', `/_template/${name}`))[name]!;
  assert.is(order, 'binary2.s1'.length + 10);
  assert.equal(index_patterns.sort(), ['o', 'x'].flatMap((door) => [`azul.${door}.${arena.partition}.binary2.s1`, `azul.${door}.${arena.partition}.binary2.s1.*`])); // prettier-ignore
});
