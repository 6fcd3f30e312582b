/**
 * Copies from the active generation what a new one can't get from the log: documents whose winner's record retention has taken, and
 * status, plugin and annotation documents that azul-metastore wrote, without `fold` (spec 00 "Retention"). Can be repeated: what is there is
 * merged with, and a document that was folded is not overwritten by one without `fold`.
 */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { foldFromSource } from '../../projections/fold-json.js';
import type { Docname } from '../../projections/index-names.js';
import { withoutGeneration } from '../../projections/generations.js';
import type { RawRecord } from '../../streams/consumer.js';
import { withoutMember, type FoundDocument } from '../export/response.js';
import { membersOf } from '../export/json-slices.js';
import { openSearchRequest } from '../opensearch/request.js';
import { durableOf, type OpenSearchSink } from '../sinks/opensearch-sink.js';
import { TextWriter } from '../sinks/document-text.js';
import { createOperation, type DocumentOperation } from '../sinks/operations.js';
import { parentsOf, type ParentOf } from '../sinks/parents.js';
import { readIndices } from './indices.js';
import { copyPlain } from './plain-copy.js';
import { remainderOf, type IsGone, type Keeps } from './retention.js';
import { readWhole, scanFolds, type ScannedHit } from './scan.js';

export interface CarryOverOptions {
  readonly client: Client;
  readonly basePartition: string;
  readonly docname: Docname;
  /** Number of the generation that is read, and partition name of the one that is written. */
  readonly from: number;
  readonly toPartition: string;
  readonly isGone: IsGone;
  readonly keeps: Keeps;
  /** Of the generation that is written. */
  readonly sink: OpenSearchSink<RawRecord>;
  readonly parentOf: ParentOf;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onProgress: (scanned: number) => void;
}

export interface CarriedOver {
  /** Documents whose winner was carried over, and documents without `fold` that were copied. */
  readonly documents: number;
  /** Contributions of which nothing but their place in a list was left. */
  readonly lost: number;
  /** Documents that the new generation's indices do not take. */
  readonly refused: number;
}

const HAS_FOLD = { exists: { field: 'fold.tokens' } };
/** Binaries are in the log for as long as they count; azul-metastore's documents of them come from there. */
const PLAIN_COPIED: readonly Docname[] = ['status', 'plugin', 'annotation'];

/** Ends early when the signal fires. */
export async function carryOver(options: CarryOverOptions): Promise<CarriedOver> {
  const { client, basePartition, docname, from, signal, onProgress } = options;
  const total = { documents: 0, lost: 0, refused: 0 };
  const indices = (await readIndices(client, basePartition, docname)).filter(({ generation }) => generation === from);
  let scanned = 0;
  for (const { index } of indices) {
    await openSearchRequest(client, 'POST', `/${encodeURIComponent(index)}/_refresh`);
    const target = targetOf(index, options);
    for await (const hits of scanFolds(client, index, HAS_FOLD)) {
      if (signal.aborted) return total;
      const wanted = hits.filter((hit) => {
        const { winner, lost } = remainderOf(foldFromSource(hit._source?.fold), isOwed(hit._source?.fold), options.isGone, options.keeps);
        total.lost += lost;
        return winner !== undefined;
      });
      total.refused += await carryWinners(await readWhole(client, index, wanted), target, options);
      total.documents += wanted.length;
      onProgress((scanned += hits.length));
    }
    if (!PLAIN_COPIED.includes(docname)) continue;
    for await (const hits of scanFolds(client, index, { bool: { must_not: [HAS_FOLD] } })) {
      if (signal.aborted) return total;
      total.refused += await copyPlain(await readWhole(client, index, hits satisfies readonly ScannedHit[]), target, options);
      total.documents += hits.length;
      onProgress((scanned += hits.length));
    }
  }
  return total;
}

/** The index of the same name in the generation that is written. */
function targetOf(index: string, { basePartition, toPartition }: CarryOverOptions): string {
  const prefix = 'azul.o.'.length;
  const plain = withoutGeneration(index, basePartition);
  return `${plain.slice(0, prefix)}${toPartition}${plain.slice(prefix + basePartition.length)}`;
}

function isOwed(fold: unknown): boolean {
  return (fold as { owed?: unknown } | undefined)?.owed === true;
}

/** Writes each document's winner with its body; what the log gives of the same document besides is merged with it. Answers how many were refused. */
async function carryWinners(documents: readonly FoundDocument[], index: string, options: CarryOverOptions): Promise<number> {
  const operations = documents.flatMap((document) => operationOf(document, index, options) ?? []);
  if (operations.length === 0) return 0;
  const { rejections } = await options.sink.submit(operations);
  for (const { contender, type, reason } of rejections) {
    options.log.error({ index, id: contender.id, type, reason }, 'document is not carried over: OpenSearch refuses it');
  }
  await options.sink.submit(parentsOf(durableOf(operations, rejections), options.parentOf));
  return rejections.length;
}

/** Undefined when the document has changed since it was scanned, so that the log has its winner. */
function operationOf(
  { id, routing, source }: FoundDocument,
  index: string,
  { isGone, keeps }: CarryOverOptions,
): DocumentOperation<RawRecord> | undefined {
  const fold = membersOf(source).find(({ name }) => name === '"fold"');
  if (fold === undefined) return undefined;
  const stored = JSON.parse(source.slice(fold.valueStart, fold.end)) as unknown;
  const { winner } = remainderOf(foldFromSource(stored), isOwed(stored), isGone, keeps);
  if (winner === undefined) return undefined;
  const { topic, partition, offset, recordKey } = winner;
  const target = { index, id, routing: routing ?? undefined, contribution: winner };
  return createOperation({
    ...target,
    text: new TextWriter().writeJson(target, withoutMember(source, 'fold')),
    author: { name: '', version: '' },
    record: { topic, partition, offset, key: recordKey, value: null },
    recordBytes: 0,
  });
}
