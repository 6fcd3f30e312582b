import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import kafkaClient from '@confluentinc/kafka-javascript';
import { Client } from '@opensearch-project/opensearch';
import * as assert from 'uvu/assert';
import { signalService, stackStatus, stackUp } from '../../src/stack/index.js';
import { integration, waitFor } from '../helpers/integration.js';
import { metafold } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const stack = testStack();
const name = `metafold-stack-test-${randomUUID()}`;
const test = integration('local stack');

function redis(command: string): Promise<string> {
  const { hostname, port } = new URL(stack.redisUrl);
  return new Promise((done, fail) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(command));
    socket.once('error', fail);
    socket.once('data', (data) => {
      socket.destroy();
      done(data.toString());
    });
  });
}

test('Kafka keeps and returns records of the size that the platform writes', async () => {
  const { Kafka } = kafkaClient.KafkaJS;
  const kafka = new Kafka({ 'bootstrap.servers': stack.brokers });
  const admin = kafka.admin();
  await admin.connect();
  test.closing(() => admin.disconnect());
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1, replicationFactor: 1 }] });
  test.closing(() => admin.deleteTopics({ topics: [name] }));
  const producer = kafka.producer({ 'message.max.bytes': 4_194_304 });
  await producer.connect();
  test.closing(() => producer.disconnect());
  const value = Buffer.alloc(3 * 1024 * 1024, 7);
  await producer.send({ topic: name, messages: [{ key: 'k', value }] });
  const received: number[] = [];
  const consumer = kafka.consumer({ 'group.id': name, 'auto.offset.reset': 'earliest' });
  await consumer.connect();
  test.closing(() => consumer.disconnect());
  await consumer.subscribe({ topic: name });
  await consumer.run({
    eachMessage: ({ message }) => {
      received.push(message.value?.length ?? 0);
      return Promise.resolve();
    },
  });
  await waitFor(() => received.length > 0, { timeoutMs: 30_000, what: 'the record' });
  assert.equal(received, [value.length]);
});

test('OpenSearch has the modules that the documents need: join fields, scripts, analysis, binary vectors', async () => {
  const client = new Client({ node: stack.opensearchUrl });
  test.closing(() => client.close());
  const vector = {
    type: 'knn_vector',
    dimension: 16,
    data_type: 'binary',
    space_type: 'hamming',
    method: { name: 'hnsw', engine: 'lucene' },
  };
  await client.indices.create({
    index: name,
    body: {
      settings: {
        number_of_replicas: 0,
        'index.knn': true,
        analysis: { analyzer: { paths: { type: 'custom', tokenizer: 'path_hierarchy', filter: ['lowercase'] } } },
      },
      mappings: {
        properties: { kind: { type: 'join', relations: { parent: 'child' } }, path: { type: 'text', analyzer: 'paths' }, vector },
      },
    } as never,
  });
  test.closing(() => client.indices.delete({ index: name }));
  await client.index({ index: name, id: '1', body: { kind: 'parent', path: '/A/b', vector: [1, 2] }, refresh: true });
  await client.update({
    index: name,
    id: '1',
    refresh: true,
    body: { script: { source: 'ctx._source.seen = params.n', params: { n: 3 } } },
  });
  const found = await client.search({
    index: name,
    body: { query: { bool: { must: [{ term: { path: '/a' } }, { term: { seen: 3 } }] } } },
  });
  assert.is(found.body.hits.hits.length, 1);
  const near = await client.search({ index: name, body: { query: { knn: { vector: { vector: [1, 3], k: 1 } } } } });
  assert.is(near.body.hits.hits[0]?._id, '1');
});

test('the registry gives a schema back by its id', async () => {
  const url = `${stack.registryUrl}/subjects/${name}-value`;
  const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] });
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const registered = await fetch(`${url}/versions`, { method: 'POST', headers, body: JSON.stringify({ schema }) });
  assert.is(registered.status, 200);
  const { id } = (await registered.json()) as { id: number };
  const read = (await (await fetch(`${stack.registryUrl}/schemas/ids/${String(id)}`)).json()) as { schema: string };
  assert.equal(JSON.parse(read.schema), JSON.parse(schema));
  assert.is((await fetch(url, { method: 'DELETE' })).status, 200);
});

test('Redis keeps a value', async () => {
  assert.is(await redis(`SET ${name} x EX 60\r\n`), '+OK\r\n');
  assert.is(await redis(`GET ${name}\r\n`), '$1\r\nx\r\n');
});

test('"stack status" says that all of it answers, and "stack env" how to reach it', async () => {
  const status = JSON.parse((await metafold(['stack', 'status', '--json', '--data', stack.dataDir], {})).stdout) as {
    ok: boolean;
    result: { services: { name: string; answering: boolean }[] };
  };
  assert.ok(status.ok);
  assert.equal(
    status.result.services.map(({ name: service, answering }) => [service, answering]),
    [
      ['kafka', true],
      ['opensearch', true],
      ['registry', true],
      ['redis', true],
    ],
  );
  assert.match(
    (await metafold(['stack', 'env', '--data', stack.dataDir], {})).stdout,
    `export METASTORE_OPENSEARCH_URL=${stack.opensearchUrl}\n`,
  );
});

test('a service that is killed is seen as down and started again', async () => {
  const redisOf = async () => (await stackStatus({ data: stack.dataDir })).services.find((service) => service.name === 'redis')!;
  const before = await redisOf();
  signalService(stack.dataDir, 'redis', 'SIGSTOP');
  const stopped = await redisOf();
  signalService(stack.dataDir, 'redis', 'SIGCONT');
  assert.equal([stopped.running, stopped.answering], [true, false]);
  signalService(stack.dataDir, 'redis', 'SIGKILL');
  await waitFor(async () => !(await redisOf()).running, { timeoutMs: 10_000, what: 'the end of Redis' });
  await stackUp({ data: stack.dataDir }, () => undefined);
  const after = await redisOf();
  assert.ok(after.answering);
  assert.is.not(after.pid, before.pid);
  assert.is(await redis(`GET ${name}\r\n`), '$1\r\nx\r\n', 'what was written before is still there');
});
