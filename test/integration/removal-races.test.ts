/** Removals beside workers that merge into the same documents, beside each other, over many documents, and while OpenSearch stops. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { binaryIndex } from '../../projections/index-names.js';
import { eventKeyToken } from '../../projections/tokens.js';
import { parseTime } from '../../schemas/time.js';
import { retractTokens } from '../../src/removal/retraction.js';
import { createContender, createOperation } from '../../src/sinks/operations.js';
import { parentFactory } from '../../src/sinks/parents.js';
import { signalService } from '../../src/stack/index.js';
import type { RawRecord } from '../../streams/consumer.js';
import { binaryTopic } from '../../streams/topics.js';
import { foldSettings } from '../../src/worker/settings.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { binaryRecord, enrichedEvent, feature } from '../helpers/records.js';
import { binaries, binary, openRemoving, putMadeUp, watchedClient, type MadeUp, type Removing } from '../helpers/removing.js';
import { testStack } from '../helpers/stack.js';

const test = integration('removal races');
let arena: Arena;
let whole: Removing;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  whole = await openRemoving(arena, { prepare: true });
  test.closing(() => whole.close());
});

const DOCUMENTS = 24;
const KEYS = 10;

interface Made {
  readonly sha256: string;
  readonly key: string;
  readonly second: number;
}

/** Every other contribution goes, and all of every fourth document. */
const goes = ({ sha256, second }: Made): boolean => Number(sha256) % 4 === 0 || second % 2 === 1;

const everything: readonly Made[] = Array.from({ length: DOCUMENTS * KEYS }, (_, n) => {
  const sha256 = String(10 + (n % DOCUMENTS));
  const second = Math.floor(n / DOCUMENTS);
  return { sha256, second, key: `${sha256}-${String(second)}` };
});

/** The records in the order of `everything`, as a consumer would bring them. */
async function published(): Promise<RawRecord[]> {
  const records = everything.map(({ sha256, key, second }) =>
    binaryRecord(
      arena.prefix,
      enrichedEvent(key, {
        event: { timestamp: parseTime(`2026-03-01T00:00:0${String(second)}Z`) },
        entity: { sha256, features: [feature({ value: key })] },
      }),
    ),
  );
  await arena.send(records);
  const topic = binaryTopic(arena.prefix, 's2', 'enriched');
  const answer = await whole.fetcher.fetchMany(records.map((_, offset) => ({ topic, partition: 0, offset })), Infinity); // prettier-ignore
  return records.map((_, offset) => {
    const found = answer.get(`${topic}/0/${String(offset)}`)!;
    if (found.kind !== 'record') throw new Error(`no record at ${String(offset)}`);
    return found.record;
  });
}

/** Folds one record as a worker does; its parent is sent after a while. */
async function fold({ judge, sink, settings, removal }: Removing, record: RawRecord): Promise<void> {
  const judgement = judge.judge(record, 0n);
  if (judgement.kind !== 'folded') throw new Error(judgement.kind);
  const operations = judgement.result.writes.map((write) => createOperation(createContender(write, record, 0)));
  const { owed } = await sink.submit(operations);
  await removal.settleOwed(owed);
  await sleep(Math.random() * 50);
  const parentOf = parentFactory(binary, foldSettings(settings, binary.docname).partition);
  await sink.submit(operations.flatMap((operation) => parentOf(operation) ?? []));
  await removal.judgeParents(operations);
}

async function inParallel<T>(width: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

test('several removals and merges in the same documents end as if one had come after the other', async () => {
  const records = await published();
  let conflicts = 0;
  const countConflicts = (path: string, body: unknown): void => {
    if (path !== '/_bulk') return;
    for (const item of (body as { items: Record<string, { status: number }>[] }).items) {
      const [[action, { status }]] = Object.entries(item) as [[string, { status: number }]];
      if (status === 409 && action !== 'create') conflicts++;
    }
  };
  const engines = await Promise.all(
    [1, 2, 3].map(() => openRemoving(arena, { pageSize: 5, wrap: (client) => watchedClient(client, () => undefined, countConflicts) })),
  );
  try {
    // The later half of each document comes while the earlier is being removed.
    const half = records.length / 2;
    await inParallel(8, records.slice(0, half), (record) => fold(whole, record));
    const tokens = everything.filter(goes).map(({ key }) => eventKeyToken(key));
    const removals = engines.map(async ({ removal }) => {
      for (let round = 0; round < 3; round++) await removal.retract(retractTokens(tokens));
    });
    const merges = inParallel(6, records.slice(half).sort(() => Math.random() - 0.5), (record) => fold(whole, record)); // prettier-ignore
    await Promise.all([merges, ...removals]);
    await engines[0]!.removal.retract(retractTokens(tokens));
  } finally {
    for (const engine of engines) await engine.close();
  }
  assert.ok(conflicts > 20, `only ${String(conflicts)} conflicts`);
  const expected = new Map<string, { shows: string; of: string[] }>();
  for (const one of [...everything].reverse()) {
    if (goes(one)) continue;
    const document = expected.get(one.sha256);
    if (document) document.of.push(one.key);
    else expected.set(one.sha256, { shows: one.key, of: [one.key] });
  }
  const found = await binaries(arena);
  const children = found.filter(({ _source }) => _source.sha256 !== undefined);
  const actual = new Map(
    children.map(({ _routing, _source: { features_map, fold: stored } }) => [
      _routing,
      { shows: features_map?.['f']?.[0], of: stored!.contributions.map(({ k }) => k) },
    ]),
  );
  const sorted = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.equal(sorted(actual), sorted(expected));
  assert.equal(found.filter(({ _source }) => _source.sha256 === undefined).map(({ _id }) => _id).sort(), [...expected.keys()].sort()); // prettier-ignore
});

test('a child that comes between the count of children and the removal of the parent has a parent', async () => {
  const [last, late] = [madeUp('7a', 'last', 'aLAST'), madeUp('7a', 'late', 'aSTAYS')];
  let counted = false;
  const racing = await openRemoving(arena, {
    wrap: (client) =>
      watchedClient(
        client,
        () => undefined,
        async (_path, body) => {
          if (counted || !('aggregations' in (body as object))) return;
          counted = true;
          await putMadeUp(whole, [late]);
        },
      ),
  });
  try {
    await putMadeUp(whole, [last]);
    const result = await racing.removal.retract(retractTokens(['aLAST']));
    assert.is(result.deleted, 1);
    assert.is(result.parentsRemoved, 0);
    const left = (await binaries(arena)).filter(({ _routing }) => _routing === '7a');
    assert.equal(left.map(({ _id }) => _id).sort(), ['7a', '7a.late']); // prettier-ignore
  } finally {
    await racing.close();
  }
});

const MANY = 12_000;
const PER_BINARY = 4;

function madeUp(sha256: string, name: string, token: string): MadeUp {
  return { sha256, name, contributions: [{ tokens: [token] }] };
}

function manyDocuments(token: string, prefix: string, count: number): MadeUp[] {
  return Array.from({ length: count }, (_, n) => madeUp(`${prefix}${String(Math.floor(n / PER_BINARY))}`, String(n % PER_BINARY), token));
}

async function count(token: string): Promise<number> {
  const path = `/azul.x.${arena.partition}.binary2.*`;
  await opensearch('POST', `${path}/_refresh`);
  return (await opensearch<{ count: number }>('POST', `${path}/_count`, { query: { term: { 'fold.tokens': token } } })).count;
}

async function parents(prefix: string): Promise<number> {
  const path = `/azul.x.${arena.partition}.binary2.${prefix}`;
  const query = { term: { binary_info: 'binary' } };
  return (await opensearch<{ count: number }>('POST', `${path}/_count`, { query })).count;
}

test('all documents of a token go, however many, with their parents', async () => {
  await putMadeUp(whole, manyDocuments('aMANY', 'd', MANY));
  assert.is(await count('aMANY'), MANY);
  assert.is(await parents('d'), MANY / PER_BINARY);
  const result = await whole.removal.retract(retractTokens(['aMANY']));
  assert.is(result.deleted, MANY);
  assert.is(result.parentsRemoved, MANY / PER_BINARY);
  assert.is(await count('aMANY'), 0);
  assert.is(await parents('d'), 0);
});

test('ten thousand retractions cost some tens of requests', async () => {
  let requests = 0;
  const counted = await openRemoving(arena, {
    wrap: (client) =>
      watchedClient(client, () => {
        requests++;
      }),
  });
  try {
    await putMadeUp(counted, manyDocuments('aFEW', 'e', 8));
    requests = 0;
    const tokens = Array.from({ length: 10_000 }, (_, n) => (n === 7_000 ? 'aFEW' : `aNONE${String(n)}`));
    assert.is((await counted.removal.retract(retractTokens(tokens))).deleted, 8);
    assert.ok(requests < 60, `${String(requests)} requests`);
  } finally {
    await counted.close();
  }
});

test('a removal goes on where it was when OpenSearch has stopped for a while', async () => {
  const stop = (signal: 'SIGSTOP' | 'SIGCONT'): void => signalService(testStack().dataDir, 'opensearch', signal);
  let pages = 0;
  const impatient = await openRemoving(arena, {
    timeoutMs: 2_000,
    wrap: (client) =>
      watchedClient(client, (path) => {
        if (path !== '/_search/scroll' || ++pages !== 3) return;
        stop('SIGSTOP');
        setTimeout(() => stop('SIGCONT'), 6_000);
      }),
  });
  try {
    await putMadeUp(whole, manyDocuments('aSTOP', 'f', MANY / 2));
    const work = impatient.removal.retract(retractTokens(['aSTOP']));
    const { deleted } = await work;
    assert.ok(deleted > 0);
    assert.is(await count('aSTOP'), 0);
    assert.is(await parents('f'), 0);
    assert.ok(pages > 3);
    assert.ok(impatient.log.some((line) => line.includes('search for documents failed, trying again')));
  } finally {
    await impatient.close();
  }
});

test('what was written late is removed by the repetition, its parent too', async () => {
  const patient = await openRemoving(arena, { settleMs: 1_000 });
  try {
    await patient.removal.retract(retractTokens(['aLATE']));
    assert.is(patient.removal.again.pending, 1);
    await putMadeUp(whole, manyDocuments('aLATE', 'e9', 4));
    await patient.removal.again.drain();
    assert.is(patient.removal.again.pending, 0);
    assert.is(await count('aLATE'), 0);
    assert.is(await parents('e'), 0);
  } finally {
    await patient.close();
  }
});

async function sendParent({ sha256 }: MadeUp): Promise<void> {
  const { partition } = foldSettings(whole.settings, binary.docname);
  await whole.sink.submit([parentFactory(binary, partition)({ index: binaryIndex(partition, sha256), routing: sha256 })!]);
}

test('a parent that was sent late goes with the repetition of what removed its children', async () => {
  const patient = await openRemoving(arena, { settleMs: 1_000 });
  try {
    const [child] = manyDocuments('aORPHAN', 'e8', 1);
    await putMadeUp(whole, [child!]);
    assert.is((await patient.removal.retract(retractTokens(['aORPHAN']))).parentsRemoved, 1);
    await sendParent(child!);
    await patient.removal.again.drain();
    assert.equal((await binaries(arena)).filter(({ _routing }) => _routing === child!.sha256), []); // prettier-ignore
  } finally {
    await patient.close();
  }
});

test('a parent that is sent after the repetition has removed its late child goes with the next repetition', async () => {
  const patient = await openRemoving(arena, { settleMs: 1_000 });
  try {
    const [child] = manyDocuments('aLATER', 'e7', 1);
    await patient.removal.retract(retractTokens(['aLATER']));
    await putMadeUp(whole, [child!]);
    const { log } = patient;
    await waitFor(() => log.some((line) => line.includes('removed what was written late')), { what: 'the repetition', timeoutMs: 20_000 });
    await sendParent(child!);
    await patient.removal.again.drain();
    assert.equal((await binaries(arena)).filter(({ _routing }) => _routing === child!.sha256), []); // prettier-ignore
  } finally {
    await patient.close();
  }
});
