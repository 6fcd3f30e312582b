/** Finding binaries by term and hashes: at most three requests to OpenSearch, with the one for the tags of the term (spec 05 §6, §16). */
import type { Reader } from '../reader.js';
import { findCandidates, type Candidates, type Question } from './candidates.js';
import { rowsAsFound, rowsByHash, type FoundBinary, type Row } from './rows.js';
import { summariesOf, summarySearches, type SummaryBuckets } from './summary.js';
import { tagSearch, tagsOf, type EntityTag } from './tags.js';

export interface Found {
  /** Only if they were to be counted. */
  readonly items_count?: number;
  readonly items: readonly Row[];
}

const SHA256 = /^[a-f0-9]{64}$/;

/** Whether the hashes say already which binaries are meant. */
function areIds({ term, hashes }: Question): boolean {
  return term === undefined && hashes.length > 0 && hashes.every((hash) => SHA256.test(hash));
}

/** Adds what is shown. What nothing is shown of, such as what the request excludes, is left out. */
async function described(reader: Reader, ids: readonly string[], highlights?: Candidates['found']): Promise<Map<string, FoundBinary>> {
  const binaries = new Map<string, FoundBinary>();
  if (ids.length === 0) return binaries;
  const answers = await reader.searchAll<EntityTag, SummaryBuckets>([...summarySearches(ids), tagSearch(ids)]);
  const summaries = summariesOf(answers.slice(0, -1));
  const tags = tagsOf(answers.at(-1)!);
  for (const id of ids) {
    const summary = summaries.get(id);
    if (summary === undefined) continue;
    const [highlight, tagged] = [highlights?.get(id), tags.get(id)];
    binaries.set(id, { ...summary, ...(highlight && { highlight }), ...(tagged && { tags: tagged }) });
  }
  return binaries;
}

/** Throws ApiError: 400 for a value that its field cannot have. */
export async function findBinaries(reader: Reader, question: Question): Promise<Found> {
  const { hashes, limit, count } = question;
  if (areIds(question)) {
    const binaries = await described(reader, [...new Set(hashes)]);
    const items = rowsByHash(binaries.values(), hashes);
    return { ...(count && { items_count: items.length }), items };
  }
  const { found, total } = await findCandidates(reader, question);
  const binaries = await described(reader, [...found.keys()], found);
  const items = hashes.length > 0 ? rowsByHash(binaries.values(), hashes) : rowsAsFound(binaries, limit);
  return { ...(count && { items_count: total ?? 0 }), items };
}
