/** What a worker tells on its port after a fold. */
import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import type { RunningCommand } from '../helpers/metafold.js';

const HISTORY = 'history-plain';
const test = integration('metrics');
let arena: Arena;
let worker: RunningCommand;
let port: string;
let url: string;

type Samples = Map<string, number>;

/** Samples of one metric by their labels, as they are written. */
async function samples(name: string): Promise<Samples> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = [...text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'))];
  return new Map(found.map(([, labels = '', value]) => [labels, Number(value)]));
}

const sum = (list: Samples, part = ''): number =>
  [...list].filter(([labels]) => labels.includes(part)).reduce((total, [, value]) => total + value, 0);

test.setup(async () => {
  arena = createArena({ METASTORE_PROMETHEUS_PORT: '18910', METAFOLD_COMMIT_INTERVAL_MS: '500' });
  test.closing(() => arena.close());
  await arena.publish(HISTORY);
  await arena.send([{ topic: `azul.${arena.prefix}.system.plugin`, key: 'broken', value: Buffer.from('broken') }, { topic: `azul.${arena.prefix}.system.plugin`, key: 'gone', value: null }]); // prettier-ignore
  worker = arena.start(['worker']);
  await waitFor(() => /metrics, healthz/.test(worker.log()), { timeoutMs: 60_000, what: 'the port' });
  port = /"port":(\d+),"msg":"metrics, healthz/.exec(worker.log())![1]!;
  url = `http://127.0.0.1:${port}`;
  await waitFor(async () => {
    const lag = await samples('metafold_lag');
    return lag.size > 0 && sum(lag) === 0 && sum(await samples('metafold_records_total')) === 1016;
  }, { timeoutMs: 120_000, what: 'the lag to become zero' }); // prettier-ignore
});

test('counts what was ingested by type, status and plugin, as azul-metastore does', async () => {
  const ingested = await samples('azul_ingest_total');
  assert.is(ingested.get('{type="plugin",status="success",plugin="plugin00-1.0"}'), 1);
  assert.is(sum(ingested, 'type="plugin",status="success"'), 18);
  assert.is(sum(ingested, 'type="download",status="success"'), 3);
  assert.is(sum(ingested, 'type="status",status="success"'), 310);
  assert.ok(sum(ingested, '{type="binary",status="success",plugin="root-binary-creation"}') > 50);
});

test('counts records, dead letters and tombstones', async () => {
  const records = await samples('metafold_records_total');
  assert.equal([...records].sort(), [['{projection="binary"}', 683], ['{projection="download"}', 3], ['{projection="plugin"}', 20], ['{projection="status"}', 310]]); // prettier-ignore
  assert.equal([...(await samples('metafold_dead_letters_total'))], [['{projection="plugin",class="Malformed"}', 1]]);
  assert.equal([...(await samples('metafold_tombstones_total'))], [[`{topic="azul.${arena.prefix}.system.plugin"}`, 1]]);
});

test('tells the lag of every partition', async () => {
  const lag = await samples('metafold_lag');
  assert.ok([...lag.keys()].includes(`{projection="binary",topic="azul.${arena.prefix}.s1.binary.sourced",partition="0"}`));
  assert.is(sum(lag), 0);
});

test('is healthy and ready, and knows no other path or method', async () => {
  assert.is((await fetch(`${url}/healthz`)).status, 200);
  assert.is((await fetch(`${url}/readyz`)).status, 200);
  assert.is((await fetch(`${url}/`)).status, 404);
  assert.is((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405);
});

test('takes another port when its own is taken', async () => {
  const { stderr } = await arena.fold({ METASTORE_PROMETHEUS_PORT: port });
  assert.match(stderr, /port for metrics is taken/);
});

test('ends with 143 on SIGTERM', async () => {
  worker.process.kill('SIGTERM');
  assert.is((await worker.outcome).code, 143);
});
