/**
 * Every error code of metafold, what becomes of the work it hits, and what an operator does about it. Other folders throw plain
 * errors or return results; whoever drives them gives the code.
 */

/** retry: the server is busy or away; reject: this record can never work; stop: configuration, authorisation, a bug. */
export type Fate = 'retry' | 'reject' | 'stop';

export interface ErrorKind {
  readonly fate: Fate;
  readonly retriable: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

const retry = (meaning: string, remedy: string): ErrorKind => ({ fate: 'retry', retriable: true, meaning, remedy });
const reject = (meaning: string, remedy: string): ErrorKind => ({ fate: 'reject', retriable: false, meaning, remedy });
const stop = (meaning: string, remedy: string): ErrorKind => ({ fate: 'stop', retriable: false, meaning, remedy });

export const ERRORS = {
  MF_USAGE: stop('unknown command or option, missing argument, malformed value', 'see `metafold <command> --help`'),
  MF_CONFIG: stop('a setting is missing or wrong', 'correct the setting that the message names'),
  MF_INPUT: stop('a line or file of the input cannot be used', 'correct the place that the message names'),
  MF_INTERRUPTED: stop('stopped by a signal', 'run the command again'),
  MF_KAFKA: retry('Kafka does not answer or refuses a request', 'check METAFOLD_KAFKA_BROKERS and the brokers'),
  MF_KAFKA_TOPIC: stop('a topic is missing or has other settings than expected', 'create it or correct its settings'),
  MF_OPENSEARCH: retry('OpenSearch does not answer or refuses a request', 'check METASTORE_OPENSEARCH_URL and the cluster'),
  MF_OPENSEARCH_AUTH: stop('OpenSearch refuses the account', 'check METASTORE_OPENSEARCH_USERNAME, its password and its roles'),
  MF_OPENSEARCH_VERSION: stop('this OpenSearch is older than what metafold needs', 'use OpenSearch 3 with the k-NN plugin'),
  MF_OPENSEARCH_INDEX: stop('no index has the alias that is read', 'start a worker once, or check METASTORE_PARTITION'),
  MF_TEMPLATE_VERSION: stop(
    'index templates of another version are in the cluster',
    'run `metafold force-update-templates` or use another partition',
  ),
  MF_REGISTRY: retry('the schema registry does not answer or refuses a request', 'check METAFOLD_REGISTRY_URL and the registry'),
  MF_REDIS: retry('Redis does not answer', 'check METAFOLD_REDIS_URL and the server'),
  MF_DECODE: reject('a record is not an event', 'see `metafold dead-letters show`'),
  MF_INVALID: reject('an event breaks the rules of its model', 'see `metafold dead-letters show`'),
  MF_PROJECT: reject('an event cannot be folded', 'see `metafold dead-letters show`'),
  MF_SINK_REJECTED: reject('OpenSearch refuses a document', 'see `metafold dead-letters show`'),
  MF_STACK: stop('the local stack cannot be set up, started or stopped', 'see the message and `metafold stack status`'),
  MF_GENERATION: stop(
    'a generation is missing, active, unfinished or still folded',
    'do what the message says; see `metafold generations list`',
  ),
  MF_REBUILD: stop('a process that folds for a rebuild ended', 'see its log, then run the command again: it goes on where it was'),
  MF_DOCTOR: stop('a check failed', 'do what the failed check says'),
  MF_DIFFERENT: stop(
    'documents or keys are not what the log makes of them',
    'see the result for which, then `metafold repair --apply`, of keys `metafold collections rebuild`',
  ),
  MF_PARTIAL: stop('some items of a batch failed', 'see the result for which'),
  MF_INTERNAL: stop('a bug', 'report it with the log'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** Facts of an error that a reader of a log needs: topic, partition, offset, key, setting, file, line, … */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export class MetafoldError extends Error {
  override readonly name = 'MetafoldError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get retriable(): boolean {
    return ERRORS[this.code].retriable;
  }

  get fate(): Fate {
    return ERRORS[this.code].fate;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : typeof error === 'string' ? error : JSON.stringify(error);
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

/** Anything thrown as an error with a code; what has none gets `code`. */
export function asMetafoldError(error: unknown, code: ErrorCode = 'MF_INTERNAL'): MetafoldError {
  if (error instanceof MetafoldError) return error;
  return new MetafoldError(code, messageOf(error), {}, { cause: error });
}

/** A file that a setting names and that cannot be read. */
export function unreadableFile(setting: string, path: string, cause: unknown): MetafoldError {
  return new MetafoldError('MF_CONFIG', `${setting}: "${path}" cannot be read: ${messageOf(cause)}`, { setting }, { cause });
}
