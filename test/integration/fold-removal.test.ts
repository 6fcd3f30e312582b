/** The history with deletes, inserts and tombstones, published in every order that matters: the documents are the expected ones, none missing, none more. */
// test-mostly-waits
// test-timeout-s: 1800
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { inArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments, historyFile } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';

const HISTORY = 'history-full';
const test = integration('fold of a history with deletes and inserts');

async function assertDocuments(arena: Arena): Promise<void> {
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
}

/** The live generation is what must be, and says so itself; so is a rebuild of it. */
async function assertExpected(arena: Arena): Promise<void> {
  await assertDocuments(arena);
  await arena.run(['verify', '--quiet']);
  await arena.run(['rebuild', '--quiet']);
  await assertDocuments(arena);
  await arena.run(['verify', '--quiet']);
}

type Lines = readonly string[];

const isDelete = (line: string): boolean => /^\{"topic": ?"azul\.[^"]*\.system\.delete"/.test(line);
const isInsert = (line: string): boolean => /^\{"topic": ?"azul\.[^"]*\.system\.insert"/.test(line);
const others = (lines: Lines): string[] => lines.filter((line) => !isDelete(line) && !isInsert(line));

/** Lines of the history under the arena's prefix. */
function historyLines({ folder, prefix }: Arena): string[] {
  return readFileSync(historyFile(folder, HISTORY, prefix), 'utf8')
    .trimEnd()
    .split('\n');
}

let files = 0;

async function publish(arena: Arena, lines: Lines, ...options: readonly string[]): Promise<void> {
  const file = join(arena.folder, `part${String(files++)}.jsonl`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  await arena.run(['publish', file, '--quiet', ...options]);
}

test('in file order', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY);
    await arena.fold();
    await assertDocuments(arena);
    const again = await arena.fold({ METASTORE_INGESTOR_VERSION_SUFFIX: '1' });
    assert.match(again.stderr, /"records":[1-9]/);
    await assertExpected(arena);
  }));

test('shuffled, every record twice, in seven partitions', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY, '--repeat', '2', '--shuffle', '11', '--partitions', '7');
    await arena.fold();
    await assertExpected(arena);
  }));

test('deletes and inserts first, folded before anything else is there', () =>
  inArena(async (arena) => {
    const lines = historyLines(arena);
    await publish(arena, lines.filter((line) => isDelete(line) || isInsert(line))); // prettier-ignore
    await arena.fold();
    await publish(arena, others(lines));
    await arena.fold();
    await assertExpected(arena);
  }));

test('deletes last, published while no worker runs', () =>
  inArena(async (arena) => {
    const lines = historyLines(arena);
    await publish(arena, lines.filter((line) => !isDelete(line))); // prettier-ignore
    await arena.fold();
    await publish(arena, lines.filter(isDelete));
    await arena.fold();
    await assertExpected(arena);
  }));

test('inserts last, published while no worker runs', () =>
  inArena(async (arena) => {
    const lines = historyLines(arena);
    await publish(arena, lines.filter((line) => !isInsert(line))); // prettier-ignore
    await arena.fold();
    await publish(arena, lines.filter(isInsert));
    await arena.fold();
    await assertExpected(arena);
  }));

test('deletes and inserts in the middle of a fold, one record a batch', () =>
  inArena(async (arena) => {
    const lines = historyLines(arena);
    await publish(arena, others(lines));
    const worker = arena.start(['worker', '--until-idle'], { METAFOLD_FETCH_RECORDS: '1', METAFOLD_BULK_BYTES: '1024', METAFOLD_COMMIT_INTERVAL_MS: '200' }); // prettier-ignore
    await publish(arena, lines.filter((line) => isDelete(line) || isInsert(line))); // prettier-ignore
    assert.is((await worker.outcome).code, 0);
    await arena.fold();
    await assertExpected(arena);
  }));

test('by three workers that are killed again and again', () =>
  inArena(async (arena) => {
    const lines = historyLines(arena);
    const quick = { METAFOLD_COMMIT_INTERVAL_MS: '150', METAFOLD_FETCH_RECORDS: '20', METAFOLD_SESSION_TIMEOUT_MS: '6000' };
    await publish(arena, others(lines), '--partitions', '5');
    const workers = Array.from({ length: 3 }, () => arena.start(['worker'], quick));
    const late = lines.filter((line) => isDelete(line) || isInsert(line));
    for (let part = 0; part < 6; part++) {
      await publish(arena, late.slice(Math.floor((late.length * part) / 6), Math.floor((late.length * (part + 1)) / 6)));
      const victim = part % 3;
      workers[victim]!.process.kill('SIGKILL');
      await workers[victim]!.outcome;
      workers[victim] = arena.start(['worker'], quick);
    }
    for (const { process, outcome } of workers) {
      process.kill('SIGKILL');
      await outcome;
    }
    await arena.fold({ METAFOLD_SESSION_TIMEOUT_MS: '6000' });
    await assertExpected(arena);
  }));
