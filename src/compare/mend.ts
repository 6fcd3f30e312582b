/**
 * Makes documents what the log makes of them (spec 06 §2.7 `repair`): exactly those that a comparison found wrong. Everything is written under the
 * guard of what was read or merged with what is there, and looked at again, so that workers may go on meanwhile.
 */
import { compareContributions } from '../../projections/contribution.js';
import { foldJson } from '../../projections/fold-json.js';
import type { Claim, Contribution } from '../../projections/types.js';
import type { RawRecord } from '../../streams/consumer.js';
import { positionKey } from '../../streams/fetch.js';
import type { ProjectionKit, ReplayKit } from '../replay/kit.js';
import {
  addContender,
  createContender,
  createOperation,
  type Contender,
  type DocumentOperation,
  type Guard,
  type GuardedOperation,
} from '../sinks/operations.js';
import { documentName } from './document-name.js';
import type { Candidate } from './first-look.js';
import { forEachRecord } from './records.js';
import { contributionName, look, type Difference, type SecondLookDependencies } from './second-look.js';

export interface MendResult {
  /** Documents that are right now. */
  readonly mended: number;
  /** Contributions that OpenSearch refused: they are in the dead letter. */
  readonly refused: number;
  /** Documents that are still wrong. */
  readonly failed: readonly Difference[];
}

/** Somebody may write the same documents meanwhile; so many attempts, then they are left. */
const ATTEMPTS = 5;

/** Mends the differences of one family. Rejects when aborted, or for what no waiting mends. */
export async function mend(differences: readonly Difference[], kit: ReplayKit, deps: SecondLookDependencies): Promise<MendResult> {
  const refused = new Set<string>();
  let open = differences;
  for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
    for (const name of await mendOnce(open, kit, deps)) refused.add(name);
    const candidates = [...new Set(open.map(({ candidate }) => candidate))].map((candidate) => excusing(candidate, refused));
    open = await look(candidates, deps);
  }
  const wrong = new Set(open.map(({ address }) => documentName(address)));
  const mended = differences.filter(({ address }) => !wrong.has(documentName(address))).length;
  return { mended, refused: refused.size, failed: open };
}

/** The candidate when contributions that OpenSearch refuses need not be there. */
function excusing(candidate: Candidate, refused: ReadonlySet<string>): Candidate {
  if (refused.size === 0) return candidate;
  const documents = candidate.documents.map(({ address, fromLog }) => ({
    address,
    fromLog: fromLog.map((one) => (refused.has(contributionName(address, one.claim)) ? { ...one, required: false } : one)),
  }));
  return { ...candidate, documents };
}

/** One attempt; answers with the names of contributions that OpenSearch refused. */
async function mendOnce(differences: readonly Difference[], kit: ReplayKit, deps: SecondLookDependencies): Promise<string[]> {
  const documents = differences.filter(({ isParent }) => !isParent);
  const contenders = await makeAgain(documents, deps);
  const operations = documents.flatMap((one) => operationOf(one, contenders.get(one) ?? [], deps) ?? []);
  const broken = differences.filter(({ isParent, kind, stored }) => isParent && kind === 'different' && stored !== undefined);
  const removals = broken.map(({ stored }): GuardedOperation<RawRecord> => ({ kind: 'delete', ...guardOf(stored!) }));
  const { rejections, owed } = await kit.sink.submit([...operations, ...removals]);
  const { family } = deps;
  for (const { projection } of family.members) {
    const { refuse, removal } = kit.of(projection.name)!;
    const own = ({ topic }: Claim): boolean => family.memberOf(topic)?.projection === projection;
    const refusals = rejections.filter(({ contender }) => own(contender.contribution));
    if (refusals.length > 0) await refuse(refusals);
    const owing = owed.filter(({ best }) => own(best.contribution));
    if (owing.length > 0) await removal.settleOwed(owing);
  }
  await parentsKit(kit, deps)?.removal.judgeParents(differences.map(({ address }) => address));
  return rejections.map(({ contender }) => contributionName(contender, contender.contribution));
}

function parentsKit(kit: ReplayKit, { family }: SecondLookDependencies): ProjectionKit | undefined {
  const member = family.members.find(({ projection }) => projection.parents);
  return member && kit.of(member.projection.name);
}

function guardOf({ index, id, routing, seqNo, primaryTerm }: Guard): Guard {
  return { index, id, routing, seqNo, primaryTerm };
}

/** The contributions that each document should have, made again from their records, as far as the log has them and they still come of them. */
async function makeAgain(
  documents: readonly Difference[],
  deps: SecondLookDependencies,
): Promise<ReadonlyMap<Difference, readonly Contender<RawRecord>[]>> {
  const made = new Map<Difference, Contender<RawRecord>[]>();
  const byName = new Map<string, Difference>();
  const byPosition = new Map<string, Set<string>>();
  for (const document of documents) {
    for (const { claim } of document.verdict!.rightful) {
      const name = contributionName(document.address, claim);
      byName.set(name, document);
      const wanted = byPosition.get(positionKey(claim));
      if (wanted === undefined) byPosition.set(positionKey(claim), new Set([name]));
      else wanted.add(name);
    }
  }
  const positions = documents.flatMap(({ verdict }) => verdict!.rightful.map(({ claim }) => claim));
  await forEachRecord(positions, deps, async (position, fetched) => {
    if (fetched.kind === 'gone') return;
    const wanted = byPosition.get(positionKey(position))!;
    for (const write of await deps.family.writesOf(fetched.record)) {
      const name = contributionName(write, write.contribution);
      if (!wanted.has(name)) continue;
      const document = byName.get(name)!;
      const contender = createContender(write, fetched.record, fetched.record.value?.length ?? 0);
      made.set(document, [...(made.get(document) ?? []), contender]);
    }
  });
  return made;
}

type MendOperation = DocumentOperation<RawRecord> | GuardedOperation<RawRecord>;

/** What makes a document right; undefined when something of it could not be made again, so that it has to be looked at first. */
function operationOf(
  { stored, verdict }: Difference,
  contenders: readonly Contender<RawRecord>[],
  deps: SecondLookDependencies,
): MendOperation | undefined {
  const { rightful, trusted } = verdict!;
  if (contenders.length < rightful.length) return undefined;
  if (stored === undefined) return contenders.length === 0 ? undefined : createOf(contenders);
  const kept = trustedOf(stored.fold, trusted);
  const contributions = [...contenders.map(({ text }) => text.contribution), ...kept].sort((a, b) => compareContributions(b, a));
  const [first] = contributions;
  if (first === undefined) return { kind: 'delete', ...guardOf(stored) };
  const max = deps.maxContributions;
  const fold = foldJson(contributions.slice(0, max), contributions.length > max);
  if (kept.includes(first)) return { kind: 'refold', ...guardOf(stored), foldJson: fold };
  const winner = contenders.find(({ contribution }) => compareContributions(contribution, first) === 0)!;
  return { kind: 'replace', ...guardOf(stored), contender: winner, trimmedBody: undefined, foldJson: fold };
}

function createOf(contenders: readonly Contender<RawRecord>[]): DocumentOperation<RawRecord> {
  const operation = createOperation(contenders[0]!);
  for (const contender of contenders.slice(1)) addContender(operation, contender);
  return operation;
}

function trustedOf(fold: NonNullable<Difference['stored']>['fold'], trusted: readonly Claim[]): Contribution[] {
  return fold.kind === 'contributions' ? fold.contributions.filter((one) => trusted.includes(one)) : [];
}
