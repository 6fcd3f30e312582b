import type { Logger } from 'pino';
import type { Decoder } from '../streams/decode.js';
import { persistently } from './sinks/backoff.js';

/** Fetches the schema of a framed record, for as long as it takes: the registry may be away. Rejects only when `signal` fires. */
export async function lookUpSchema(
  decoder: Decoder,
  schemaId: number,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const onRetry = (error: unknown): void => log.warn({ err: error, schemaId }, 'schema registry does not answer, trying again');
  await persistently({ mends: () => true, signal, onRetry }, () => decoder.resolve(schemaId));
}
