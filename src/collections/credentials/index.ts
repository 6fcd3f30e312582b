/** Who asks for collections, and what it may read (spec 07 §3 "Auth"): a signed request, a bearer token, or anybody where nobody has to say. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ANY } from '../../../projections/security/encode.js';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import type { GrantSource } from '../../access/grants.js';
import type { Authenticator } from '../../access/identity.js';
import { AccessError } from '../../access/identity-errors.js';
import type { CollectionsConfig } from '../../config/collections.js';
import { MetafoldError } from '../../errors.js';

export interface CollectionCaller {
  readonly domain: string;
  /** In safe form, `s-any` included for whoever may read at all; sorted. */
  readonly labels: readonly string[];
  /** For the audit. */
  readonly name: string;
}

/** The caller is not known. */
export class Unauthorised extends Error {
  override readonly name = 'Unauthorised';
}

export interface SignedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it came; "" for none. */
  readonly body: string;
}

export interface CredentialOptions {
  readonly settings: Pick<CollectionsConfig, 'keys' | 'tokenDomain'>;
  readonly policy: SecurityPolicy;
  /** How the API knows its callers. */
  readonly security: 'none' | 'oidc' | 'oidc_legacy';
  readonly authenticator: Authenticator;
  readonly grants: GrantSource;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The caller of a request. Throws Unauthorised, and AccessError when it can't be told now. */
export type Credentials = (request: SignedRequest) => Promise<CollectionCaller>;

const WINDOW_MS = 300_000;
/** Domain of callers that need no credential. */
const ANYBODYS_DOMAIN = 'self';

interface KnownKey extends CollectionCaller {
  readonly secret: string;
}

/** Throws MF_CONFIG for an API key with a label that is not configured. */
export function createCredentials({ settings, policy, security, authenticator, grants, now = Date.now }: CredentialOptions): Credentials {
  const keys = new Map(
    Object.entries(settings.keys).map(([name, { secret, domain, labels }]): [string, KnownKey] => {
      const safe = labels.map((label) => safeLabel(policy, name, label));
      return [name, { name, secret, domain, labels: [...new Set([...safe, ANY])].sort() }];
    }),
  );

  function ofSignature({ headers, body }: SignedRequest, apiKey: string): CollectionCaller {
    const known = keys.get(apiKey);
    const timestamp = header(headers, 'x-logtrust-timestamp') ?? '';
    const given = Buffer.from(header(headers, 'x-logtrust-sign') ?? '', 'utf8');
    // An unknown key takes as long as a known one.
    const expected = Buffer.from(
      createHmac('sha256', known?.secret ?? '')
        .update(apiKey + body + timestamp)
        .digest('hex'),
    );
    const fits = given.length === expected.length && timingSafeEqual(given, expected);
    const recent = /^\d{1,16}$/.test(timestamp) && Math.abs(now() - Number(timestamp)) <= WINDOW_MS;
    if (known === undefined || !fits || !recent) throw new Unauthorised('unauthorised');
    return known;
  }

  async function ofToken(authorization: string | undefined, domain: string): Promise<CollectionCaller> {
    try {
      const identity = await authenticator.authenticate(authorization);
      const { granted } = await grants.of(identity);
      return { domain, labels: granted, name: identity.user.username };
    } catch (error) {
      if (error instanceof AccessError && error.status === 401) throw new Unauthorised('unauthorised', { cause: error });
      throw error;
    }
  }

  return async (request) => {
    const apiKey = header(request.headers, 'x-logtrust-apikey');
    if (apiKey !== undefined) return ofSignature(request, apiKey);
    const [, token] = /^(?:bearer|jwt) +(\S+)$/i.exec(header(request.headers, 'authorization') ?? '') ?? [];
    if (security === 'none') return ofToken(undefined, ANYBODYS_DOMAIN);
    if (token === undefined) throw new Unauthorised('unauthorised');
    return ofToken(`Bearer ${token}`, settings.tokenDomain);
  };
}

function header(headers: SignedRequest['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function safeLabel({ table }: SecurityPolicy, key: string, label: string): string {
  const found = table.toSafe.get(label);
  if (found !== undefined) return found;
  const setting = `metafold_collections_keys.${key}.labels`;
  throw new MetafoldError('MF_CONFIG', `${setting}: ${JSON.stringify(label)} is not valid, expected a label of security_labels`, {
    setting,
  });
}
