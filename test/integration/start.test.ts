import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@opensearch-project/opensearch';
import * as assert from 'uvu/assert';
import { stackStatus } from '../../src/stack/index.js';
import { processStartTime } from '../../src/stack/process.js';
import type { StartResult } from '../../src/start/result.js';
import { createTopicAdmin } from '../../streams/admin.js';
import { integration, waitFor } from '../helpers/integration.js';
import { metafold, startMetafold, type RunningCommand } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const stack = testStack();
const BINARIES = 37;
const NAME = `sample${String(BINARIES)}`;
const ARGS = ['start', '--data', stack.dataDir, '--binaries', String(BINARIES)];
const test = integration('metafold start on a stack that is up');

/** Topics, indices and templates of the sample, and its settings file. */
async function removeSample(): Promise<void> {
  const admin = createTopicAdmin({ brokers: stack.brokers, client: {} });
  const client = new Client({ node: stack.opensearchUrl });
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`azul.${NAME}.`));
    for (const topic of topics) await admin.deleteTopic(topic);
    await client.indices.delete({ index: `azul.o.${NAME}.*,azul.x.${NAME}.*`, ignore_unavailable: true });
    await client.indices.deleteTemplate({ name: `azul.${NAME}.*` }, { ignore: [404] });
  } finally {
    admin.close();
    await client.close();
  }
  rmSync(join(stack.dataDir, 'start'), { recursive: true, force: true });
}

test.setup(async () => {
  await removeSample();
  test.closing(removeSample);
});

async function untilFolded(): Promise<StartResult> {
  const { stdout } = await metafold([...ARGS, '--until-folded', '--json'], {});
  const answer = JSON.parse(stdout) as { ok: boolean; result: StartResult };
  assert.ok(answer.ok);
  return answer.result;
}

async function services(): Promise<(number | null)[]> {
  return (await stackStatus({ data: stack.dataDir })).services.map(({ pid }) => pid);
}

function isRunning(pid: number): boolean {
  return processStartTime(pid) !== undefined;
}

/** Starts without an end of its own, and waits until all is folded; closed when it is not ended by the test. */
interface Running {
  readonly command: RunningCommand;
  readonly worker: number;
  readonly server: number;
  readonly printed: string;
}

async function startAndFold(): Promise<Running> {
  const command = startMetafold(ARGS, {});
  test.closing(() => command.process.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  command.process.stdout!.on('data', (text: string) => (stdout += text));
  command.process.stderr!.on('data', (text: string) => (stderr += text));
  await waitFor(() => stdout.includes('Ctrl-C ends the worker'), { timeoutMs: 90_000, what: 'the requests to try' });
  const pid = (pattern: RegExp): number => Number(pattern.exec(stderr)?.[1]);
  return { command, worker: pid(/Worker: started \(pid (\d+)/), server: pid(/API: http\S+ \(pid (\d+)/), printed: stdout };
}

test('publishes a sample, folds it, gives queries that answer, and leaves the stack up', async () => {
  const before = await services();
  const result = await untilFolded();
  assert.ok(result.published > 200, String(result.published));
  assert.equal([result.events, result.read], [result.published, result.published]);
  assert.ok(result.documents > 200, String(result.documents));
  assert.is(result.rejected, 0);
  assert.equal([result.stack_was_running, result.ended], [true, ['api', 'worker']]);
  assert.equal(await services(), before);
  assert.is(result.requests.length, 4);
  assert.is(result.queries.length, 3);
  for (const { curl, hits } of result.queries) {
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    const answer = JSON.parse(stdout) as { hits: { total: { value: number } } };
    assert.is(answer.hits.total.value, hits);
    assert.ok(hits > 0, curl);
  }
});

test('publishes nothing the second time and shows what is there', async () => {
  const again = await untilFolded();
  assert.is(again.published, 0);
  assert.ok(again.documents > 200 && again.events > 200);
  assert.is(again.queries.length, 3);
});

test('publishes again when the documents are gone and nothing is left to fold', async () => {
  const client = new Client({ node: stack.opensearchUrl });
  const { documents } = await untilFolded();
  await client.indices.delete({ index: `azul.o.${NAME}.*,azul.x.${NAME}.*` });
  await client.close();
  const again = await untilFolded();
  assert.ok(again.published > 200, String(again.published));
  assert.is(again.documents, documents);
});

interface ApiAnswer {
  readonly status: number;
  readonly data: unknown;
  /** Of a look-up in a collection. */
  readonly object?: unknown;
}

/** What a printed command line answers when a shell runs it. */
async function runPrinted(curl: string): Promise<ApiAnswer> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `${curl} -w '\\n%{http_code}'`]);
  const end = stdout.lastIndexOf('\n');
  return { ...(JSON.parse(stdout.slice(0, end)) as ApiAnswer), status: Number(stdout.slice(end)) };
}

test('serves the sample over the API: what is printed answers', async () => {
  const { command, printed } = await startAndFold();
  const lines = printed.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('curl ')); // prettier-ignore
  const [find, summary, lookUp, plugins, ...others] = await Promise.all(lines.map(runPrinted));
  assert.equal([find?.status, summary?.status, lookUp?.status, plugins?.status, others.length], [200, 200, 200, 200, 0]);
  const { items, items_count: count } = find!.data as { items: { key: string; exists: boolean }[]; items_count: number };
  assert.ok(items.length > 0 && items.length <= 3 && count >= items.length && items.every(({ exists }) => exists));
  assert.match(lines[1]!, items[0]!.key);
  const { documents, features } = summary!.data as { documents: { count: number }; features: unknown[] };
  assert.ok(documents.count > 0 && features.length > 0);
  assert.match(lines[2]!, `/search/collection/sample-binaries/ccget?k=${items[0]!.key}`);
  const row = lookUp!.object as { eventdate: number; values: { source: string } };
  assert.ok(row.eventdate > 0 && row.values.source !== '');
  const rows = plugins!.data as { versions: string[]; newest_version: { name: string } }[];
  assert.ok(rows.length > 1 && rows.every(({ versions, newest_version }) => versions.length > 0 && newest_version.name !== ''));
  command.process.kill('SIGINT');
  await command.outcome;
});

test('runs once at a time, and Ctrl-C ends worker and API but not a stack that was up before', async () => {
  const before = await services();
  const { command, worker, server } = await startAndFold();
  const second = await metafold([...ARGS, '--until-folded'], {}, 1);
  assert.match(second.stderr, `runs already for ${stack.dataDir} (pid ${String(command.process.pid)})`);
  assert.ok(isRunning(worker) && isRunning(server));
  command.process.kill('SIGINT');
  const { code, stdout } = await command.outcome;
  assert.is(code, 130);
  assert.match(stdout, 'Ended: api, worker. What was up before stays up');
  assert.not(isRunning(worker) || isRunning(server));
  assert.equal(await services(), before);
});

test('says so and fails when the worker dies', async () => {
  const { command, worker } = await startAndFold();
  process.kill(worker, 'SIGKILL');
  const { code, stderr } = await command.outcome;
  assert.is(code, 1);
  assert.match(stderr, 'the worker ended (SIGKILL)');
  assert.match(stderr, 'worker starts', 'the end of its log');
});

test('says so and fails when the API server dies', async () => {
  const { command, server, worker } = await startAndFold();
  process.kill(server, 'SIGKILL');
  const { code, stderr } = await command.outcome;
  assert.is(code, 1);
  assert.match(stderr, 'the API server ended (SIGKILL)');
  assert.not(isRunning(worker));
});

test('leaves neither worker nor API behind when it is killed, and goes on after that', async () => {
  const { command, worker, server } = await startAndFold();
  command.process.kill('SIGKILL');
  await command.outcome;
  await waitFor(() => !isRunning(worker) && !isRunning(server), { timeoutMs: 40_000, what: 'the end of worker and API' });
  assert.is((await untilFolded()).published, 0);
});
