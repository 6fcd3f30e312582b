/**
 * Inserts that arrive live: the children of parents that were folded before. The record of every contribution of a possible parent is read
 * again, not of the winner only, and folded with the tables as they are now (spec 00 "Inserts").
 */
import type { FoldResult } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { DeadLetter } from '../../streams/dead-letter.js';
import { positionKey, type RecordFetcher } from '../../streams/fetch.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';
import type { DocumentFinder } from '../removal/find.js';
import type { Patience } from '../removal/patience.js';
import { judgeResolved, type Judge, type RecordRefusal } from './judge.js';
import type { InsertEntry } from '../../projections/removal/insert-table.js';

/** A record that was read again, and what of it the inserts make. */
export interface Refolded {
  readonly record: RawRecord;
  readonly writes: FoldResult['writes'];
  /** All refusals of the record, if one of them concerns a derived child. */
  readonly refusals: readonly RecordRefusal[];
}

export interface RefoldDependencies {
  readonly finder: DocumentFinder;
  readonly fetcher: RecordFetcher;
  readonly judge: Judge;
  readonly clock: () => Micros;
  readonly patience: Patience;
  /** Letters of this projection: a refused parent stands in no document, and has children all the same. */
  readonly letters: () => Promise<readonly DeadLetter[]>;
  /** Makes what was folded durable. */
  readonly write: (folded: readonly Refolded[]) => Promise<void>;
}

/** Hashes a search. */
const HASHES_A_SEARCH = 512;
/** Bytes of records that are read before what they make is written. */
const FETCH_BYTES = 8 * 1024 * 1024;
/** Actions of events that can be parents (spec 01 §10.2). */
const PARENT_ACTIONS = ['sourced', 'extracted', 'augmented'];

/** Resolves when the children that these inserts add are durable. Outages are waited for; rejects when aborted. */
export async function refoldParents(inserts: readonly InsertEntry[], deps: RefoldDependencies): Promise<void> {
  const keys = new Set(inserts.map(({ key }) => key));
  // Documents have the hash in lower case; whether it is the insert's exactly, the fold says.
  const hashes = [...new Set(inserts.map(({ event }) => event.entity.parent_sha256.toLowerCase()))];
  await deps.finder.refresh();
  for (let at = 0; at < hashes.length; at += HASHES_A_SEARCH) {
    const sha256 = hashes.slice(at, at + HASHES_A_SEARCH);
    const query = { bool: { filter: [{ terms: { sha256 } }, { terms: { action: PARENT_ACTIONS } }] } };
    for await (const page of deps.finder.filter(query)) {
      const positions = new Map<string, TopicPartitionOffset>();
      for (const { contributions } of page) for (const one of contributions) positions.set(positionKey(one), one);
      await refoldPositions([...positions.values()], keys, deps);
    }
  }
  await refoldLetters(keys, deps);
}

async function refoldPositions(
  positions: readonly TopicPartitionOffset[],
  keys: ReadonlySet<string>,
  deps: RefoldDependencies,
): Promise<void> {
  let open = positions;
  while (open.length > 0) {
    const wanted = open;
    // The fetcher fails only when the broker does not answer.
    const fetched = await deps.patience(
      'reading records',
      () => deps.fetcher.fetchMany(wanted, FETCH_BYTES),
      () => true,
    );
    const records: RawRecord[] = [];
    for (const answer of fetched.values()) if (answer.kind === 'record') records.push(answer.record);
    await refoldRecords(records, keys, deps);
    open = open.filter((position) => !fetched.has(positionKey(position)));
  }
}

async function refoldLetters(keys: ReadonlySet<string>, deps: RefoldDependencies): Promise<void> {
  const letters = await deps.patience('reading dead letters', deps.letters, () => true);
  const copies: RawRecord[] = [];
  const positions: TopicPartitionOffset[] = [];
  for (const { topic, partition, offset, recordKey, value } of letters) {
    if (value === undefined) positions.push({ topic, partition, offset });
    else copies.push({ topic, partition, offset, key: recordKey ?? null, value });
  }
  await refoldRecords(copies, keys, deps);
  await refoldPositions(positions, keys, deps);
}

async function refoldRecords(
  records: readonly RawRecord[],
  keys: ReadonlySet<string>,
  { judge, clock, write }: RefoldDependencies,
): Promise<void> {
  const now = clock();
  const derived = (insertKeys: readonly string[] | undefined): boolean => insertKeys?.some((key) => keys.has(key)) ?? false;
  const folded: Refolded[] = [];
  for (const record of records) {
    if (!judge.reads(record.topic)) continue; // a letter of the tables' topics
    const judgement = await judgeResolved(judge, record, now);
    if (judgement.kind === 'tombstone') continue;
    const { writes, refusals } = judgement.result;
    const wanted = writes.filter(({ contribution }) => derived(contribution.insertKeys));
    const concerned = refusals.some(({ insertKeys }) => derived(insertKeys)) ? refusals : [];
    if (wanted.length > 0 || concerned.length > 0) folded.push({ record, writes: wanted, refusals: concerned });
  }
  if (folded.length > 0) await write(folded);
}
