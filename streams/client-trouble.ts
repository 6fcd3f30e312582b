/**
 * What goes wrong with a Kafka client's connections, told so that somebody can mend it: librdkafka's errors say only that there is trouble
 * ("Broker transport failure"), why is in its log. Passwords are in neither.
 */
import { asError, isLocalCode } from './client-error.js';

/** Whatever of librdkafka's clients has these events. */
export interface ClientEvents {
  on(event: 'event.log', listener: (line: ClientLogLine) => void): unknown;
  on(event: 'event.error', listener: (error: unknown) => void): unknown;
}

interface ClientLogLine {
  readonly fac: string;
  readonly message: string;
}

export interface ClientTrouble {
  readonly handlers: { readonly 'event.log': (line: ClientLogLine) => void; readonly 'event.error': (error: unknown) => void };
  /** Listens to a client. */
  readonly watch: (client: ClientEvents) => void;
  /** The error; with the reason in its message when it is the client's own and a connection has failed lately. */
  readonly explain: (error: unknown) => KafkaClientError;
}

/** What a client has told, of itself or as a broker's answer. */
export class KafkaClientError extends Error {
  override readonly name = 'KafkaClientError';

  constructor(
    message: string,
    /** librdkafka's: negative for its own. */
    readonly code: unknown,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A connection that failed earlier says nothing of an error now. */
const REASON_MS = 60_000;
/** A client without a connection says so up to twenty times a second. */
const AGAIN_MS = 10_000;

export interface ClientTroubleOptions {
  /** Whose client it is, in front of all errors. */
  readonly who?: string;
  /** Told of errors that the client recovers from by itself, of the same one once in ten seconds. */
  readonly onError?: ((error: Error) => void) | undefined;
}

export function clientTrouble({ who, onError }: ClientTroubleOptions = {}): ClientTrouble {
  let reason: { readonly text: string; readonly at: number } | undefined;
  const told = new Map<string, number>();

  function explain(value: unknown): KafkaClientError {
    const cause = asError(value);
    const { code } = cause as { code?: unknown };
    const why = reason !== undefined && isLocalCode(code) && performance.now() - reason.at < REASON_MS ? ` (${reason.text})` : '';
    return new KafkaClientError(`${who === undefined ? '' : `${who}: `}${cause.message}${why}`, code, { cause });
  }

  const handlers: ClientTrouble['handlers'] = {
    'event.log': ({ fac, message }) => {
      if (fac === 'FAIL') reason = { text: reasonIn(message), at: performance.now() };
    },
    'event.error': (value) => {
      const { message } = asError(value);
      const now = performance.now();
      if (now - (told.get(message) ?? -Infinity) < AGAIN_MS) return;
      told.set(message, now);
      onError?.(explain(value));
    },
  };
  return {
    handlers,
    watch(client) {
      client.on('event.log', handlers['event.log']);
      client.on('event.error', handlers['event.error']);
    },
    explain,
  };
}

/** Without the thread's name in front and the client's state behind it. */
function reasonIn(message: string): string {
  return message.replace(/^\[thrd:[^\]]*\]: /, '').replace(/ \(after \d+ms in state .*\)$/, '');
}
