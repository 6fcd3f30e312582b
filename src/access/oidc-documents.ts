/** What metafold takes from the two documents of a provider: its discovery document and its signature keys. */
import { createLocalJWKSet, type CryptoKey, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';

/**
 * Signature algorithms that metafold accepts at most: those with a public key. With HS* the key set, which everybody can read,
 * would be the secret (spec 03 §8).
 */
export const ASYMMETRIC: ReadonlySet<unknown> = new Set([
  ...['RS256', 'RS384', 'RS512'],
  ...['PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512'],
  'EdDSA',
]);

export interface Discovery {
  readonly issuer: string;
  readonly jwksUri: string;
  /** Asymmetric ones that the provider lists; never empty. */
  readonly algorithms: readonly string[];
}

export interface KeySet {
  has(kid: string | undefined): boolean;
  /** Rejects with jose's error when no key fits, or several. */
  readonly getKey: (header: JWSHeaderParameters) => Promise<CryptoKey>;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(document: unknown, what: string): Fields {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new Error(`the ${what} is no JSON object`);
  return document as Fields;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new Error(`the discovery document has no ${name}`);
  return value;
}

/** Throws an error that names what is missing. */
export function readDiscovery(document: unknown): Discovery {
  const fields = fieldsOf(document, 'discovery document');
  const listed = fields['id_token_signing_alg_values_supported'];
  const algorithms = (Array.isArray(listed) ? (listed as unknown[]) : []).filter((name): name is string => ASYMMETRIC.has(name));
  if (algorithms.length === 0) throw new Error('the discovery document lists no asymmetric id_token_signing_alg_values_supported');
  return { issuer: textOf(fields, 'issuer'), jwksUri: textOf(fields, 'jwks_uri'), algorithms };
}

/**
 * The keys by what a token's header says. `kid` is a hint: where it names none of the keys, all that fit the algorithm are
 * candidates, since the signature alone proves a token (RFC 7515 §4.1.4, spec 03 §8). Throws for what is no key set.
 */
export function readKeySet(document: unknown): KeySet {
  const find = createLocalJWKSet(document as JSONWebKeySet);
  const kids = new Set((document as JSONWebKeySet).keys.map((key) => key.kid));
  const has = (kid: string | undefined): boolean => kid !== undefined && kids.has(kid);
  return { has, getKey: (header) => find(has(header.kid) ? header : { alg: header.alg! }) };
}
