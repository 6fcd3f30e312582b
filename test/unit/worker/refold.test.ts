import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import pino from 'pino';
import type { DocumentWrite } from '../../../projections/types.js';
import type { InsertEntry } from '../../../projections/removal/insert-table.js';
import type { DeadLetter } from '../../../streams/dead-letter.js';
import type { RawRecord } from '../../../streams/consumer.js';
import { positionKey, type Fetched } from '../../../streams/fetch.js';
import type { DocumentFinder } from '../../../src/removal/find.js';
import { createPatience } from '../../../src/removal/patience.js';
import type { StoredDocument } from '../../../src/removal/documents.js';
import type { Judge, RecordRefusal } from '../../../src/worker/judge.js';
import { refoldParents, type Refolded, type RefoldDependencies } from '../../../src/worker/refold.js';
import { insertEvent } from '../projections/removal/events.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('refold of parents');

const patience = createPatience(pino({ level: 'silent' }), new AbortController().signal);
const entry = (key: string, parent: string): InsertEntry => ({ key, offset: 0, event: insertEvent({ parent }) });
const raw = (offset: number, topic = 't'): RawRecord => ({ topic, partition: 0, offset, key: 'k', value: Buffer.from('v') });

function document(...offsets: readonly number[]): StoredDocument {
  const contributions = offsets.map((offset) => contribution({ offset }));
  return { index: 'i', id: 'd', routing: 'd', seqNo: 0, primaryTerm: 1, contributions, truncated: false, owed: false };
}

/** What a record makes: itself, and a child for each of these inserts. */
function writes({ offset }: RawRecord, inserts: readonly string[]): DocumentWrite[] {
  const write = (insertKeys: readonly string[]): DocumentWrite => ({
    index: 'i',
    id: `${String(offset)}${insertKeys.join('')}`,
    routing: 'r',
    body: {},
    contribution: contribution({ offset, insertKeys, insertOffsets: insertKeys.map(() => 0) }),
  });
  return [write([]), ...inserts.map((key) => write([key]))];
}

interface Fixture {
  readonly pages: readonly (readonly StoredDocument[])[];
  readonly letters?: readonly DeadLetter[];
  readonly refusals?: readonly RecordRefusal[];
  /** Offsets whose record is gone. */
  readonly gone?: readonly number[];
  /** Records a fetch answers with. */
  readonly atOnce?: number;
}

function createFixture({ pages, letters = [], refusals = [], gone = [], atOnce = 100 }: Fixture) {
  const folded: Refolded[] = [];
  const queries: string[] = [];
  const judge: Judge = {
    reads: (topic) => topic === 't',
    judge: (record) => ({ kind: 'folded', result: { writes: writes(record, ['i1', 'i2']), refusals, skips: [] } }),
    resolve: () => Promise.reject(new Error('not asked for')),
  };
  const finder = {
    refresh: () => Promise.resolve(void queries.push('refresh')),
    // eslint-disable-next-line @typescript-eslint/require-await
    async *filter(query: object) {
      queries.push(JSON.stringify(query));
      yield* pages;
    },
  } as unknown as DocumentFinder;
  const deps: RefoldDependencies = {
    finder,
    fetcher: {
      fetch: () => Promise.resolve(undefined),
      fetchMany: (positions) =>
        Promise.resolve(
          new Map(
            positions
              .slice(0, atOnce)
              .map((one): [string, Fetched] => [
                positionKey(one),
                gone.includes(one.offset) ? { kind: 'gone', reason: 'compacted' } : { kind: 'record', record: raw(one.offset) },
              ]),
          ),
        ),
      close: () => Promise.resolve(),
    },
    judge,
    clock: () => 0n,
    patience,
    letters: () => Promise.resolve(letters),
    write: (list) => Promise.resolve(void folded.push(...list)),
  };
  const made = (): string[] => folded.flatMap((one) => one.writes.map(({ id }) => id)).sort();
  return { deps, folded, queries, made };
}

const letter = (offset: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  projection: 'binary',
  topic: 't',
  partition: 0,
  offset,
  recordKey: 'k',
  refusalClass: 'ValueError',
  reason: 'no',
  generation: 'bench',
  eventKeys: [],
  insertKeys: [],
  timeMs: 0,
  value: Buffer.from('v'),
  ...changes,
});

test('reads the record of every contribution again and writes what the inserts derive, nothing else', async () => {
  const { deps, made, queries } = createFixture({ pages: [[document(1, 2)], [document(2, 3)]] });
  await refoldParents([entry('i1', 'AA01')], deps);
  assert.equal([...new Set(made())], ['1i1', '2i1', '3i1']);
  assert.is(queries[0], 'refresh');
  assert.match(queries[1]!, /"sha256":\["aa01"\]/);
});

test('asks once for a hash, whatever its case, and for all hashes together', async () => {
  const { deps, queries } = createFixture({ pages: [] });
  await refoldParents([entry('i1', 'aa01'), entry('i2', 'AA01'), entry('i3', 'bb02')], deps);
  assert.is(queries.length, 2);
  assert.match(queries[1]!, /"sha256":\["aa01","bb02"\]/);
});

test('goes on until every record was read, and passes over those that are gone', async () => {
  const { deps, made } = createFixture({ pages: [[document(1, 2, 3, 4)]], gone: [2], atOnce: 1 });
  await refoldParents([entry('i2', 'aa01')], deps);
  assert.equal(made(), ['1i2', '3i2', '4i2']);
});

test('finds refused parents by their letters, from the copy or, where there is none, from the log', async () => {
  const { deps, made } = createFixture({ pages: [], letters: [letter(7), letter(8, { value: undefined }), letter(9, { topic: 'system.insert' })] }); // prettier-ignore
  await refoldParents([entry('i1', 'aa01')], deps);
  assert.equal(made(), ['7i1', '8i1']);
});

test('tells the refusals of a record when one of them is of a child of these inserts', async () => {
  const own: RecordRefusal = { class: 'ValueError', reason: 'own', eventKey: 'e' };
  const derived: RecordRefusal = { ...own, reason: 'derived', insertKeys: ['i1'] };
  const concerned = createFixture({ pages: [[document(1)]], refusals: [own, derived] });
  await refoldParents([entry('i1', 'aa01')], concerned.deps);
  assert.equal(concerned.folded.map(({ refusals }) => refusals), [[own, derived]]); // prettier-ignore
  const unconcerned = createFixture({ pages: [[document(1)]], refusals: [own, derived] });
  await refoldParents([entry('i2', 'aa01')], unconcerned.deps);
  assert.equal(unconcerned.folded.map(({ refusals }) => refusals), [[]]); // prettier-ignore
});

test('writes nothing where the inserts derive nothing', async () => {
  const { deps, folded } = createFixture({ pages: [[document(1)]] });
  await refoldParents([entry('elsewhere', 'aa01')], deps);
  assert.equal(folded, []);
});

test.run();
