/** The OpenSearch client as the configuration says: address, account, TLS; and whether the server is one that metafold works with. */
import { Client, errors } from '@opensearch-project/opensearch';
import type { OpenSearchConfig } from '../config/index.js';
import { MetafoldError, messageOf } from '../errors.js';
import { ExactSerializer } from './exact-json.js';

export interface OpenSearchVersion {
  readonly distribution: string;
  readonly version: string;
}

export interface ClientOptions {
  readonly requestTimeoutMs?: number;
  readonly maxRetries?: number;
  /** Integers of answers that a number cannot hold become bigint. */
  readonly exactIntegers?: boolean;
}

const OLDEST_MAJOR = 3;

export function createOpenSearchClient(config: OpenSearchConfig, options: ClientOptions = {}): Client {
  const address = new URL(config.url);
  const username = decodeURIComponent(address.username) || config.username;
  const password = decodeURIComponent(address.password) || config.password;
  address.username = '';
  address.password = '';
  return new Client({
    node: address.href,
    requestTimeout: options.requestTimeoutMs ?? config.requestTimeoutMs,
    maxRetries: options.maxRetries ?? 3,
    ...(options.exactIntegers && { Serializer: ExactSerializer }),
    ...(password !== '' && { auth: { username, password } }),
    ...(address.protocol === 'https:' && { ssl: { rejectUnauthorized: config.verifyCertificates } }),
  });
}

/** A failure of the client as an error with code: refused accounts apart, because waiting does not help there. */
export function openSearchError(error: unknown, what: string): MetafoldError {
  if (error instanceof MetafoldError) return error;
  const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
  const code = status === 401 || status === 403 ? 'MF_OPENSEARCH_AUTH' : 'MF_OPENSEARCH';
  return new MetafoldError(code, `${what}: ${messageOf(error)}`, status === undefined ? {} : { status }, { cause: error });
}

interface Info {
  readonly version?: { readonly number?: string; readonly distribution?: string };
}

/** What answers at the configured address. Throws MF_OPENSEARCH, MF_OPENSEARCH_AUTH, or MF_OPENSEARCH_VERSION when it is not OpenSearch 3 or newer. */
export async function checkOpenSearch(client: Client): Promise<OpenSearchVersion> {
  let info: Info;
  try {
    info = (await client.info()).body;
  } catch (error) {
    throw openSearchError(error, 'OpenSearch does not answer');
  }
  const { number: version = 'unknown', distribution = 'elasticsearch' } = info.version ?? {};
  if (distribution !== 'opensearch' || !(Number.parseInt(version, 10) >= OLDEST_MAJOR)) {
    throw new MetafoldError('MF_OPENSEARCH_VERSION', `found ${distribution} ${version}, expected opensearch ${OLDEST_MAJOR} or newer`, {
      version,
    });
  }
  return { distribution, version };
}
