/**
 * Brings documents to what their contributions say: decide, write under the guard of what was read, and again for those that somebody else
 * has written meanwhile. Several engines may work on the same documents.
 */
import { foldJson } from '../../projections/fold-json.js';
import type { RawRecord } from '../../streams/consumer.js';
import { Backoff } from '../sinks/backoff.js';
import type { OpenSearchSink, Rejection } from '../sinks/opensearch-sink.js';
import type { Contender, Guard, GuardedOperation } from '../sinks/operations.js';
import type { StoredDocument } from './documents.js';
import type { DocumentFinder } from './find.js';
import { pass, stepSuccessions, type Vacancy, type WinnerDependencies } from './next-winner.js';
import type { ParentKeeper } from './parents.js';
import type { Decision } from './retraction.js';
import type { RemovalTally } from './tally.js';

export interface EngineDependencies extends WinnerDependencies {
  readonly finder: DocumentFinder;
  readonly sink: OpenSearchSink<RawRecord>;
  /** Undefined for documents without parents. */
  readonly parents: ParentKeeper | undefined;
  /** Makes dead letters of contributions whose body OpenSearch refuses; resolves when they are durable. */
  readonly refuse: (rejections: readonly Rejection<RawRecord>[]) => Promise<void>;
}

/** A write that is ready, with what it is counted as. */
interface Step {
  readonly vacancy: Vacancy;
  readonly operation: GuardedOperation<RawRecord>;
}

/** What is left to be done for the documents of one attempt. */
interface Agenda {
  readonly steps: Step[];
  readonly vacancies: Vacancy[];
}

const CONFLICT_FIRST_MS = 10;
const CONFLICT_MAX_MS = 1_000;

/** Resolves when each of the documents is as `decide` says of it, whoever made it so. */
export async function settleDocuments(
  documents: readonly StoredDocument[],
  decide: (document: StoredDocument) => Decision,
  tally: RemovalTally,
  deps: EngineDependencies,
): Promise<void> {
  const backoff = new Backoff(CONFLICT_FIRST_MS, CONFLICT_MAX_MS);
  let open = documents;
  for (;;) {
    const conflicts = await settleOnce(open, decide, tally, deps);
    if (conflicts.length === 0) return;
    await backoff.wait(deps.patience.signal);
    open = await deps.finder.readAgain(conflicts);
  }
}

/** One attempt on each document; answers with the operations whose documents had been written meanwhile. */
async function settleOnce(
  documents: readonly StoredDocument[],
  decide: (document: StoredDocument) => Decision,
  tally: RemovalTally,
  deps: EngineDependencies,
): Promise<GuardedOperation<RawRecord>[]> {
  const conflicts: GuardedOperation<RawRecord>[] = [];
  const agenda: Agenda = { steps: [], vacancies: [] };
  for (const document of documents) plan(agenda, document, decide(document));
  while (agenda.steps.length > 0 || agenda.vacancies.length > 0) {
    if (agenda.steps.length > 0) {
      const outcome = await write(agenda.steps.splice(0), tally, deps);
      conflicts.push(...outcome.conflicts);
      for (const vacancy of outcome.refused) fill(agenda, vacancy);
    } else {
      const { steps, later } = await stepSuccessions(agenda.vacancies.splice(0), deps);
      agenda.vacancies.push(...later);
      for (const { vacancy, winner } of steps) fill(agenda, vacancy, winner);
    }
  }
  return conflicts;
}

function plan(agenda: Agenda, document: StoredDocument, decision: Decision): void {
  if (decision.kind === 'keep') return;
  const vacancy: Vacancy = { document, rest: decision.kind === 'last' ? [] : decision.rest, passed: [] };
  if (decision.kind === 'losers')
    agenda.steps.push({ vacancy, operation: { ...guardOf(document), kind: 'refold', foldJson: foldOf(vacancy) } });
  else fill(agenda, vacancy);
}

/** A vacancy becomes a write when its winner is known, or when nobody is left. */
function fill(agenda: Agenda, vacancy: Vacancy, winner?: Contender<RawRecord>): void {
  const guard = guardOf(vacancy.document);
  if (winner) {
    agenda.steps.push({
      vacancy,
      operation: { ...guard, kind: 'replace', contender: winner, trimmedBody: undefined, foldJson: foldOf(vacancy) },
    });
  } else if (vacancy.rest.length > 0) agenda.vacancies.push(vacancy);
  else agenda.steps.push({ vacancy, operation: { ...guard, kind: 'delete' } });
}

/** Writes what is ready: parents first, see parents.ts. */
async function write(
  steps: readonly Step[],
  tally: RemovalTally,
  { sink, parents, refuse }: EngineDependencies,
): Promise<{ readonly conflicts: readonly GuardedOperation<RawRecord>[]; readonly refused: readonly Vacancy[] }> {
  const operations = steps.map(({ operation }) => operation);
  tally.touch(operations);
  if (parents) tally.removedParents(await parents.prepare(operations));
  const { conflicts, rejections } = await sink.submit(operations);
  if (rejections.length > 0) await refuse(rejections);
  const undone = new Set(conflicts);
  const rejected = new Set(rejections.map(({ contender }) => contender));
  const refused: Vacancy[] = [];
  for (const { vacancy, operation } of steps) {
    if (undone.has(operation)) continue;
    if (operation.kind === 'replace' && rejected.has(operation.contender)) refused.push(pass(vacancy, 'overruled'));
    else tally.done(operation.kind, vacancy);
  }
  return { conflicts, refused };
}

function guardOf({ index, id, routing, seqNo, primaryTerm }: StoredDocument): Guard {
  return { index, id, routing, seqNo, primaryTerm };
}

function foldOf({ document, rest }: Vacancy): string {
  return foldJson(rest, document.truncated);
}
