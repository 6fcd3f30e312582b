/** Rebuilds on real servers: the same documents, without a gap for readers, whatever is killed. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { FAMILIES, projectionsOf } from '../../src/generations/families.js';
import { subscriptions } from '../../src/worker/binding.js';
import { createGroupLagReader, type GroupLagReader } from '../../streams/group-lag.js';
import { createArena, groupOf, opensearch, SLOWLY, type Arena } from '../helpers/arena.js';
import { evictMembers } from '../helpers/groups.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration, waitFor } from '../helpers/integration.js';
import type { RunningCommand } from '../helpers/metafold.js';
import { binaryRecord, enrichedEvent } from '../helpers/records.js';
import { testStack } from '../helpers/stack.js';

const HISTORY = 'history-plain';
const RECORDS = 1014;
const test = integration('rebuild');
let arena: Arena;
let reader: GroupLagReader;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  reader = createGroupLagReader(testStack().brokers, {});
  test.closing(() => reader.close());
  await arena.publish(HISTORY, '--partitions', '3');
  await arena.fold();
});

interface RebuildOutput {
  readonly ok: boolean;
  readonly result: {
    readonly families: readonly { docname: string; generation: string; step: string; active: boolean }[];
    readonly caught_up: boolean;
    readonly events: number;
    readonly folded: number;
  };
}

async function rebuild(...args: string[]): Promise<RebuildOutput> {
  return JSON.parse((await arena.run(['rebuild', '--json', ...args])).stdout) as RebuildOutput;
}

/** Readers see the generation and no other, and its indices have the settings of the configuration, those of templates included. */
async function assertReadable(generation: number): Promise<void> {
  const partition = `${arena.partition}-g${generation}`;
  for (const docname of ['binary2', 'status', 'plugin']) {
    const aliases = await opensearch<Record<string, unknown>>('GET', `/_alias/azul.${arena.partition}.${docname}`);
    assert.ok(
      Object.keys(aliases).every((index) => index.includes(`.${partition}.`)),
      Object.keys(aliases).join(),
    );
    type Settings = Record<string, { settings: { index: { refresh_interval: string; number_of_replicas: string } } }>;
    const settings = await opensearch<Settings>('GET', `/azul.*.${partition}.${docname}*/_settings`);
    const template = await opensearch<Settings>('GET', `/_template/azul.${partition}.${docname}`);
    for (const [
      name,
      {
        settings: { index },
      },
    ] of Object.entries({ ...settings, ...template })) {
      assert.is(index.refresh_interval, '1s', name);
      assert.is(index.number_of_replicas, '0', name);
    }
  }
}

test('gives the documents of the live generation, behind the same aliases and under the same names', async () => {
  const { ok, result } = await rebuild('--workers', '2');
  assert.ok(ok);
  assert.ok(result.caught_up);
  assert.is(result.folded, result.events);
  assert.equal(
    result.families,
    ['binary2', 'status', 'plugin'].map((docname) => ({ docname, generation: `${arena.partition}-g2`, step: 'begin', active: true })),
  );
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
  await assertReadable(2);
});

/** Records that the groups of a generation have committed. */
async function committed(generation: number): Promise<number> {
  const lags = projectionsOf(FAMILIES).map((projection) =>
    reader.lag(
      groupOf({ partition: `${arena.partition}-g${generation}` }, projection.name),
      subscriptions(projection, arena.prefix).flat(),
    ),
  );
  return (await Promise.all(lags)).flat().reduce((sum, { low, committed: next }) => sum + (next ?? low) - low, 0);
}

/** Kills a command and the processes that it has started, all at once. */
async function killAll({ process: parent, outcome }: RunningCommand): Promise<void> {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent.pid)], { encoding: 'utf8' });
  for (const pid of [String(parent.pid), ...children.split('\n').filter((line) => line.trim() !== '')])
    process.kill(Number(pid), 'SIGKILL');
  await outcome;
}

/** Records read by all processes that a rebuild has had, as they say at their ends. */
function recordsRead(log: string): number {
  return [...log.matchAll(/"records":(\d+),/g)].reduce((sum, [, records]) => sum + Number(records), 0);
}

test('goes on with what is committed after a signal and after kill -9, and shows how far it is', async () => {
  const first = arena.start(['rebuild', '--json', '--log-level', 'info'], SLOWLY);
  await waitFor(async () => (await committed(3)) > 20, { timeoutMs: 60_000, what: 'the first commits', intervalMs: 5 });
  first.process.kill('SIGTERM');
  const stopped = await first.outcome;
  assert.is(stopped.code, 143, stopped.stderr);
  const { ok, result } = JSON.parse(stopped.stdout) as RebuildOutput;
  assert.not.ok(ok);
  assert.not.ok(result.caught_up);
  const afterStop = await committed(3);
  assert.is(afterStop, recordsRead(stopped.stderr), 'what was read before a signal is committed');

  const second = arena.start(['rebuild', '--json'], SLOWLY);
  await waitFor(async () => (await committed(3)) > afterStop, { timeoutMs: 60_000, what: 'more commits', intervalMs: 5 });
  await killAll(second);
  for (const { name } of projectionsOf(FAMILIES))
    await evictMembers(testStack().brokers, groupOf({ partition: `${arena.partition}-g3` }, name));
  const afterKill = await committed(3);
  assert.ok(afterKill > afterStop && afterKill < RECORDS, `${afterKill} of ${RECORDS} committed`);
  await assertReadable(2);

  const last = await arena.run(['rebuild', '--json', '--log-level', 'info']);
  const output = JSON.parse(last.stdout) as RebuildOutput;
  assert.equal(
    new Set(output.result.families.map(({ generation, step }) => `${generation} ${step}`)),
    new Set([`${arena.partition}-g3 resume`]),
  );
  assert.is(recordsRead(last.stderr), RECORDS - afterKill);
  assert.match(last.stderr, /\{"event":"progress","stage":"fold","done":\d+,"total":\d+,"elapsed_s":[\d.]+/);
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
  await assertReadable(3);
});

test('is joined by another one, which does the same and ends the same', async () => {
  const first = arena.start(['rebuild', '--json'], SLOWLY);
  await waitFor(async () => (await committed(4)) > 0, { timeoutMs: 60_000, what: 'the first commit', intervalMs: 5 });
  const second = await rebuild();
  const { code, stdout, stderr } = await first.outcome;
  assert.is(code, 0, stderr);
  assert.not.match(stderr, /MF_/);
  const both = [JSON.parse(stdout) as RebuildOutput, second].map(({ ok, result }) => [
    ok,
    result.caught_up,
    [...new Set(result.families.map(({ generation, step, active }) => `${generation} ${step} ${active}`))],
  ]);
  const generation = `${arena.partition}-g4`;
  assert.equal(both, [[true, true, [`${generation} begin true`]], [true, true, [`${generation} resume true`]]]); // prettier-ignore
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
  await assertReadable(4);
});

test('lets readers see all documents at every moment while events keep coming, and the live worker goes on with the new generation', async () => {
  const live = arena.start(['worker'], { METAFOLD_COMMIT_INTERVAL_MS: '500' });
  const count = async (docname: string): Promise<number> =>
    (await opensearch<{ count: number }>('GET', `/azul.${arena.partition}.${docname}/_count`)).count;
  const base = new Map(await Promise.all(['binary2', 'status', 'plugin'].map(async (docname) => [docname, await count(docname)] as const)));
  /** When so many of the new events were in the log. */
  const published: { readonly atMs: number; readonly total: number }[] = [{ atMs: 0, total: 0 }];
  let [ended, looks] = [false, 0];
  const send = async (): Promise<void> => {
    const from = published.at(-1)!.total;
    const events = Array.from({ length: 5 }, (_, n) => enrichedEvent(`load${from + n}`, { entity: { sha256: `e${from + n}` } }));
    await arena.send(events.map((event) => binaryRecord(arena.prefix, event)));
    published.push({ atMs: Date.now(), total: from + events.length });
  };
  const publishing = (async () => {
    while (!ended) await send().then(() => sleep(100));
  })();
  const faults: string[] = [];
  const reading = (async () => {
    while (!ended) {
      const before = Date.now();
      for (const [docname, least] of base) {
        // Twice: each event makes a document and its parent. What was published a quarter of a minute ago must be there.
        const fresh = docname === 'binary2' ? 2 * published.findLast(({ atMs }) => atMs < before - 15_000)!.total : 0;
        const found = await count(docname).catch((error: unknown) => String(error));
        if (typeof found === 'string' || found < least + fresh) faults.push(`${docname}: ${found}, expected ${least + fresh} or more`);
      }
      looks++;
      await sleep(20);
    }
  })();
  const { result } = await rebuild('--workers', '2');
  assert.ok(result.caught_up);
  await waitFor(() => /another generation is active/.test(live.log()), { timeoutMs: 30_000, what: 'the live worker to notice' });
  ended = true;
  await Promise.all([publishing, reading]);
  // Only now: beside the other sender it could tell an older total last.
  await send();
  const all = base.get('binary2')! + 2 * published.at(-1)!.total;
  await waitFor(async () => (await count('binary2')) === all, { timeoutMs: 60_000, what: `${all} documents` });
  assert.equal(faults, []);
  assert.ok(looks > 20, `only ${looks} looks`);
  await assertReadable(Number(/-g(\d+)$/.exec(result.families[0]!.generation)![1]));
  assert.is(live.process.exitCode, null);
});
