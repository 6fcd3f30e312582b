/** What the tests of callers share. */
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from '../../../src/access/identity.js';
import { AccessError } from '../../../src/access/identity-errors.js';
import type { TestOidcProvider } from '../../helpers/oidc-provider.js';

/** A clock that stands at the present until it is moved; in milliseconds. */
export interface TestClock {
  now: () => number;
  pass(seconds: number): void;
}

export function createClock(): TestClock {
  let time = Date.now();
  return { now: () => time, pass: (seconds) => void (time += seconds * 1000) };
}

export function authenticatorOf(provider: TestOidcProvider, changes: Partial<AuthenticatorOptions> = {}): Promise<Authenticator> {
  return createAuthenticator({
    mode: 'oidc',
    authorityUrl: provider.url,
    clientId: 'web',
    rolesKey: 'roles',
    usernameKey: 'preferred_username',
    cacheTtlSeconds: 600,
    ...changes,
  });
}

/** What a caller is answered instead: `401 {"detail":…} {"WWW-Authenticate":…}`, or `accepted`. */
export async function answerTo(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return `${error.status} ${JSON.stringify(error.body)} ${JSON.stringify(error.headers)}`;
  }
}

/** The error of work that has to fail. */
export async function errorOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

export const NOT_AUTHENTICATED = '401 {"detail":"Not authenticated"} {"WWW-Authenticate":"Bearer"}';
export const BAD_TOKEN = '401 {"detail":"Not authenticated, bad jwt"} {"WWW-Authenticate":"Bearer"}';
export const UNAVAILABLE = '503 {"ref":"","message":"identity provider unavailable"} {"Retry-After":"5"}';
