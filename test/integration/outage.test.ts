/** Servers that stop answering in the middle of a fold: nothing is lost, nothing crashes, memory stays bounded and everybody can see it. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { signalService, type ServiceName } from '../../src/stack/index.js';
import { inArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import type { RunningCommand } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const HISTORY = 'history-plain';
/** A fold that lasts a few seconds and lets little be under way. */
const SLOWLY = {
  METAFOLD_FETCH_RECORDS: '10',
  METAFOLD_BULK_BYTES: '4096',
  METAFOLD_BULK_CONCURRENCY: '1',
  METAFOLD_MAX_IN_FLIGHT_BYTES: '1048576',
  METASTORE_PROMETHEUS_PORT: '18900',
};
const MEMORY_BOUND_KB = 400 * 1024;
const test = integration('outage');
const running: RunningCommand[] = [];

/** Stops a server for a while; it goes on whatever happens meanwhile. */
async function without(service: ServiceName, action: () => Promise<void>): Promise<void> {
  const { dataDir } = testStack();
  signalService(dataDir, service, 'SIGSTOP');
  try {
    await action();
  } finally {
    signalService(dataDir, service, 'SIGCONT');
  }
}

async function startedFold(arena: Arena): Promise<{ worker: RunningCommand; url: string }> {
  const worker = arena.start(['worker', '--until-idle'], SLOWLY);
  running.push(worker);
  await waitFor(() => /"projection":"binary".*partitions assigned/.test(worker.log()), {
    timeoutMs: 60_000,
    what: 'partitions',
    intervalMs: 10,
  });
  const port = /"port":(\d+),"msg":"metrics, healthz/.exec(worker.log())![1]!;
  return { worker, url: `http://127.0.0.1:${port}` };
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

function residentKilobytes({ process }: RunningCommand): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(process.pid)}/status`, 'utf8'))?.[1]);
}

async function assertFinished(arena: Arena, { outcome }: RunningCommand): Promise<void> {
  const { code, stderr } = await outcome;
  assert.is(code, 0, stderr);
  assert.match(stderr, /"deadLetters":0/);
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
}

test('OpenSearch that stops for a while: shown, waited for, nothing lost', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY, '--repeat', '3');
    const { worker, url } = await startedFold(arena);
    assert.is((await fetch(`${url}/readyz`)).status, 200);
    const most = { kilobytes: 0 };
    const sampling = setInterval(() => (most.kilobytes = Math.max(most.kilobytes, residentKilobytes(worker))), 200);
    await without('opensearch', async () => {
      const unready = async (): Promise<string | undefined> => {
        const response = await fetch(`${url}/readyz`);
        return response.status === 503 ? response.text() : undefined;
      };
      const answer = (await waitFor(unready, { timeoutMs: 30_000, what: 'readyz to say 503' }))!;
      assert.match(answer, /OpenSearch/);
      assert.is((await fetch(`${url}/healthz`)).status, 200);
      assert.ok(
        (await waitFor(() => metric(url, 'metafold_opensearch_outage_seconds'), { timeoutMs: 5_000, what: 'the outage metric' })) > 4,
      );
      await sleep(5_000); // an outage has to last
      assert.ok((await metric(url, 'metafold_in_flight_bytes')) < 4 * 1024 * 1024);
      assert.is(worker.process.exitCode, null);
    });
    clearInterval(sampling);
    await assertFinished(arena, worker);
    assert.match(worker.log(), /OpenSearch takes documents again/);
    assert.ok(most.kilobytes > 0 && most.kilobytes < MEMORY_BOUND_KB, `${most.kilobytes} kB resident`);
  }));

test('Kafka that stops for a few seconds: nothing lost', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY, '--repeat', '3');
    const { worker } = await startedFold(arena);
    await without('kafka', () => sleep(5_000)); // an outage has to last
    assert.is(worker.process.exitCode, null);
    await assertFinished(arena, worker);
  }));

test('a worker that finds no OpenSearch, or no Kafka, says which and ends', () =>
  inArena(async (arena) => {
    const nobody = '127.0.0.1:9';
    // Both at once: each is given some time to come up.
    const [noOpenSearch, noKafka] = await Promise.all([
      arena.run(['worker', '--until-idle'], { METASTORE_OPENSEARCH_URL: `http://${nobody}` }, 1),
      arena.run(['worker', '--until-idle'], { METAFOLD_KAFKA_BROKERS: nobody }, 1),
    ]);
    assert.match(noOpenSearch.stderr, /MF_OPENSEARCH: .*127\.0\.0\.1:9/);
    assert.match(noKafka.stderr, /MF_KAFKA: /);
  }));
