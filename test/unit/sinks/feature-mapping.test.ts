import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createFeatureMapping,
  featureNamesOf,
  isImpossibleName,
  withoutFeatures,
  type MappingStore,
} from '../../../src/sinks/feature-mapping.js';

const test = suite('feature mapping');

class NameFault extends Error {}

interface Fixture {
  readonly mapping: ReturnType<typeof createFeatureMapping>;
  readonly calls: string[];
  readonly told: string[];
  fail: (names: readonly string[]) => Error | undefined;
  release(): void;
}

/** A store that refuses by a function of the names; with `held`, updates wait for `release`. */
function createFixture(held = false): Fixture {
  let release: () => void = () => undefined;
  let gate = held ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();
  const calls: string[] = [];
  const told: string[] = [];
  const fixture: Fixture = {
    calls,
    told,
    fail: () => undefined,
    release: () => {
      gate = Promise.resolve();
      release();
    },
    mapping: undefined as never,
  };
  const store: MappingStore = {
    extendTemplate: async (names) => {
      calls.push(names.join());
      await gate;
      const error = fixture.fail(names);
      if (error) throw error;
    },
    extendIndices: () => Promise.resolve(),
  };
  const mapping = createFeatureMapping(store, (error) => error instanceof NameFault, {
    onGrown: (names) => void told.push(`grown ${names.join()}`),
    onUnmappable: (name) => void told.push(`unmappable ${name}`),
    onDropped: (id) => void told.push(`dropped ${id}`),
  });
  return Object.assign(fixture, { mapping });
}

test('joins what is asked while an update is under way into the next one', async () => {
  const fixture = createFixture(true);
  const first = fixture.mapping.grow(['a']);
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  const later = [fixture.mapping.grow(['b']), fixture.mapping.grow(['c', 'b'])];
  fixture.release();
  await Promise.all([first, ...later]);
  assert.equal(fixture.calls, ['a', 'b,c']);
});

test('tries names one by one when they are refused together, and names the culprits', async () => {
  const fixture = createFixture();
  fixture.fail = (names) => (names.includes('bad') ? new NameFault('clash') : undefined);
  assert.equal([...(await fixture.mapping.grow(['a', 'bad', 'b']))], ['bad']);
  assert.equal(fixture.calls, ['a,bad,b', 'a', 'bad', 'b']);
  assert.equal(fixture.told, ['unmappable bad', 'grown a,b']);
});

test('does not ask for an unmappable name again', async () => {
  const fixture = createFixture();
  fixture.fail = (names) => (names.includes('bad') ? new NameFault('clash') : undefined);
  await fixture.mapping.grow(['bad']);
  assert.equal([...(await fixture.mapping.grow(['bad']))], ['bad']);
  assert.equal(fixture.calls, ['bad', 'bad']);
});

test('decides nothing when the server can’t be asked, and asks again the next time', async () => {
  const fixture = createFixture();
  fixture.fail = () => new Error('away');
  const failed = await fixture.mapping.grow(['a']).then(() => 'grown', (error: unknown) => String(error)); // prettier-ignore
  assert.is(failed, 'Error: away');
  fixture.fail = () => undefined;
  assert.equal([...(await fixture.mapping.grow(['a']))], []);
  assert.equal(fixture.calls, ['a', 'a']);
});

test('knows names that nobody can map', () => {
  for (const name of ['', '.', '.x', 'x..y']) assert.ok(isImpossibleName(name), JSON.stringify(name));
  for (const name of [' ', 'x.', 'x.y', '_id', '*', '\t']) assert.not(isImpossibleName(name), JSON.stringify(name));
});

test('takes names out of features_map and leaves all other text as it is', () => {
  const body = '{"features":[{"name":"a"}],"n":1.0,"features_map":{"a":["1"],"b \\"q":["2","3"]},"big":123456789012345678901}';
  assert.equal(featureNamesOf(body), ['a', 'b "q']);
  assert.is(
    withoutFeatures(body, new Set(['a'])),
    '{"features":[{"name":"a"}],"n":1.0,"features_map":{"b \\"q":["2","3"]},"big":123456789012345678901}',
  );
  assert.is(
    withoutFeatures(body, new Set(['a', 'b "q'])),
    '{"features":[{"name":"a"}],"n":1.0,"features_map":{},"big":123456789012345678901}',
  );
  assert.is(withoutFeatures(body, new Set(['c'])), undefined);
  assert.is(withoutFeatures('{"n":1}', new Set(['a'])), undefined);
  assert.equal(featureNamesOf('{"n":1}'), []);
});

test.run();
