/** The event log behind the documents, for answers: records by position, and the deletes and inserts that are in force. */
import type { FastifyBaseLogger } from 'fastify';
import { createDecoder, type EventByForm, type Form } from '../../../streams/decode.js';
import { createRecordFetcher, type Fetched } from '../../../streams/fetch.js';
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import { createRegistry } from '../../../streams/registry.js';
import type { KafkaConfig } from '../../config/index.js';
import type { LogTables } from '../../tables/log-tables.js';
import { ApiError } from '../api-error.js';
import { createCurrentTables } from './current-tables.js';

/** All of it throws ApiError 503 when the brokers, or the schema registry where it is needed, do not answer within ten seconds. */
export interface EventLog {
  /** The tables as they stand at the time of the call or later: a delete that was acknowledged before is in them (see `CurrentTables.read`). */
  tables(): Promise<LogTables>;
  /** As `RecordFetcher.fetchMany`. */
  fetch(positions: readonly TopicPartitionOffset[], maxBytes: number): Promise<ReadonlyMap<string, Fetched>>;
  /** The event of a record's value; undefined for a tombstone and for what can't be decoded. */
  decode<F extends Form>(form: F, value: Buffer | null): Promise<EventByForm[F] | undefined>;
  close(): Promise<void>;
}

export interface EventLogOptions {
  readonly kafka: KafkaConfig;
  readonly registryUrl: string | undefined;
  readonly log: FastifyBaseLogger;
}

const TIMEOUT_MS = 10_000;
const RETRY_AFTER_SECONDS = '5';

/** The log can't be read now; the same request may succeed later. */
function logUnavailable(cause: unknown): ApiError {
  return new ApiError(503, { ref: '', message: 'event log unavailable' }, { 'Retry-After': RETRY_AFTER_SECONDS }, { cause });
}

/** What an answer of the log has to be; it goes on by itself when it takes too long, so that the next one may find it ready. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw logUnavailable(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Connects when it is needed for the first time. */
export function createEventLog({ kafka, registryUrl, log }: EventLogOptions): EventLog {
  const { brokers, client } = kafka;
  const decoder = createDecoder({ registry: registryUrl === undefined ? undefined : createRegistry({ url: registryUrl }) });
  const fetcher = createRecordFetcher(brokers, client, `metafold-provenance-${process.pid}`, TIMEOUT_MS);

  async function decode<F extends Form>(form: F, value: Buffer | null): Promise<EventByForm[F] | undefined> {
    let outcome = decoder.decode(form, value);
    if (outcome.kind === 'unresolved') {
      await inTime(decoder.resolve(outcome.schemaId));
      outcome = decoder.decode(form, value);
    }
    return outcome.kind === 'event' ? outcome.event : undefined;
  }

  const onError = (error: Error): void => log.warn({ err: error }, 'Kafka client');
  const tables = createCurrentTables({ kafka, decode, timeoutMs: TIMEOUT_MS, onError });
  return {
    decode,
    tables: () => inTime(tables.read()),
    fetch: (positions, maxBytes) => inTime(fetcher.fetchMany(positions, maxBytes)),
    async close() {
      await tables.close();
      await fetcher.close();
    },
  };
}
