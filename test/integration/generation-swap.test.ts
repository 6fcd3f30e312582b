/** The swap of the read aliases: atomic for readers, and completed by whoever comes next after a crash between any two of its steps. */
import { Client } from '@opensearch-project/opensearch';
import * as assert from 'uvu/assert';
import { readIndices, readTemplates } from '../../src/generations/indices.js';
import { swapAlias } from '../../src/generations/swap.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const test = integration('generation swap');
let arena: Arena;
let client: Client;
let base: string;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  client = new Client({ node: testStack().opensearchUrl });
  test.closing(() => client.close());
  base = arena.partition;
  for (const [partition, active] of [[base, true], [`${base}-g2`, false]] as const) await makeGeneration(partition, active); // prettier-ignore
});

/** A template and two indices with one document each, named by the generation. */
async function makeGeneration(partition: string, active: boolean): Promise<void> {
  await opensearch('PUT', `/_template/azul.${partition}.plugin`, {
    order: 1,
    index_patterns: ['o', 'x'].flatMap((door) => [`azul.${door}.${partition}.plugin`, `azul.${door}.${partition}.plugin.*`]),
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    aliases: active ? { [alias()]: {} } : {},
  });
  for (const door of ['o', 'x']) {
    await opensearch('PUT', `/azul.${door}.${partition}.plugin/_doc/1?refresh=true`, { generation: partition });
  }
}

const alias = (): string => `azul.${base}.plugin`;

/** Generations that a reader sees. */
async function seen(): Promise<string[]> {
  const { hits } = await opensearch<{ hits: { hits: { _source: { generation: string } }[] } }>('GET', `/${alias()}/_search`);
  return hits.hits.map(({ _source }) => _source.generation).sort();
}

/** A client whose process dies before its n-th change of the cluster. */
function dyingClient(changes: number): Client {
  let left = changes;
  const request: Client['transport']['request'] = (params: { method: string }, options: object) => {
    if (params.method !== 'GET' && left-- === 0) throw new Error('killed');
    return client.transport.request(params as never, options);
  };
  return { transport: { request } } as unknown as Client;
}

async function assertSwappedTo(generation: number): Promise<void> {
  const partition = generation === 1 ? base : `${base}-g${generation}`;
  assert.equal(await seen(), [partition, partition]);
  for (const index of await readIndices(client, base, 'plugin')) assert.is(index.aliased, index.generation === generation, index.index);
  for (const { name, generation: other, stored } of await readTemplates(client, base, 'plugin')) {
    assert.is(Object.hasOwn(stored.aliases ?? {}, alias()), other === generation, name);
  }
}

test('shows one generation, then the other, there and back', async () => {
  assert.ok(await swapAlias(client, base, 'plugin', 2));
  await assertSwappedTo(2);
  assert.not.ok(await swapAlias(client, base, 'plugin', 2), 'nothing is left to do');
  assert.ok(await swapAlias(client, base, 'plugin', 1));
  await assertSwappedTo(1);
});

test('is completed after a crash before any of its steps, and readers see one whole generation at every moment', async () => {
  let crashes = 0;
  for (let changes = 0; ; changes++) {
    const target = changes % 2 === 0 ? 2 : 1;
    const error = await swapAlias(dyingClient(changes), base, 'plugin', target).then(
      () => undefined,
      (reason: unknown) => (reason as Error).message,
    );
    const whole = await seen();
    assert.is(whole.length, 2);
    assert.is(whole[0], whole[1]);
    if (error === undefined) {
      await assertSwappedTo(target);
      break;
    }
    assert.is(error, 'killed');
    crashes++;
    await swapAlias(client, base, 'plugin', target);
    await assertSwappedTo(target);
  }
  assert.is(crashes, 3, 'a swap has three steps');
});

test('gives the alias to an index that the generation got meanwhile, and refuses a generation without any', async () => {
  await swapAlias(client, base, 'plugin', 1);
  await opensearch('PUT', `/azul.x.${base}-g2.plugin.late`);
  await swapAlias(client, base, 'plugin', 2);
  await opensearch('PUT', `/azul.x.${base}-g2.plugin.later`);
  await opensearch('PUT', `/azul.x.${base}.plugin.stray`);
  const indices = await readIndices(client, base, 'plugin');
  assert.equal(
    indices.filter(({ aliased }) => aliased).map(({ index }) => index).sort(), // prettier-ignore
    [`azul.o.${base}-g2.plugin`, `azul.x.${base}-g2.plugin`, `azul.x.${base}-g2.plugin.late`, `azul.x.${base}-g2.plugin.later`],
  );
  await swapAlias(client, base, 'plugin', 3).then(
    () => assert.unreachable('a generation without indices became active'),
    (error: unknown) => assert.match((error as Error).message, /has no index of plugin/),
  );
});
