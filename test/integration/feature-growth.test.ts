/** New feature names: two workers at once, names that can't be mapped, names that nobody can map. */
import * as assert from 'uvu/assert';
import type { OutgoingRecord } from '../../streams/producer.js';
import { inArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { binaryRecord, enrichedEvent, feature } from '../helpers/records.js';

const test = integration('feature growth');

function record(arena: Arena, key: string, names: readonly string[], source = 's2'): OutgoingRecord {
  const features = names.map((name) => feature({ name, value: `${name} of ${key}` }));
  return binaryRecord(arena.prefix, enrichedEvent(key, { source: { name: source }, entity: { sha256: key, features } }));
}

interface Template {
  readonly mappings: { readonly properties: { readonly features_map: { readonly properties: Record<string, unknown> } } };
}

async function templateNames({ partition }: Arena): Promise<string[]> {
  const name = `azul.${partition}.binary2`;
  const answer = await opensearch<Record<string, Template>>('GET', `/_template/${name}`);
  return Object.keys(answer[name]!.mappings.properties.features_map.properties);
}

interface Source {
  readonly features_map: Record<string, string[]>;
  readonly num_feature_names: number;
  readonly features: readonly { readonly name: string }[];
}

async function sourceOf({ partition }: Arena, sha256: string): Promise<Source | undefined> {
  const path = `/azul.x.${partition}.binary2.${sha256[0]!}/_doc/${sha256}.plugin.meta.enriched.LOW?routing=${sha256}`;
  return (await opensearch<{ _source?: Source }>('GET', path, undefined, [404]))._source;
}

const metricsOf = (stderr: string): number => Number(/"deadLetters":(\d+)/.exec(stderr)?.[1]);

test('two workers with different new names at once lose no name and no document', () =>
  inArena(async (arena) => {
    const names = Array.from({ length: 40 }, (_, n) => `name ${String(n)}`);
    // A topic for each worker; every record brings a name that nobody has seen.
    const records = names.map((name, n) => record(arena, `a${String(n)}`, [name, 'common'], n % 2 === 0 ? 's1' : 's2'));
    await arena.send(records);
    const slowly = { METAFOLD_FETCH_RECORDS: '1', METAFOLD_BULK_BYTES: '1024', METAFOLD_BULK_CONCURRENCY: '3' };
    const workers = await Promise.all([arena.fold(slowly), arena.fold(slowly)]);
    assert.equal(workers.map(({ stderr }) => metricsOf(stderr)), [0, 0]); // prettier-ignore
    for (const [n, name] of names.entries())
      assert.ok((await sourceOf(arena, `a${String(n)}`))?.features_map[name], `document with ${name}`);
    // A template write may lose what another worker wrote at the same time; then a document asks for it again.
    assert.ok((await templateNames(arena)).includes('common'));
  }));

test('a name that clashes with a mapped one is left out of features_map; all else of its document stays', () =>
  inArena(async (arena) => {
    await arena.send([record(arena, 'b1', ['a'])]);
    await arena.fold();
    await arena.send([record(arena, 'b2', ['a.b', 'fine']), record(arena, 'b3', ['new'])]);
    const { stderr } = await arena.fold();
    assert.is(metricsOf(stderr), 0);
    assert.match(stderr, /"name":"a\.b".*feature name cannot be mapped/);
    const clashing = (await sourceOf(arena, 'b2'))!;
    assert.equal(clashing.features_map, { fine: ['fine of b2'] });
    assert.is(clashing.num_feature_names, 2);
    assert.equal(clashing.features.map(({ name }) => name), ['a.b', 'fine']); // prettier-ignore
    assert.equal((await sourceOf(arena, 'b3'))!.features_map, { new: ['new of b3'] });
    assert.equal((await templateNames(arena)).sort(), ['a', 'fine', 'new']);
  }));

test('a name whose place is taken by an object is left out too', () =>
  inArena(async (arena) => {
    await arena.send([record(arena, 'b1', ['o.x'])]);
    await arena.fold();
    await arena.send([record(arena, 'b2', ['o', 'fine']), record(arena, 'b3', ['o.x.y', 'fine'])]);
    assert.is(metricsOf((await arena.fold()).stderr), 0);
    assert.equal((await sourceOf(arena, 'b2'))!.features_map, { fine: ['fine of b2'] });
    assert.equal((await sourceOf(arena, 'b3'))!.features_map, { fine: ['fine of b3'] });
  }));

test('impossible names send their document to the dead letter, beside new names that are grown', () =>
  inArena(async (arena) => {
    const impossible = ['', '.x', 'x..y'];
    await arena.send([
      ...impossible.map((name, n) => record(arena, `c${String(n)}`, [name, `beside ${String(n)}`])),
      record(arena, 'd1', ['possible', 'trailing.', '_id', '*?', 'ünï', ' ']),
    ]);
    const { stderr } = await arena.fold();
    assert.is(metricsOf(stderr), impossible.length);
    for (let n = 0; n < impossible.length; n++) assert.is(await sourceOf(arena, `c${String(n)}`), undefined);
    assert.is(Object.keys((await sourceOf(arena, 'd1'))!.features_map).length, 6);
  }));

test('names survive a second start, which changes no template', () =>
  inArena(async (arena) => {
    await arena.send([record(arena, 'f1', ['kept', 'deep.er'])]);
    await arena.fold();
    const before = await opensearch('GET', `/_template/azul.${arena.partition}.*`);
    await arena.send([record(arena, 'f2', ['kept', 'deep.er'])]);
    const { stderr } = await arena.fold();
    assert.not.match(stderr, /feature names added/);
    assert.equal(await opensearch('GET', `/_template/azul.${arena.partition}.*`), before);
    await arena.send([record(arena, 'e3', ['kept', 'deep.est'])]);
    await arena.fold();
    assert.equal((await templateNames(arena)).sort(), ['deep.er', 'deep.est', 'kept']);
  }));
