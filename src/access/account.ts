/** What OpenSearch's security plugin says of a caller's account (spec 03 §6, §10.5). */
import { Agent, request } from 'undici';
import { messageOf } from '../errors.js';
import { AccountError, AuthenticationError } from './identity-errors.js';

export interface Account {
  /** The whole answer. */
  readonly info: Readonly<Record<string, unknown>>;
  /** Names of OpenSearch roles, in the answer's order. */
  readonly roles: readonly string[];
}

export interface AccountReader {
  /** The account of the token's owner. Throws AuthenticationError (401) when OpenSearch does not take the token, else AccountError (500). */
  read(token: string): Promise<Account>;
  close(): Promise<void>;
}

export interface AccountReaderOptions {
  readonly opensearchUrl: string;
  readonly verifyCertificates: boolean;
  /** Of the whole answer; 10 s by default. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 10_000;

/** The account in an answer of the endpoint. Throws as `read` does. */
export function readAccount(status: number, text: string): Account {
  if (status === 401) throw new AuthenticationError('Opensearch authentication failed', 'the account endpoint answered 401');
  if (status !== 200 && status !== 201) throw new AccountError(`it answered ${status}, expected 200`);
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch (error) {
    throw new AccountError('its answer is no JSON', { cause: error });
  }
  const { roles } = (info ?? {}) as { readonly roles?: unknown };
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) throw new AccountError('its answer has no list of roles');
  return { info: info as Account['info'], roles };
}

export function createAccountReader({ opensearchUrl, verifyCertificates, timeoutMs = TIMEOUT_MS }: AccountReaderOptions): AccountReader {
  const url = new URL('_plugins/_security/api/account', `${opensearchUrl.replace(/\/+$/, '')}/`);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: verifyCertificates } });

  async function ask(token: string): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
      const response = await request(url, { dispatcher, headers, signal: AbortSignal.timeout(timeoutMs) });
      return { status: response.statusCode, text: await response.body.text() };
    } catch (error) {
      throw new AccountError(messageOf(error), { cause: error });
    }
  }

  return {
    async read(token) {
      const { status, text } = await ask(token);
      return readAccount(status, text);
    },
    close: () => dispatcher.close(),
  };
}
