/** Failures as the API answers them (spec 04 §2.5): `{ref, message}` of the application, `{detail}` of the shell. */

export type ErrorBody = { readonly ref: string; readonly message: string } | { readonly detail: unknown };

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super('message' in body ? body.message : JSON.stringify(body.detail), options);
  }
}

/** An application error: what callers read is the message. */
export function refused(status: number, message: string, ref = ''): ApiError {
  return new ApiError(status, { ref, message });
}

/** Nothing of the binary is there that the caller may see; whether anything else is, is not told. */
export function binaryNotFound(sha256: string): ApiError {
  return refused(404, `Binary ${sha256} not found in Azul.`);
}

/** An error of the shell around the routes: authentication, unknown paths, validation. */
export function detailed(status: number, detail: unknown, headers: Readonly<Record<string, string>> = {}): ApiError {
  return new ApiError(status, { detail }, headers);
}

const RETRY_AFTER_SECONDS = '5';

/** OpenSearch can't answer now; the same request may succeed later. */
export function searchUnavailable(cause?: unknown): ApiError {
  const body = { ref: '', message: 'search backend unavailable' };
  return new ApiError(503, body, { 'Retry-After': RETRY_AFTER_SECONDS }, cause === undefined ? {} : { cause });
}

/** More requests than this server takes at a time. */
export function overloaded(): ApiError {
  return new ApiError(503, { ref: '', message: 'server overloaded' }, { 'Retry-After': '1' });
}
