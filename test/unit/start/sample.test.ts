import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../../src/config/index.js';
import { generateHistory } from '../../../src/generate/index.js';
import {
  countSample,
  planPublication,
  sampleEnvironment,
  sampleLines,
  sampleName,
  writeSampleSettings,
} from '../../../src/start/sample.js';

const test = suite('sample of metafold start');
const NOBODY = { documents: 0, lag: 0 };

function ends(entries: Record<string, number>, partitions = 1): Map<string, { partitions: number; low: number; high: number }> {
  return new Map(Object.entries(entries).map(([topic, high]) => [topic, { partitions, low: 0, high }]));
}

const EXPECTED = new Map([
  ['a', 10],
  ['b', 5],
]);

test('publishes all where nothing is', () => {
  assert.equal(planPublication(EXPECTED, new Map(), NOBODY), { records: 15, skip: new Map() });
});

test('publishes nothing where all is, folded or not, and whatever retention has taken since', () => {
  for (const state of [
    { documents: 15, lag: 0 },
    { documents: 0, lag: 15 },
    { documents: 3, lag: 4 },
  ]) {
    assert.is(planPublication(EXPECTED, ends({ a: 10, b: 5 }), state).records, 0);
  }
  const retained = new Map([
    ['a', { partitions: 1, low: 10, high: 10 }],
    ['b', { partitions: 1, low: 5, high: 6 }],
  ]);
  assert.is(planPublication(EXPECTED, retained, { documents: 15, lag: 0 }).records, 0);
});

test('publishes all again where neither documents are nor anything to fold', () => {
  assert.equal(planPublication(EXPECTED, ends({ a: 10, b: 5 }), NOBODY), { records: 15, skip: new Map() });
});

test('goes on where a publication was cut short', () => {
  const plan = planPublication(EXPECTED, ends({ a: 4, b: 9 }), { documents: 2, lag: 1 });
  assert.is(plan.records, 6);
  assert.equal([plan.skip.get('a'), plan.skip.get('b')], [4, 5]);
});

test('does not guess which records are there in a topic of several partitions', () => {
  const plan = planPublication(EXPECTED, ends({ a: 4, b: 5 }, 3), { documents: 2, lag: 1 });
  assert.is(plan.records, 10);
  assert.equal([plan.skip.get('a'), plan.skip.get('b')], [0, 5]);
});

async function linesOf(binaries: number, skip: ReadonlyMap<string, number>): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of sampleLines(binaries, skip)) lines.push(...batch.map(({ text }) => text));
  return lines;
}

test('gives the whole history, and without the skipped beginnings exactly the rest', async () => {
  const history = [...generateHistory({ binaries: 40, seed: 1, prefix: sampleName(40) })];
  const counts = countSample(40);
  assert.equal(
    await linesOf(40, new Map()),
    history.map(({ line }) => line),
  );
  const topic = [...counts].find(([, count]) => count > 20)![0];
  const skip = new Map([[topic, 7]]);
  let seen = 0;
  const rest = history.filter((line) => line.topic !== topic || ++seen > 7);
  assert.equal(
    await linesOf(40, skip),
    rest.map(({ line }) => line),
  );
  assert.equal(await linesOf(40, counts), []);
  assert.is(
    [...counts.values()].reduce((sum, count) => sum + count, 0),
    history.length,
  );
});

test('keeps samples of different sizes apart', () => {
  assert.equal([sampleName(500), sampleName(20)], ['sample', 'sample20']);
});

test('makes an environment that reaches the stack and knows nothing of another installation', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-start-'));
  try {
    const file = writeSampleSettings(folder, 30);
    assert.ok(existsSync(file));
    const stack = {
      METAFOLD_KAFKA_BROKERS: '127.0.0.1:1',
      METASTORE_OPENSEARCH_URL: 'http://127.0.0.1:2',
      METASTORE_STATUS_INDEX_CONFIG: '{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"5s"}',
    };
    const base = {
      PATH: '/bin',
      metastore_partition: 'prod',
      METAFOLD_KAFKA_BROKERS: 'elsewhere:9',
      METASTORE_LOG_LEVEL: 'DEBUG',
      SECURITY_DEFAULT: 'X',
    };
    const env = sampleEnvironment(base, stack, file);
    assert.is(env['PATH'], '/bin');
    assert.is(env['SECURITY_DEFAULT'], undefined);
    const config = await loadConfig(env, { need: ['kafka', 'opensearch', 'security'] });
    assert.equal(
      [config.partition, config.topicPrefix, config.kafka.brokers, config.opensearch.url, config.logLevel],
      ['sample30', 'sample30', '127.0.0.1:1', 'http://127.0.0.1:2', 'debug'],
    );
    assert.match(env['METASTORE_STATUS_INDEX_CONFIG']!, '"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"1s"');
    assert.is((JSON.parse(readFileSync(file, 'utf8')) as { metastore_partition: string }).metastore_partition, 'sample30');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
