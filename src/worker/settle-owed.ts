/**
 * Documents whose winner changed without its body at hand: the record of the shown contribution was replaced by a later one that
 * ranks lower, so the next contribution has to be read again from the log and merged (spec 00 "Removal").
 */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { foldFromSource } from '../../projections/fold-json.js';
import { compareContributions, sameIdentity } from '../../projections/contribution.js';
import type { Contribution } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { RecordFetcher } from '../../streams/fetch.js';
import { isOutage, openSearchRequest } from '../opensearch/request.js';
import { persistently, type Persistence } from '../sinks/backoff.js';
import type { OpenSearchSink } from '../sinks/opensearch-sink.js';
import { createContender, createOperation, type DocumentOperation } from '../sinks/operations.js';
import type { Judge } from './judge.js';

export interface OwedDependencies {
  readonly client: Client;
  readonly fetcher: RecordFetcher;
  readonly judge: Judge;
  readonly sink: OpenSearchSink<RawRecord>;
  readonly clock: () => Micros;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** A contribution whose record is gone: the document keeps showing what it shows until `repair` or a rebuild. */
  readonly onGone: (contribution: Contribution) => void;
}

interface StoredSource {
  readonly fold?: { readonly owed?: boolean };
}

/** Rounds per document; each one is caused by another writer having changed the winner meanwhile. */
const MAX_ROUNDS = 10;

export async function settleOwed(operations: readonly DocumentOperation<RawRecord>[], deps: OwedDependencies): Promise<void> {
  for (const operation of operations) await settleDocument(operation, deps);
}

async function settleDocument(operation: DocumentOperation<RawRecord>, deps: OwedDependencies): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const winner = await persistently(patience('document', isOutage, deps), () => owedWinner(operation, deps.client));
    if (!winner) return;
    const next = await operationOf(winner, operation, deps);
    if (!next) {
      deps.onGone(winner);
      return;
    }
    const { owed } = await deps.sink.submit([next]);
    if (owed.length === 0) return;
  }
  throw new Error(`document ${operation.index}/${operation.id} still shows a replaced body after ${MAX_ROUNDS} rounds`);
}

/** Outages are waited for. */
function patience(what: string, mends: (error: unknown) => boolean, { log, signal }: OwedDependencies): Persistence {
  return { mends, signal, onRetry: (error) => log.warn({ err: error }, `${what} cannot be read, trying again`) };
}

/** The contribution whose body the document should show, or undefined when it owes none any more. */
async function owedWinner({ index, id, routing }: DocumentOperation<RawRecord>, client: Client): Promise<Contribution | undefined> {
  const { body, status } = await openSearchRequest<{ _source?: StoredSource }>(
    client,
    'GET',
    `/${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}`,
    { query: { _source_includes: 'fold', ...(routing === undefined ? {} : { routing }) }, accept: [404] },
  );
  if (status === 404 || body._source?.fold?.owed !== true) return undefined;
  const { contributions } = foldFromSource(body._source.fold);
  return contributions.reduce((best, one) => (compareContributions(one, best) > 0 ? one : best));
}

/** The winner's record, folded again: the write for this document as a merge. Undefined when the log has it no more or it is refused now. */
async function operationOf(
  winner: Contribution,
  { index, id }: DocumentOperation<RawRecord>,
  deps: OwedDependencies,
): Promise<DocumentOperation<RawRecord> | undefined> {
  const { fetcher, judge, clock } = deps;
  // The fetcher fails only when the broker does not answer.
  const record = await persistently(
    patience('record', () => true, deps),
    () => fetcher.fetch(winner),
  );
  if (!record) return undefined;
  const now = clock();
  const first = judge.judge(record, now);
  const judgement = first.kind === 'unresolved' ? await judge.resolve(first, record, now) : first;
  if (judgement.kind === 'tombstone') return undefined;
  const write = judgement.result.writes.find((one) => one.index === index && one.id === id && sameIdentity(one.contribution, winner));
  return write && { ...createOperation(createContender(write, record, record.value?.length ?? 0)), mode: 'merge' };
}
