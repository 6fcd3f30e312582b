/** Who the caller of the API is (spec 03 §8). */
import { MetafoldError, messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { userOf } from './identity-claims.js';
import { tokenOf } from './identity-header.js';
import { createOidcProvider } from './oidc-provider.js';
import { verifyToken } from './oidc-token.js';

export interface User {
  readonly username: string;
  readonly org: string;
  readonly email: string;
  /** As the token has them, without leading slashes. */
  readonly roles: readonly string[];
  readonly unique_id: string;
  /** All claims of the token. */
  readonly decoded: Readonly<Record<string, unknown>>;
}

/** The answer to "who is it"; the token and its end only with OIDC. */
export interface Identity {
  readonly user: User;
  /** For OpenSearch as this caller; never for a log. */
  readonly token: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
}

export interface Authenticator {
  /**
   * The caller with this `Authorization` header. Throws AuthenticationError (401) for a caller who is not known, and
   * AuthenticationUnavailable (503) when the provider is needed to tell and does not answer.
   */
  authenticate(authorization: string | undefined): Promise<Identity>;
  close(): Promise<void>;
}

export interface AuthenticatorOptions {
  readonly mode: 'none' | 'oidc' | 'oidc_legacy';
  readonly authorityUrl: string;
  /** The audience that a token must name. */
  readonly clientId: string;
  readonly rolesKey: string;
  readonly usernameKey: string;
  readonly cacheTtlSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: Logger;
}

/** Whoever it is where nobody has to say. */
const ANYBODY: Identity = {
  user: {
    username: 'anony-moose',
    org: 'testing',
    email: '',
    roles: ['validated'],
    unique_id: 'anony-moose',
    decoded: { sub: 'anony-moose' },
  },
  token: undefined,
  expiresAt: undefined,
};

/** Mode `oidc_legacy` asks the provider at once, and throws MF_CONFIG when it is of no use; `oidc` waits for the first caller. */
export async function createAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { mode, clientId, now = Date.now } = options;
  if (mode === 'none') return { authenticate: () => Promise.resolve(ANYBODY), close: () => Promise.resolve() };
  const provider = createOidcProvider(options);
  if (mode === 'oidc_legacy') {
    try {
      await provider.keys();
    } catch (error) {
      await provider.close();
      throw new MetafoldError('MF_CONFIG', `oidc_authority_url: ${messageOf(error)}`, { setting: 'oidc_authority_url' }, { cause: error });
    }
  }
  return {
    async authenticate(authorization) {
      const token = tokenOf(authorization, mode);
      const claims = await verifyToken(token, provider, { clientId, now: now() });
      return { user: userOf(claims, options), token, expiresAt: claims.exp };
    },
    close: () => provider.close(),
  };
}
