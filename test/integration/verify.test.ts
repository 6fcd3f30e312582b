/** Documents spoilt by hand are named, exactly these, and mended, exactly these. */
import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { change, compared, hits, nameOf, put, remove, told, type RawHit } from '../helpers/spoil.js';

const test = integration('verify and repair');
let arena: Arena;
/** What verify has to say, as `told` gives it. */
const spoilt: string[] = [];

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish('history-plain', '--partitions', '3');
  await arena.fold();
});

test('finds nothing wrong with what a worker has folded', async () => {
  const result = await compared(arena, ['verify']);
  assert.equal(told(result), []);
  assert.is(result.unverifiable, 0);
  assert.is(result.documents, expectedDocuments('history-plain', arena.partition).size);
});

const isParent = ({ _id, _routing }: RawHit): boolean => _id === _routing;

async function spoil(): Promise<void> {
  const binaries = await hits(arena, 'binary2');
  const children = new Map<string, RawHit[]>();
  for (const hit of binaries.filter((one) => !isParent(one))) children.set(hit._routing!, [...(children.get(hit._routing!) ?? []), hit]);
  const parents = new Map(binaries.filter(isParent).map((hit) => [hit._id, hit]));
  /** Of binaries with several documents, one each, so that nothing else follows from what is done to it. */
  const lone = [...children.values()].filter((list) => list.length > 2).map(([first]) => first!);
  const merged = [...children.values()].flat().filter(({ _source }) => _source.fold!.contributions.length > 1);
  const single = lone.filter(({ _source }) => _source.fold!.contributions.length === 1 && _source['num_feature_values'] !== undefined);
  const note = (kind: string, hit: Pick<RawHit, '_index' | '_id'>, ...paths: string[]): void =>
    void spoilt.push([kind, nameOf(hit), ...paths].join(' '));
  const next = (list: RawHit[]): RawHit => {
    const hit = list.shift();
    if (hit === undefined) throw new Error('the history has too few documents');
    return hit;
  };

  for (const fields of [{ track_author: 'nobody' }, { author: { name: 'nobody' } }]) {
    const hit = next(single);
    await change(hit, fields);
    note('different', hit, 'author' in fields ? 'author.name' : 'track_author');
  }
  for (const add of [1, 0.5]) {
    const hit = next(single);
    await put(hit, { ...hit._source, num_feature_values: (hit._source['num_feature_values'] as number) + add });
    note('different', hit, 'num_feature_values');
  }
  const removedField = next(single);
  await put(removedField, { ...removedField._source, num_feature_names: undefined });
  note('different', removedField, 'num_feature_names');
  const loser = next(merged);
  const fold = loser._source.fold!;
  await put(loser, { ...loser._source, fold: { ...fold, contributions: fold.contributions.slice(0, -1) } });
  note('different', loser, 'fold.contributions', ...(tokensOf(fold.contributions.slice(0, -1)) === tokensOf(fold.contributions) ? [] : ['fold.tokens'])); // prettier-ignore
  const tokens = next(merged);
  await change(tokens, { fold: { tokens: tokens._source.fold!.tokens.slice(1) } });
  note('different', tokens, 'fold.tokens');
  const foldless = next(single);
  const body = { ...foldless._source, fold: undefined };
  await put(foldless, body);
  note('different', foldless, 'fold.contributions');
  for (let i = 0; i < 2; i++) {
    const hit = next(single);
    await remove(hit);
    note('missing', hit);
  }
  const copied = next(single);
  const copy = { ...copied, _id: `${copied._id}.copy` };
  await put(copy, copied._source);
  note('extra', copy);
  const foreign = { ...copied, _id: `${copied._routing!}.by.hand` };
  await put(foreign, body);
  note('extra', foreign);
  for (const sha256 of [next(single)._routing!, next(single)._routing!]) {
    await remove(parents.get(sha256)!);
    note('missing', parents.get(sha256)!);
  }
  const broken = parents.get(next(single)._routing!)!;
  await change(broken, { security: 's-other' });
  note('different', broken, 'security');
  const orphan = { _index: broken._index, _id: 'f'.repeat(64), _routing: 'f'.repeat(64) };
  await put(orphan, broken._source);
  note('extra', orphan);

  const statuses = await hits(arena, 'status.*');
  await change(statuses[0]!, { entity: { status: 'heartbeat', runtime: 17.25 } });
  note('different', statuses[0]!, 'entity.status', 'entity.runtime');
  await remove(statuses[1]!);
  note('missing', statuses[1]!);
  const elsewhere = { ...statuses[2]!, _id: 'elsewhere' };
  await put(elsewhere, statuses[2]!._source);
  note('extra', elsewhere);
  const plugins = await hits(arena, 'plugin');
  await remove(plugins[0]!);
  note('missing', plugins[0]!);
}

function tokensOf(contributions: readonly Readonly<Record<string, unknown>>[]): string {
  return [...new Set(contributions.flatMap(({ tk }) => tk as string[]))].sort().join(' ');
}

test('names exactly the documents that were spoilt, with the paths that differ', async () => {
  await spoil();
  assert.is(spoilt.length, 20);
  const result = await compared(arena, ['verify'], 4);
  assert.equal(told(result), [...spoilt].sort());
});

test('a sample finds a part of them, the same every time', async () => {
  const some = told(await compared(arena, ['verify', '--sample', '0.4'], 4));
  assert.ok(some.length > 0 && some.length < spoilt.length, String(some.length));
  assert.ok(some.every((one) => spoilt.includes(one)));
  assert.equal(told(await compared(arena, ['verify', '--sample', '0.4'], 4)), some);
});

test('text for people', async () => {
  const { stdout, stderr } = await arena.run(['verify', 'plugin'], {}, 4);
  assert.match(stdout, /^missing {5}azul\.[ox]\.\S+\.plugin {2}.+\n.*: 1 missing, 0 extra, 0 different, 0 superseded; 0 unverifiable\n$/);
  assert.match(stderr, /log of plugin: /);
  assert.match(stderr, /MF_DIFFERENT/);
});

test('a dry run of repair writes nothing', async () => {
  const before = JSON.stringify([await hits(arena, 'binary2'), await hits(arena, 'status'), await hits(arena, 'plugin')]);
  const result = await compared(arena, ['repair']);
  assert.equal(told(result), [...spoilt].sort());
  assert.is(result.mended, 0);
  assert.is(JSON.stringify([await hits(arena, 'binary2'), await hits(arena, 'status'), await hits(arena, 'plugin')]), before);
});

test('repair mends them, and a second one finds nothing to do', async () => {
  const result = await compared(arena, ['repair', '--apply']);
  assert.equal([result.mended, result.failed], [20, 0]);
  assert.equal(told(await compared(arena, ['verify'])), []);
  assert.is((await compared(arena, ['repair', '--apply'])).mended, 0);
  assert.equal(differences(await arena.documents(), expectedDocuments('history-plain', arena.partition)), []);
});
