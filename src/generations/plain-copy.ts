import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import type { FoundDocument } from '../export/response.js';
import { createBulkTransport } from '../opensearch/bulk-transport.js';
import { BulkRequestError } from '../sinks/opensearch-sink.js';
import { persistently } from '../sinks/backoff.js';
import type { BulkItem } from '../sinks/bulk.js';

export interface CopyDependencies {
  readonly client: Client;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The server can't do it now. */
const busy = (status: number | undefined): boolean => status === undefined || status === 429 || status >= 500;

/**
 * Creates documents as they stand in another index; one that is there already stays, because it was folded. Outages are waited for.
 * Answers how many the index refuses.
 */
export async function copyPlain(
  documents: readonly FoundDocument[],
  index: string,
  { client, log, signal }: CopyDependencies,
): Promise<number> {
  const transport = createBulkTransport(client);
  const mends = (error: unknown): boolean => error instanceof BulkRequestError && busy(error.status);
  const onRetry = (error: unknown): void => log.warn({ err: error }, 'documents are not copied yet, trying again');
  let refused = 0;
  let left = documents;
  await persistently({ mends, onRetry, signal }, async () => {
    while (left.length > 0) {
      const body = Buffer.from(left.map((document) => createLines(document, index)).join(''));
      const items = await transport({ pieces: [body], length: body.length });
      left.forEach((document, at) => {
        const item = items[at];
        if (item === undefined || item.status < 300 || item.status === 409 || busy(item.status)) return;
        refused++;
        log.error({ index, id: document.id, error: item.error }, 'document is not copied: OpenSearch refuses it');
      });
      left = left.filter((_document, at) => busy(items[at]?.status));
      if (left.length > 0) throw new BulkRequestError(429, reasonOf(items));
    }
  });
  return refused;
}

function createLines({ id, routing, source }: FoundDocument, index: string): string {
  const target = { _index: index, _id: id, ...(routing === null ? {} : { routing }) };
  // A line break between two values of a document would end its line of the request.
  return `${JSON.stringify({ create: target })}\n${source.replaceAll(/[\r\n]/g, ' ')}\n`;
}

function reasonOf(items: readonly BulkItem[]): string {
  return items.find(({ status }) => busy(status))?.error?.reason ?? 'the server is busy';
}
