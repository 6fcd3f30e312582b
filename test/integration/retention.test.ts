/** What retention has taken from the log is carried over into a rebuild. */
import Kafka from '@confluentinc/kafka-javascript';
import * as assert from 'uvu/assert';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const HISTORY = 'history-plain';
const test = integration('retention');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish(HISTORY, '--partitions', '2');
  await arena.fold();
});

/** Takes a part of all records of the topics away from their beginning, as retention does. */
async function expire(pattern: string, share: number): Promise<number> {
  const { brokers } = testStack();
  const reader = createGroupLagReader(brokers, {});
  const partitions = (await reader.lag('metafold-test', [`^azul\\.${arena.prefix}\\.${pattern}$`]))
    .map(({ topic, partition, low, high }) => ({
      topic,
      partition,
      offset: low + Math.ceil((high - low) * share),
      gone: Math.ceil((high - low) * share),
    })) // prettier-ignore
    .filter(({ gone }) => gone > 0);
  reader.close();
  const admin = Kafka.AdminClient.create({ 'metadata.broker.list': brokers });
  await new Promise<void>((resolve, reject) => {
    const wanted = partitions.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    admin.deleteRecords(wanted, { timeout: 10_000 }, (error) => (error ? reject(new Error(error.message)) : resolve()));
  }).finally(() => admin.disconnect());
  return partitions.reduce((sum, { gone }) => sum + gone, 0);
}

interface Rebuilt {
  readonly carried_over: number;
  readonly lost: number;
  readonly refused: number;
}

async function rebuild(): Promise<Rebuilt> {
  return (JSON.parse((await arena.run(['rebuild', '--json'])).stdout) as { result: Rebuilt }).result;
}

test('leaves documents as they were, whether a part of their records is gone or all', async () => {
  const expected = expectedDocuments(HISTORY, arena.partition);
  assert.ok((await expire('.*', 0.5)) > 300);
  const half = await rebuild();
  assert.ok(half.carried_over > 100, JSON.stringify(half));
  assert.is(half.refused, 0);
  assert.equal(differences(await arena.documents(), expected), []);
  assert.ok((await expire('[a-z0-9]+\\.binary\\.[a-z]+', 1)) > 100);
  assert.ok((await expire('system\\.(status|plugin|expedite|download)', 1)) > 100);
  const all = await rebuild();
  assert.ok(all.carried_over > half.carried_over, JSON.stringify(all));
  assert.equal(differences(await arena.documents(), expected), []);
});

test('has a rebuild copy what azul-metastore wrote without provenance, where it is not folded from the log', async () => {
  const active = await opensearch<Record<string, object>>('GET', `/_alias/azul.${arena.partition}.plugin`);
  const index = Object.keys(active).find((name) => name.startsWith('azul.o.'))!;
  const document = {
    model_version: 6,
    timestamp: '2026-03-01T00:00:00Z',
    author: { name: 'old' },
    entity: { name: 'old', version: '1' },
    security: 'LOW',
    encoded_security: { exclusive: ['s-low'], inclusive: ['s-any'], markings: ['s-any'], num_exclusive: 1 },
  };
  await opensearch('PUT', `/${index}/_doc/old?refresh=true`, document);
  await rebuild();
  const found = await opensearch<{ hits: { hits: { _index: string; _source: object }[] } }>(
    'GET',
    `/azul.${arena.partition}.plugin/_search?q=_id:old`,
  );
  assert.is(found.hits.hits.length, 1);
  assert.not.equal(found.hits.hits[0]!._index, index);
  assert.equal(found.hits.hits[0]!._source, document);
});
