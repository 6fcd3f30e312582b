/** What a failed request to OpenSearch means for the caller (spec 04 §2.5). */
import { ApiError, detailed, refused, searchUnavailable } from './api-error.js';
import { statusOf } from '../opensearch/request.js';

/** The parts of an error of OpenSearch that say what was wrong. */
interface Reason {
  readonly type?: string;
  readonly reason?: string;
  readonly caused_by?: Reason;
  readonly root_cause?: readonly Reason[];
  readonly failed_shards?: readonly { readonly reason?: Reason }[];
}

/** The client's names for no answer, and for one that broke off. */
const NO_ANSWER: ReadonlySet<string> = new Set(['ConnectionError', 'TimeoutError', 'NoLivingConnectionsError', 'DeserializationError']);

/** Turns a failure of the client, or the status and error of one answer of a multi-search, into what the caller is told. */
export function searchFailure(error: unknown): Error {
  if (error instanceof ApiError) return error;
  const status = statusOf(error);
  if (status === 401) return detailed(401, 'Opensearch authentication failed');
  if (status === 403) return detailed(403, 'Opensearch authorization failed');
  if (status === 400) return refused(400, `the search was refused: ${deepest(reasonOf(error))}`);
  if (error instanceof Error && (status !== undefined || NO_ANSWER.has(error.name))) {
    return searchUnavailable(error);
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** A failed answer of a multi-search as the client's errors look. */
export function failedAnswer(status: number, reason: unknown): Error {
  return searchFailure(Object.assign(new Error(deepest(reason as Reason)), { statusCode: status, meta: { body: { error: reason } } }));
}

function reasonOf(error: unknown): Reason {
  return (error as { meta?: { body?: { error?: Reason } } }).meta?.body?.error ?? {};
}

/** The innermost cause is what names the field and the value. */
function deepest(reason: Reason): string {
  const inner = reason.failed_shards?.[0]?.reason ?? reason.root_cause?.find((cause) => cause.reason !== reason.reason);
  const next = reason.caused_by ?? inner;
  if (next !== undefined && next !== reason) {
    const told = deepest(next);
    if (told !== 'no reason given') return told;
  }
  return reason.reason ?? reason.type ?? 'no reason given';
}
