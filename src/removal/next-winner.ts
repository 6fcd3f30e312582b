/**
 * The contribution that a document shows next: its record is read from the log again and judged as if it came now, so that what has been
 * deleted, has expired or is refused meanwhile is passed over (spec 00 "Removal").
 */
import { compareContributions, sameIdentity } from '../../projections/contribution.js';
import type { Contribution } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import { positionKey, type Fetched, type GoneReason, type RecordFetcher } from '../../streams/fetch.js';
import { createContender, type Contender } from '../sinks/operations.js';
import { judgeResolved, type Judge } from '../worker/judge.js';
import type { StoredDocument } from './documents.js';
import type { Patience } from './patience.js';

/** Why a contribution that nothing retracts is left out: its record is gone, or makes it no longer. */
export type PassedReason = GoneReason | 'overruled';

/** A document whose greatest contribution, the first of `rest`, is not shown. */
export interface Vacancy {
  readonly document: StoredDocument;
  /** The greatest first; at least one. */
  readonly rest: readonly Contribution[];
  /** Contributions left out so far. */
  readonly passed: readonly PassedReason[];
}

/** A vacancy one contribution further: with the body to show, or with another contribution to look at, or with none. */
export type Succession = { readonly vacancy: Vacancy; readonly winner: Contender<RawRecord> | undefined };

export interface WinnerDependencies {
  readonly fetcher: RecordFetcher;
  readonly judge: Judge;
  readonly clock: () => Micros;
  readonly patience: Patience;
}

/** Bytes of records that are read before what they make is written. */
const FETCH_BYTES = 8 * 1024 * 1024;

/**
 * Takes each vacancy one step further, as far as the records at hand reach; those left over come back in `later`.
 * Rejects only when aborted: a broker that does not answer is waited for.
 */
export async function stepSuccessions(
  vacancies: readonly Vacancy[],
  deps: WinnerDependencies,
): Promise<{ readonly steps: readonly Succession[]; readonly later: readonly Vacancy[] }> {
  const { fetcher, patience } = deps;
  const positions = vacancies.map(({ rest }) => rest[0]!);
  // The fetcher fails only when the broker does not answer.
  const fetched = await patience('reading records', () => fetcher.fetchMany(positions, FETCH_BYTES), () => true); // prettier-ignore
  const steps: Succession[] = [];
  const later: Vacancy[] = [];
  for (const vacancy of vacancies) {
    const answer = fetched.get(positionKey(vacancy.rest[0]!));
    if (answer) steps.push(await step(vacancy, answer, deps));
    else later.push(vacancy);
  }
  return { steps, later };
}

/** The vacancy without its first contribution. */
export function pass(vacancy: Vacancy, reason: PassedReason): Vacancy {
  return { ...vacancy, rest: vacancy.rest.slice(1), passed: [...vacancy.passed, reason] };
}

async function step(vacancy: Vacancy, answer: Fetched, deps: WinnerDependencies): Promise<Succession> {
  if (answer.kind === 'gone') return { vacancy: pass(vacancy, answer.reason), winner: undefined };
  const winner = await judgeAgain(vacancy, answer.record, deps);
  if (!winner) return { vacancy: pass(vacancy, 'overruled'), winner: undefined };
  // A derived contribution may have changed with its insert: its offset, its time, and so its place.
  const { contribution } = winner.text;
  const rest = [contribution, ...vacancy.rest.slice(1)].sort((a, b) => compareContributions(b, a));
  return { vacancy: { ...vacancy, rest }, winner: rest[0] === contribution ? winner : undefined };
}

/** What the record makes of the first contribution now; undefined when it makes it no longer. */
async function judgeAgain(
  { document, rest }: Vacancy,
  record: RawRecord,
  { judge, clock }: WinnerDependencies,
): Promise<Contender<RawRecord> | undefined> {
  const judgement = await judgeResolved(judge, record, clock());
  if (judgement.kind === 'tombstone') return undefined;
  const write = judgement.result.writes.find(
    ({ index, id, contribution }) => index === document.index && id === document.id && sameIdentity(contribution, rest[0]!),
  );
  return write && createContender(write, record, record.value?.length ?? 0);
}
