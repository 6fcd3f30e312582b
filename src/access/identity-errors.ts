/**
 * Refusals of a caller as the API answers them: status, body and headers. A caller learns nothing beyond the body; the message
 * is for the log, and never holds a token or a claim.
 */

/** An answer that takes the place of what was asked for; a body that is a string is plain text. */
export class AccessError extends Error {
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, string>> | string,
    readonly headers: Readonly<Record<string, string>>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** 401: nobody, or nobody that the provider vouches for. `reason` says why, for the log (spec 03 §8). */
export class AuthenticationError extends AccessError {
  override readonly name = 'AuthenticationError';
  constructor(
    detail: string,
    readonly reason: string,
  ) {
    super(401, { detail }, { 'WWW-Authenticate': 'Bearer' }, `${detail}: ${reason}`);
  }
}

/** Seconds after which a caller may try again, and before which the provider is not asked again. */
export const RETRY_AFTER_SECONDS = 5;

/** 503: the token may be good, but the provider does not answer and its keys are not known or too old. */
export class AuthenticationUnavailable extends AccessError {
  override readonly name = 'AuthenticationUnavailable';
  constructor(reason: string, options?: ErrorOptions) {
    const body = { ref: '', message: 'identity provider unavailable' };
    super(503, body, { 'Retry-After': String(RETRY_AFTER_SECONDS) }, `the identity provider is of no use: ${reason}`, options);
  }
}

/** 500: OpenSearch does not tell the roles of a caller's account (spec 03 §10.5). */
export class AccountError extends AccessError {
  override readonly name = 'AccountError';
  constructor(reason: string, options?: ErrorOptions) {
    super(500, 'Internal Server Error', {}, `the account endpoint is of no use: ${reason}`, options);
  }
}

/** The error of a request without a token. */
export function notAuthenticated(reason: string): AuthenticationError {
  return new AuthenticationError('Not authenticated', reason);
}

/** The error of a token that is not accepted. */
export function badToken(reason: string): AuthenticationError {
  return new AuthenticationError('Not authenticated, bad jwt', reason);
}
