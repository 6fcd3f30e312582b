/** `metafold generations`, and workers that follow the active one. */
import pino from 'pino';
import * as assert from 'uvu/assert';
import { activeRecord } from '../../src/generations/control-record.js';
import { openControl } from '../../src/generations/control-topic.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import type { RunningCommand } from '../helpers/metafold.js';
import { binaryRecord, enrichedEvent } from '../helpers/records.js';
import { testStack } from '../helpers/stack.js';

const HISTORY = 'history-plain';
const test = integration('generations');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish(HISTORY);
  await arena.fold();
  await arena.run(['rebuild', '--json']);
});

interface Listed {
  readonly docname: string;
  readonly number: number;
  readonly active: boolean;
  readonly state: string;
  readonly documents: number;
  readonly bytes: number;
  readonly lag: number | null;
  readonly created: string | null;
}

interface Output {
  readonly result: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string; readonly message: string } | null;
}

async function json(args: readonly string[], expected = 0): Promise<Output> {
  return JSON.parse((await arena.run([...args, '--json'], {}, expected)).stdout) as Output;
}

async function list(): Promise<readonly Listed[]> {
  return (await json(['generations', 'list'])).result['items'] as readonly Listed[];
}

/** Sizes change by themselves, when segments are merged. */
function withoutSizes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, inner: unknown) => (name === 'bytes' ? undefined : inner)));
}

/** Generations whose indices are behind the alias, by their suffix. */
async function seen(docname: string): Promise<string[]> {
  const aliases = await opensearch<Record<string, unknown>>('GET', `/_alias/azul.${arena.partition}.${docname}`);
  return [...new Set(Object.keys(aliases).map((index) => /-g[0-9]+/.exec(index)?.[0] ?? ''))];
}

/** Puts one event of a binary of its own into the log. */
async function sendEvent(key: string): Promise<void> {
  await arena.send([binaryRecord(arena.prefix, enrichedEvent(key, { entity: { sha256: `f${key}` } }))]);
}

/** Whether the document of `sendEvent` is in a generation. */
async function holds(key: string, partition: string): Promise<boolean> {
  const { count } = await opensearch<{ count: number }>(
    'GET',
    `/azul.x.${partition}.binary2.f/_count?ignore_unavailable=true&q=sha256:f${key}`,
  );
  return count > 0;
}

async function followed(key: string, partition: string): Promise<void> {
  await waitFor(() => holds(key, partition), { timeoutMs: 60_000, what: `the event ${key} in ${partition}` });
}

function worker(): RunningCommand {
  return arena.start(['worker', '--projections', 'binary']);
}

async function stopped(command: RunningCommand): Promise<void> {
  command.process.kill('SIGTERM');
  await command.outcome;
}

test('are listed with what there is of them', async () => {
  const items = await list();
  assert.equal(
    items.map(({ docname, number, active, state, lag }) => [docname, number, active, state, lag]),
    ['binary2', 'status', 'plugin'].flatMap((docname) => [
      [docname, 1, false, 'complete', 0],
      [docname, 2, true, 'complete', 0],
    ]),
  );
  for (const docname of ['binary2', 'status', 'plugin']) {
    const [first, second] = items.filter((item) => item.docname === docname) as [Listed, Listed];
    assert.is(second.documents, first.documents);
    assert.ok(second.documents > 0 && second.bytes > 0);
    assert.ok(second.created! > first.created!);
  }
});

test('that are active are followed by a live worker, there and back, and the one activated has caught up before', async () => {
  const second = `${arena.partition}-g2`;
  const live = worker();
  await sendEvent('1');
  await followed('1', second);
  assert.not.ok(await holds('1', arena.partition), 'the old generation is not folded further');

  const { result } = await json(['generations', 'activate', '1']);
  assert.equal(result['changed'], ['binary2', 'status', 'plugin']);
  assert.ok(await holds('1', arena.partition), 'what came since is in the generation when readers come');
  assert.equal(await seen('binary2'), ['']);
  await sendEvent('2');
  await followed('2', arena.partition);
  assert.not.ok(await holds('2', second));

  await json(['generations', 'activate', 'g2', 'binary']);
  assert.equal(await seen('binary2'), ['-g2']);
  assert.equal(await seen('plugin'), [''], 'the others stay');
  await sendEvent('3');
  await followed('3', second);
  assert.ok(await holds('2', second));
  assert.is(live.process.exitCode, null, 'it is the same process all the time');
  assert.match(live.log(), /another generation is active/);

  const { error } = await json(['generations', 'drop', '2', 'binary', '--apply'], 1);
  assert.is(error?.code, 'MF_GENERATION');
  await stopped(live);
});

test('whose swap was left undone are shown to readers by the next worker', async () => {
  const log = pino({ level: 'silent' });
  const kafka = { brokers: testStack().brokers, topicPrefix: arena.prefix, client: {} };
  const control = await openControl({ kafka, partition: arena.partition, log });
  await control.write([activeRecord(arena.partition, 'plugin', 2, new Date().toISOString())]);
  await control.close();
  assert.equal(await seen('plugin'), ['']);
  const { stderr } = await arena.fold();
  assert.match(stderr, /swap of the read aliases completed/);
  assert.equal(await seen('plugin'), ['-g2']);
});

test('that are still folded, active or not there are not dropped', async () => {
  await json(['generations', 'activate', '1', 'status']);
  const active = await json(['generations', 'drop', '1', '--apply'], 1);
  assert.match(active.error!.message, /active for status/);
  const missing = await json(['generations', 'drop', '7', '--apply'], 1);
  assert.match(missing.error!.message, /no generation 7/);
  // A worker on another machine that has not heard of the swap yet, made by hand.
  const straggler = arena.start(['worker', '--into', 'binary2=1']);
  await waitFor(() => /partitions assigned/.test(straggler.log()), { timeoutMs: 60_000, what: 'the straggler to fold' });
  const folded = await json(['generations', 'drop', '1', 'binary', '--apply'], 1);
  assert.match(folded.error!.message, /still folded/);
  await stopped(straggler);
});

test('are dropped with all that belongs to them, after a dry run that changes nothing', async () => {
  await json(['generations', 'activate', '2', 'status']);
  const before = await list();
  const dry = await json(['generations', 'drop', '1']);
  assert.equal(withoutSizes(await list()), withoutSizes(before));
  const items = dry.result['items'] as readonly { documents: number; indices: string[]; groups: string[] }[];
  assert.ok(items.every(({ documents, indices, groups }) => documents > 0 && indices.length > 0 && groups.length > 0));
  const applied = await json(['generations', 'drop', '1', '--apply']);
  assert.equal(withoutSizes(applied.result), withoutSizes(dry.result));
  assert.ok((await list()).every(({ number }) => number === 2));
  const left = await opensearch<object>('GET', `/_template/azul.${arena.partition}.*`, undefined, [404]);
  assert.equal(
    Object.keys(left).sort(),
    ['annotation', 'cache'].map((docname) => `azul.${arena.partition}.${docname}`),
  );
  await arena.fold();
  const expected = expectedDocuments(HISTORY, arena.partition);
  assert.equal(
    differences(await arena.documents(), expected).filter((line) => !/ f[123] | f[123]\./.test(`${line} `)),
    [],
  );
});
