import type { Client } from '@opensearch-project/opensearch';

export interface OpenSearchAnswer<T> {
  readonly status: number;
  readonly body: T;
}

export interface RequestOptions {
  readonly body?: object | string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** Statuses that are answers here, not errors. */
  readonly accept?: readonly number[];
  readonly timeoutMs?: number;
  /** How often the client itself repeats a request that got no answer; the client's own setting by default. */
  readonly maxRetries?: number;
}

/**
 * One request by method and path, for what the client has no shorter word for. The body is typed by the caller, who knows the API.
 * Rejects with the client's error (`statusCode`, `message`) for any status of 400 and more that is not accepted.
 */
export async function openSearchRequest<T>(
  client: Client,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD',
  path: string,
  { body, query, accept = [], timeoutMs, maxRetries }: RequestOptions = {},
): Promise<OpenSearchAnswer<T>> {
  const response = await client.transport.request(
    { method, path, ...(body === undefined ? {} : { body }), ...(query === undefined ? {} : { querystring: { ...query } }) },
    {
      ignore: [...accept],
      ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
      ...(maxRetries === undefined ? {} : { maxRetries }),
    },
  );
  return { status: response.statusCode ?? 0, body: response.body as T };
}

/** The client's names for a request that got no answer. */
const NO_ANSWER: ReadonlySet<string> = new Set(['ConnectionError', 'TimeoutError', 'NoLivingConnectionsError']);

/** Whether a failed request says that the server can't do it now, so that the same request may succeed later. */
export function isOutage(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? error instanceof Error && NO_ANSWER.has(error.name) : status === 429 || status >= 500;
}

/** Status of a failed request, or undefined when no answer came. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}
