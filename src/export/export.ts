/**
 * All documents of the active generation, sorted by index and id in code-point order: first the ids of an index, then its
 * documents in that order, a few megabytes at a time.
 */
import type { Client } from '@opensearch-project/opensearch';
import { compareCodePoints } from '../../projections/code-points.js';
import type { Docname } from '../../projections/index-names.js';
import { MetafoldError } from '../errors.js';
import { openSearchError } from '../opensearch/client.js';
import { readAddresses, type DocumentAddress } from './ids.js';
import { indicesOf, type ExportedIndex } from './indices.js';
import { documentLine, readDocuments, requestText, type FoundDocument } from './response.js';

export const EXPORTED_DOCNAMES = ['annotation', 'binary2', 'plugin', 'status'] as const satisfies readonly Docname[];
export type ExportedDocname = (typeof EXPORTED_DOCNAMES)[number];

export interface ExportOptions {
  readonly partition: string;
  /** Undefined: all that have an alias. */
  readonly docnames: readonly ExportedDocname[] | undefined;
  readonly withFold: boolean;
  readonly signal: AbortSignal;
  /** Resolves when there is room for more. */
  readonly write: (lines: string) => Promise<void>;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
}

export interface ExportCounts {
  documents: number;
  /** By exported index name. */
  indices: Record<string, number>;
}

const FIRST_BATCH = 50;
const MAX_BATCH = 2_000;
/** Size of an answer that is aimed at: documents differ by a factor of a thousand. */
const ANSWER_CHARACTERS = 4_000_000;

async function selectIndices(client: Client, { partition, docnames }: ExportOptions): Promise<ExportedIndex[]> {
  const wanted = docnames ?? EXPORTED_DOCNAMES;
  const found = await Promise.all(wanted.map((docname) => indicesOf(client, partition, docname)));
  const missing = wanted.filter((_docname, index) => found[index] === undefined);
  if (missing.length === wanted.length || (docnames !== undefined && missing.length > 0)) {
    const names = missing.map((docname) => `azul.${partition}.${docname}`);
    throw new MetafoldError('MF_OPENSEARCH_INDEX', `no index has the alias ${names.join(', ')}`, { aliases: names });
  }
  return found.flatMap((indices) => indices ?? []);
}

async function fetchBatch(client: Client, index: string, batch: readonly DocumentAddress[], withFold: boolean) {
  const docs = batch.map(({ id, routing }) => (routing === undefined ? { _id: id } : { _id: id, routing }));
  const answer = await requestText(client, { method: 'POST', path: `/${encodeURIComponent(index)}/_mget`, body: { docs } });
  return { documents: readDocuments(answer, withFold), characters: answer.length };
}

/** Documents at the addresses, in their order; the next answer is on its way while the last one is used. */
async function* readSources(
  client: Client,
  index: string,
  addresses: readonly DocumentAddress[],
  withFold: boolean,
): AsyncGenerator<FoundDocument[]> {
  let size = FIRST_BATCH;
  let start = 0;
  const next = () => {
    const batch = addresses.slice(start, start + size);
    start += batch.length;
    return batch.length === 0 ? undefined : { count: batch.length, answer: fetchBatch(client, index, batch, withFold) };
  };
  let pending = next();
  while (pending !== undefined) {
    const { documents, characters } = await pending.answer;
    const fitting = Math.floor(ANSWER_CHARACTERS / Math.max(1, characters / pending.count));
    size = Math.max(1, Math.min(MAX_BATCH, fitting, size * 4));
    pending = next();
    pending?.answer.catch(() => undefined); // reported when it is awaited
    yield documents;
  }
}

/** Writes a line for each document and counts them. Throws MF_OPENSEARCH, MF_OPENSEARCH_INDEX. Stops early when the signal is raised. */
export async function exportDocuments(client: Client, options: ExportOptions, counts: ExportCounts): Promise<void> {
  const indices = (await selectIndices(client, options)).sort((a, b) => compareCodePoints(a.name, b.name));
  for (const { index, name } of indices) {
    try {
      await client.indices.refresh({ index });
    } catch (error) {
      throw openSearchError(error, `refresh of ${index}`);
    }
    const addresses = await readAddresses(client, index, (count) => options.onProgress(`ids of ${name}`, count, null));
    let done = 0;
    for await (const documents of readSources(client, index, addresses, options.withFold)) {
      if (options.signal.aborted) return;
      await options.write(documents.map((document) => documentLine(name, document)).join(''));
      done += documents.length;
      counts.documents += documents.length;
      counts.indices[name] = (counts.indices[name] ?? 0) + documents.length;
      options.onProgress(`documents of ${name}`, done, addresses.length);
    }
  }
}
