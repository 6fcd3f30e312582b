import { Readable } from 'node:stream';
import type { Client } from '@opensearch-project/opensearch';
import { BULK_FILTER_PATH, type BulkItem } from '../sinks/bulk.js';
import { BulkRequestError, type BulkTransport } from '../sinks/opensearch-sink.js';

/** The peer's own limit for a bulk request. */
const BULK_TIMEOUT_MS = 200_000;

type ItemLine = Readonly<Record<string, BulkItem>>;

/** Sends bulk bodies through the client, without its own retries: the sink repeats, visibly and without end. */
export function createBulkTransport(client: Client): BulkTransport {
  return async ({ pieces, length }) => {
    try {
      const response = await client.transport.request(
        {
          method: 'POST',
          path: '/_bulk',
          bulkBody: pieces.length === 1 ? pieces[0]! : new PieceStream(pieces),
          querystring: { filter_path: BULK_FILTER_PATH },
        },
        { maxRetries: 0, requestTimeout: BULK_TIMEOUT_MS, headers: { 'content-length': String(length) } },
      );
      const { items } = response.body as { items: readonly ItemLine[] };
      return items.map((line) => (line.create ?? line.update ?? line.index ?? line.delete)!);
    } catch (error) {
      throw asBulkError(error);
    }
  };
}

/** A body in pieces, so that they need not be copied together. */
class PieceStream extends Readable {
  private next = 0;

  constructor(readonly pieces: readonly Buffer[]) {
    super();
  }

  override _read(): void {
    this.push(this.pieces[this.next++] ?? null);
  }
}

function asBulkError(error: unknown): BulkRequestError {
  if (error instanceof BulkRequestError) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  return new BulkRequestError(typeof statusCode === 'number' ? statusCode : undefined, causesOf(error) ?? message ?? String(error), {
    cause: error,
  });
}

interface ServerError {
  readonly type?: string;
  readonly reason?: string;
  readonly caused_by?: ServerError;
}

/** What the server says, down to the root cause: only there it says what is wrong with a body that it can't parse. */
function causesOf(error: unknown): string | undefined {
  const { body } = error as { body?: { readonly error?: ServerError | string } };
  if (typeof body?.error !== 'object') return undefined;
  const causes: string[] = [];
  for (let one: ServerError | undefined = body.error; one; one = one.caused_by) causes.push(`${one.type ?? 'error'}: ${one.reason ?? ''}`);
  return causes.join(', caused by ');
}
