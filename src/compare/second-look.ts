/**
 * A difference is looked at again before it is reported, because the log and the workers go on: documents are read as they are now, then what has
 * come into the log since the start, then both are compared as if what came might be there or not (spec 06 §2.7).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { identityKey } from '../../projections/contribution.js';
import { parentDocument } from '../../projections/binary/parent.js';
import { documentJson } from '../../projections/json.js';
import type { Claim, Contribution, DocumentWrite } from '../../projections/types.js';
import { parseJson, type JsonObject } from '../../schemas/json-text.js';
import type { RecordFetcher } from '../../streams/fetch.js';
import { readLog, type LogReaderOptions } from '../../streams/log-reader.js';
import type { PartitionLag } from '../../streams/group-lag.js';
import { documentName } from './document-name.js';
import type { Family } from './family.js';
import { factsOf } from './facts.js';
import { PARENT_DIGEST, type Candidate } from './first-look.js';
import { contributionOf } from './log-pass.js';
import { childrenOf } from './children.js';
import { differingPaths } from './paths.js';
import { forEachRecord } from './records.js';
import { readNow, type DocumentAddress, type StoredDocument } from './stored.js';
import { keyText } from '../../streams/consumer.js';
import { isSupersededDocument, judgeDocument, type DocumentVerdict, type LogContribution, type VerdictOptions } from './verdict.js';

export type DifferenceKind = 'missing' | 'extra' | 'different' | 'superseded';

/** A document that is not what it should be. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly address: DocumentAddress;
  /** What is different, or what of it: `features[0].value`, `fold.contributions`. */
  readonly paths: readonly string[];
  readonly isParent: boolean;
  /** As it was read. */
  readonly stored: StoredDocument | undefined;
  /** Undefined for a parent. */
  readonly verdict: DocumentVerdict | undefined;
  /** What the log makes of it. */
  readonly fromLog: readonly LogContribution[];
  /** Where it comes from: to be looked at again. */
  readonly candidate: Candidate;
}

export interface SecondLookDependencies extends VerdictOptions {
  readonly family: Family;
  readonly client: Client;
  readonly fetcher: RecordFetcher;
  readonly logReader: LogReaderOptions;
  /** Where the log ended at the start. */
  readonly starts: readonly PartitionLag[];
  /** Reads the tables again when their topics have grown since; true when they have. */
  readonly refreshTables: () => Promise<boolean>;
  readonly trusts: (contribution: Contribution) => boolean;
  readonly isSuperseded: (claim: Claim) => boolean;
  /** Whether the mapping of an index has no place for a feature name. */
  readonly unmappable: (index: string, name: string) => boolean;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Waits before the looks: the first one costs nothing, those after it give workers time to finish what they have in hand. */
const LOOKS_MS = [0, 1_000, 3_000];
const READ_AT_ONCE = 100;
const PATHS = 20;

/** What is wrong with these documents for certain. */
export async function lookAgain(candidates: readonly Candidate[], deps: SecondLookDependencies): Promise<Difference[]> {
  let open = candidates;
  let found: Difference[] = [];
  for (const waitMs of LOOKS_MS) {
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: deps.signal });
    found = await look(open, deps);
    const left = new Set(found.map(({ candidate }) => candidate));
    open = open.filter((candidate) => left.has(candidate));
    if (open.length === 0) return [];
  }
  return found;
}

/** One look. Documents are read before the log, so that everything that they hold is known. */
export async function look(candidates: readonly Candidate[], deps: SecondLookDependencies): Promise<Difference[]> {
  const stored = await readAll(candidates, deps);
  const news = await readNews(candidates, stored, deps);
  const found: Difference[] = [];
  for (const candidate of candidates) {
    for (const document of candidate.documents) {
      const difference = judgeAgain(candidate, document.address, news.of(document), stored.get(documentName(document.address)), deps);
      if (difference !== undefined) found.push(difference);
    }
  }
  const checked = await withPaths(found, deps);
  return [...checked, ...(await wrongParents(candidates, checked, stored, news, deps))];
}

type StoredByName = ReadonlyMap<string, StoredDocument>;

async function readAll(candidates: readonly Candidate[], { client, signal }: SecondLookDependencies): Promise<StoredByName> {
  const addresses = candidates.flatMap(({ documents, parent }) => [
    ...documents.map(({ address }) => address),
    ...(parent === undefined ? [] : [parent]),
  ]);
  const stored = new Map<string, StoredDocument>();
  for (let at = 0; at < addresses.length; at += READ_AT_ONCE) {
    signal.throwIfAborted();
    for (const document of await readNow(client, addresses.slice(at, at + READ_AT_ONCE))) stored.set(documentName(document), document);
  }
  return stored;
}

/** What has happened since the start, as far as it concerns some documents. */
interface News {
  /** What the log makes of a document, with what has come since. */
  of(document: Candidate['documents'][number]): LogContribution[];
  /** Whether something has come of a binary. */
  concerns(routing: string): boolean;
}

async function readNews(candidates: readonly Candidate[], stored: StoredByName, deps: SecondLookDependencies): Promise<News> {
  const { family, starts } = deps;
  const documents = candidates.flatMap((candidate) => candidate.documents);
  const byName = new Map(documents.map(({ address }) => [documentName(address), [] as LogContribution[]]));
  const keys = new Set(documents.flatMap(({ fromLog }) => fromLog.map(({ claim }) => keyOf(claim))));
  const overtaken = new Set<string>();
  const routings = new Set<string>();
  const add = (write: DocumentWrite): void => void byName.get(documentName(write))?.push(contributionOf(write, false));
  const ended = new Map(starts.map(({ topic, partition, high }) => [`${topic}/${partition}`, high]));
  const ranges = (await family.bounds()).map(({ topic, partition, low, high }) => ({
    ...{ topic, partition, to: high },
    from: Math.max(low, ended.get(`${topic}/${partition}`) ?? 0),
  }));
  const tablesChanged = await deps.refreshTables();
  for await (const records of readLog(ranges, deps.logReader)) {
    for (const record of records) {
      const name = `${record.topic}/${record.partition}/${keyText(record)}`;
      if (keys.has(name)) overtaken.add(name);
      for (const write of await family.writesOf(record)) {
        add(write);
        if (write.routing !== undefined) routings.add(write.routing);
      }
    }
  }
  const stillMade = tablesChanged ? await foldAgain(documents, stored, add, deps) : undefined;
  return {
    of: ({ address, fromLog }) => [
      ...fromLog.map((one) => {
        const settled = !overtaken.has(keyOf(one.claim)) && (stillMade?.has(contributionName(address, one.claim)) ?? true);
        return settled ? one : { ...one, required: false };
      }),
      ...byName.get(documentName(address))!,
    ],
    concerns: (routing) => tablesChanged || routings.has(routing),
  };
}

/** Folds the records of all contributions again, with the tables as they are now: names of what they make; `add` gets it. */
async function foldAgain(
  documents: Candidate['documents'],
  stored: StoredByName,
  add: (write: DocumentWrite) => void,
  { family, ...deps }: SecondLookDependencies,
): Promise<ReadonlySet<string>> {
  const made = new Set<string>();
  const claims = documents.flatMap(({ address, fromLog }) => {
    const fold = stored.get(documentName(address))?.fold;
    return [...fromLog.map(({ claim }) => claim), ...(fold?.kind === 'contributions' ? fold.contributions : [])];
  });
  const readable = claims.filter(({ topic }) => family.memberOf(topic) !== undefined);
  await forEachRecord(readable, deps, async (_position, fetched) => {
    if (fetched.kind === 'gone') return;
    for (const write of await family.writesOf(fetched.record)) {
      made.add(contributionName(write, write.contribution));
      add(write);
    }
  });
  return made;
}

function keyOf({ topic, partition, recordKey }: Claim): string {
  return `${topic}/${partition}/${recordKey}`;
}

/** Names one version of a contribution to a document. */
export function contributionName(address: DocumentAddress, claim: Claim): string {
  return `${documentName(address)}\n${identityKey(claim)}\n${claim.offset}/${claim.insertOffsets.join('/')}`;
}

function judgeAgain(
  candidate: Candidate,
  address: DocumentAddress,
  fromLog: readonly LogContribution[],
  stored: StoredDocument | undefined,
  deps: SecondLookDependencies,
): Difference | undefined {
  const facts = stored && factsOf(stored, deps.trusts);
  const verdict = judgeDocument(fromLog, facts, deps);
  if (verdict.kind === 'equal') return undefined;
  const kind = isSupersededDocument(verdict, facts, deps.isSuperseded) ? 'superseded' : verdict.kind;
  return { kind, address, paths: verdict.foldPaths, isParent: false, stored, verdict, fromLog, candidate };
}

/** The differences with their paths. Bodies that differ only in what the mapping can't take are none. */
async function withPaths(differences: readonly Difference[], deps: SecondLookDependencies): Promise<Difference[]> {
  const bodies = differences.filter(({ kind, verdict, stored }) => kind === 'different' && verdict!.bodyDiffers && stored !== undefined);
  const byPosition = new Map<string, Difference[]>();
  for (const difference of bodies) {
    const { topic, partition, offset } = difference.verdict!.winner!.claim;
    const name = `${topic}/${partition}/${offset}`;
    byPosition.set(name, [...(byPosition.get(name) ?? []), difference]);
  }
  const paths = new Map<Difference, readonly string[]>();
  const positions = bodies.map(({ verdict }) => verdict!.winner!.claim);
  await forEachRecord(positions, deps, async ({ topic, partition, offset }, fetched) => {
    if (fetched.kind === 'gone') return;
    const writes = await deps.family.writesOf(fetched.record);
    for (const difference of byPosition.get(`${topic}/${partition}/${offset}`) ?? []) {
      const write = writes.find(
        (one) => contributionName(one, one.contribution) === contributionName(difference.address, difference.verdict!.winner!.claim),
      );
      if (write !== undefined) paths.set(difference, bodyPaths(write, difference.stored!, deps));
    }
  });
  return differences.flatMap((difference) => {
    if (!bodies.includes(difference)) return [difference];
    const found = paths.get(difference) ?? ['(the winner can no longer be read)'];
    const all = [...found, ...difference.paths];
    return all.length === 0 ? [] : [{ ...difference, paths: all }];
  });
}

function bodyPaths(write: DocumentWrite, { body, index }: StoredDocument, { unmappable }: SecondLookDependencies): string[] {
  const expected = parseJson(documentJson(write.body)) as JsonObject;
  return differingPaths(expected, body, { limit: PATHS, unmappable: (name) => unmappable(index, name) });
}

/** Parents that exist without children, or do not exist though there are or should be some. */
async function wrongParents(
  candidates: readonly Candidate[],
  differences: readonly Difference[],
  stored: StoredByName,
  news: News,
  { client, signal }: SecondLookDependencies,
): Promise<Difference[]> {
  const withParent = candidates.filter(({ parent }) => parent !== undefined);
  if (withParent.length === 0) return [];
  const children = await childrenOf(client, withParent.map(({ parent }) => parent!), signal); // prettier-ignore
  const byCandidate = new Map<Candidate, Difference[]>();
  for (const difference of differences)
    byCandidate.set(difference.candidate, [...(byCandidate.get(difference.candidate) ?? []), difference]);
  return withParent.flatMap((candidate): Difference[] => {
    const address = candidate.parent!;
    const document = stored.get(documentName(address));
    const own = byCandidate.get(candidate) ?? [];
    const rightful = (children.get(documentName(address)) ?? 0) - own.filter(({ kind }) => kind === 'extra').length;
    const wanted = rightful > 0 || own.some(({ kind }) => kind !== 'extra');
    const kind =
      document === undefined ? (wanted ? 'missing' : undefined) : !wanted ? 'extra' : isWhole(document) ? undefined : 'different';
    // What came since may have made or removed children between two requests.
    if (kind === undefined || (kind !== 'different' && news.concerns(address.id))) return [];
    const paths = kind === 'different' ? parentPaths(document!) : [];
    return [{ kind, address, paths, isParent: true, stored: document, verdict: undefined, fromLog: [], candidate }];
  });
}

function isWhole({ digest, fold }: StoredDocument): boolean {
  return digest === PARENT_DIGEST && fold.kind === 'none';
}

function parentPaths({ body }: StoredDocument): string[] {
  const expected = parseJson(documentJson(parentDocument('any', '0').body));
  const paths = differingPaths(expected, body, { limit: PATHS, unmappable: () => false });
  return body.entries.has('fold') ? [...paths, 'fold'] : paths;
}
