/** The documents of a binary, or with an id, and the events behind each. */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { compareContributions, sameIdentity } from '../../projections/contribution.js';
import type { Contribution, DocumentWrite } from '../../projections/types.js';
import { positionKey, type Fetched, type RecordFetcher } from '../../streams/fetch.js';
import type { Family } from '../compare/family.js';
import { forEachRecord } from '../compare/records.js';
import { scanIndex, type StoredDocument } from '../compare/stored.js';
import { openSearchRequest } from '../opensearch/request.js';
import { readIndices } from '../generations/indices.js';
import { generationPartition } from '../../projections/generations.js';
import { deleteShown, eventShown, outcomeOf } from './outcome.js';
import type { ContributionShown, DocumentShown } from './types.js';
import type { Judgement } from '../worker/judge.js';

export interface ExplainDependencies {
  readonly client: Client;
  /** Base partition. */
  readonly partition: string;
  readonly families: readonly Family[];
  readonly fetcher: RecordFetcher;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What is asked for: a hash as binaries have it, or a document's id. */
export interface Target {
  readonly text: string;
  /** In lower case; undefined when the id says nothing of a binary. */
  readonly sha256: string | undefined;
}

export function targetOf(text: string): Target {
  return { text, sha256: /^[0-9a-f]{64}(?=$|\.)/i.exec(text)?.[0].toLowerCase() };
}

/** At most so many documents are told of. */
const MOST = 1_000;

export interface FoundDocuments {
  readonly documents: readonly DocumentShown[];
  /** There are more. */
  readonly more: boolean;
}

/** By index and id, parents first. Throws MF_OPENSEARCH; rejects when the broker does not answer. */
export async function explainDocuments({ text }: Target, deps: ExplainDependencies): Promise<FoundDocuments> {
  const shown: DocumentShown[] = [];
  for (const family of deps.families) {
    const byId = { ids: { values: [text] } };
    const query = family.parents ? { bool: { should: [byId, { ids: { values: [text.toLowerCase()] } }, { term: { sha256: text.toLowerCase() } }] } } : byId; // prettier-ignore
    const found = await search(family, query, deps);
    shown.push(...(await explainAll(found.slice(0, MOST), family, deps)));
    if (found.length > MOST) return { documents: shown, more: true };
  }
  return { documents: shown, more: false };
}

async function search(family: Family, query: object, { client, partition, signal }: ExplainDependencies): Promise<StoredDocument[]> {
  const found: StoredDocument[] = [];
  const indices = (await readIndices(client, partition, family.docname)).filter(
    ({ generation }) => generationPartition(partition, generation) === family.partition,
  );
  for (const { index } of indices) {
    await openSearchRequest(client, 'POST', `/${encodeURIComponent(index)}/_refresh`);
    for await (const page of scanIndex(client, index, signal, query)) {
      found.push(...page);
      if (found.length > MOST) return found;
    }
  }
  return found.sort((a, b) => (a.index === b.index ? (a.id < b.id ? -1 : 1) : a.index < b.index ? -1 : 1));
}

interface Judged {
  readonly fetched: Fetched;
  readonly judgement: Judgement | undefined;
}

async function explainAll(documents: readonly StoredDocument[], family: Family, deps: ExplainDependencies): Promise<DocumentShown[]> {
  const claims = documents.flatMap(({ fold }) => (fold.kind === 'contributions' ? fold.contributions : []));
  const judged = new Map<string, Judged>();
  const readable = claims.filter(({ topic }) => family.memberOf(topic) !== undefined);
  await forEachRecord(readable, deps, async (position, fetched) => {
    const judgement = fetched.kind === 'record' ? await family.judge(fetched.record) : undefined;
    judged.set(positionKey(position), { fetched, judgement });
  });
  return documents.map((document) => {
    const { index, id, routing, fold } = document;
    if (fold.kind !== 'contributions') {
      const kind = family.parents && id === routing ? 'parent' : 'plain';
      return { index, id, kind, truncated: false, contributions: [] };
    }
    const sorted = [...fold.contributions].sort((a, b) => compareContributions(b, a));
    const contributions = sorted.map((one, at) => contributionShown(one, at === 0, document, judged.get(positionKey(one)), family));
    return { index, id, kind: 'document', truncated: fold.truncated, contributions };
  });
}

function contributionShown(
  claim: Contribution,
  wins: boolean,
  { id }: StoredDocument,
  judged: Judged | undefined,
  { tables }: Family,
): ContributionShown {
  const judgement = judged?.judgement;
  const write = judgement?.kind === 'folded' ? writeOf(judgement.result.writes, claim, id) : undefined;
  const shown = { role: wins ? 'winner' : 'loser', ...eventShown(claim, write), source: claim.source ?? null } as const;
  if (judgement !== undefined) return { ...shown, ...outcomeOf(claim, id, judgement, tables.current) };
  const reason = judged?.fetched.kind === 'gone' ? judged.fetched.reason : 'retention';
  const deletion = tables.current.deleteOf(claim);
  return { ...shown, outcome: 'gone', reason, deleted_by: deleteShown(tables.current, deletion?.key) };
}

function writeOf(writes: readonly DocumentWrite[], claim: Contribution, id: string): DocumentWrite | undefined {
  return writes.find((write) => write.id === id && sameIdentity(write.contribution, claim));
}
