/**
 * An identity provider on a free port: discovery document, key set, and tokens signed with keys it makes. It counts what it is
 * asked, changes its keys, and can be away in the ways that real ones are.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CompactSign, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

/** refusing: connections break; failing: answers 500; silent: takes requests and never answers. */
export type Availability = 'up' | 'refusing' | 'failing' | 'silent';

export interface SignOptions {
  /** Any of RS*, PS*, ES256 and EdDSA; RS256 by default. The discovery document lists RS256, ES256 and EdDSA of them. */
  readonly alg?: string;
  /** More protected header fields, or other ones; undefined leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** A key that is not the provider's. */
  readonly key?: CryptoKey;
}

export interface TestOidcProvider {
  /** What `oidc_authority_url` is set to. */
  readonly url: string;
  /** What `iss` must be; another address than `url`, as behind a proxy. */
  readonly issuer: string;
  /** Requests that came in, and connections while refusing. */
  readonly asked: { discovery: number; keys: number; refused: number };
  /** The public keys as served. */
  publicKeys(): readonly JWK[];
  /** A token of `alice` for client `web`, good for five minutes; claims are added or replaced, undefined ones left out. */
  sign(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>;
  /** Other keys under other names take the place of all. */
  rotate(): Promise<void>;
  /** Serves other fields in the discovery document, or another key set. */
  serve(change: { readonly discovery?: Readonly<Record<string, unknown>>; readonly keySet?: unknown }): void;
  become(availability: Availability): void;
  stop(): Promise<void>;
}

interface SigningKey {
  readonly secret: JWK;
  readonly public: JWK;
}

type Kind = 'rsa' | 'ec' | 'okp';
type Keys = Readonly<Record<Kind, SigningKey>>;

const ISSUER = 'https://login.example.test/realms/azul';

function kindOf(alg: string): Kind {
  return alg === 'EdDSA' ? 'okp' : alg.startsWith('ES') ? 'ec' : 'rsa';
}

async function makeKey(kid: string, alg: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { secret: await exportJWK(privateKey), public: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

async function makeKeys(generation: number): Promise<Keys> {
  return {
    rsa: await makeKey(`rsa-${generation}`, 'RS256'),
    ec: await makeKey(`ec-${generation}`, 'ES256'),
    okp: await makeKey(`okp-${generation}`, 'EdDSA'),
  };
}

/** A compact token of any header and payload. */
export function signToken(header: Readonly<Record<string, unknown>>, payload: unknown, key: CryptoKey | Uint8Array): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  return new CompactSign(bytes).setProtectedHeader(header as { alg: string }).sign(key);
}

export async function startOidcProvider(): Promise<TestOidcProvider> {
  let generation = 1;
  let keys = await makeKeys(generation);
  let availability: Availability = 'up';
  let discoveryChange: Readonly<Record<string, unknown>> = {};
  let otherKeySet: unknown;
  const asked = { discovery: 0, keys: 0, refused: 0 };
  const sockets = new Set<Socket>();
  const publicKeys = (): JWK[] => Object.values(keys).map((key) => key.public);

  function discovery(): object {
    const algorithms = ['RS256', 'ES256', 'EdDSA', 'HS256', 'none'];
    return { issuer: ISSUER, jwks_uri: `${url}/certs`, id_token_signing_alg_values_supported: algorithms, ...discoveryChange };
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const isDiscovery = request.url === '/realms/azul/.well-known/openid-configuration';
    if (isDiscovery) asked.discovery++;
    else asked.keys++;
    if (availability === 'silent') return;
    response.writeHead(availability === 'failing' ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isDiscovery ? discovery() : (otherKeySet ?? { keys: publicKeys() })));
  }

  const server = createServer(answer).on('connection', (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    if (availability !== 'refusing') return;
    asked.refused++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/azul`;
  const breakConnections = (): void => sockets.forEach((socket) => socket.destroy());

  return {
    url,
    issuer: ISSUER,
    asked,
    publicKeys,
    async sign(claims = {}, { alg = 'RS256', header = {}, key } = {}) {
      const second = Math.floor(Date.now() / 1000);
      const usual = { iss: ISSUER, aud: 'web', sub: 'subject-1', preferred_username: 'alice', iat: second, exp: second + 300 };
      const own = keys[kindOf(alg)];
      const signingKey = key ?? (await importJWK(own.secret, alg));
      return signToken({ alg, kid: own.public.kid, ...header }, { ...usual, ...claims }, signingKey);
    },
    async rotate() {
      keys = await makeKeys(++generation);
    },
    serve(change) {
      discoveryChange = change.discovery ?? {};
      otherKeySet = change.keySet;
    },
    become(next) {
      availability = next;
      if (next !== 'up') breakConnections();
    },
    stop() {
      breakConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
