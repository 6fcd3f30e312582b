import type { Logger } from 'pino';
import { isOutage } from '../opensearch/request.js';
import { persistently } from '../sinks/backoff.js';

/** Does a step until it succeeds, as long as waiting may mend its failures, and says so. `what` names it in the log. */
export interface Patience {
  <T>(what: string, step: () => Promise<T>, mends?: (error: unknown) => boolean): Promise<T>;
  /** Says that a step failed and is done again. */
  tell(what: string, error: unknown): void;
  readonly signal: AbortSignal;
}

/** Steps are requests to OpenSearch unless they say otherwise: outages are waited for, without end. */
export function createPatience(log: Logger, signal: AbortSignal): Patience {
  const tell = (what: string, error: unknown): void => log.warn({ err: error }, `${what} failed, trying again`);
  const patience = <T>(what: string, step: () => Promise<T>, mends: (error: unknown) => boolean = isOutage): Promise<T> => {
    signal.throwIfAborted();
    return persistently({ mends, signal, onRetry: (error) => tell(what, error) }, step);
  };
  return Object.assign(patience, { tell, signal });
}
