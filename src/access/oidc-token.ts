/** Whether the provider vouches for a token (spec 03 §8). */
import { decodeProtectedHeader, errors, jwtVerify, type CryptoKey, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { AuthenticationUnavailable, badToken } from './identity-errors.js';
import { ASYMMETRIC } from './oidc-documents.js';
import type { OidcProvider, ProviderKeys } from './oidc-provider.js';

interface Expected {
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The key that a token's header names. Throws for a token that no key could make good, before any key is asked for. */
function keyNameOf(token: string): string | undefined {
  const { alg, kid } = decodeProtectedHeader(token);
  if (!ASYMMETRIC.has(alg)) throw new errors.JOSEAlgNotAllowed('not an asymmetric algorithm');
  return typeof kid === 'string' ? kid : undefined;
}

async function verifyWithAny(token: string, candidates: AsyncIterable<CryptoKey>, options: JWTVerifyOptions): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

async function verifyWith(keys: ProviderKeys, token: string, { clientId, now }: Expected): Promise<JWTPayload> {
  const options: JWTVerifyOptions = {
    algorithms: [...keys.algorithms],
    issuer: keys.issuer,
    audience: clientId,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: 0,
    currentDate: new Date(now),
  };
  try {
    return (await jwtVerify(token, keys.getKey, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithAny(token, error, options);
  }
}

function isUnproven(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;
}

async function verify(token: string, provider: OidcProvider, expected: Expected, kid: string | undefined): Promise<JWTPayload> {
  const keys = await provider.keys();
  try {
    return await verifyWith(keys, token, expected);
  } catch (error) {
    if (!isUnproven(error) || keys.has(kid)) throw error;
    const newer = await provider.keysAnew(kid);
    if (newer === undefined) throw error;
    return verifyWith(newer, token, expected);
  }
}

/**
 * The claims of a token that is signed by a key of the provider and meant for `clientId`, at this second. Throws AuthenticationError
 * for any other, and AuthenticationUnavailable when the provider's keys cannot be had. jose's own errors hold the claims, so only
 * their code goes on.
 */
export async function verifyToken(token: string, provider: OidcProvider, expected: Expected): Promise<JWTPayload> {
  try {
    return await verify(token, provider, expected, keyNameOf(token));
  } catch (error) {
    if (error instanceof AuthenticationUnavailable) throw error;
    const { code } = error as { readonly code?: unknown };
    throw badToken(typeof code === 'string' ? code : 'unusable token or key');
  }
}
