/** What becomes of a failed command (spec 00, three fates): away or full is waited for; what no waiting mends stops the work. */
import { messageOf } from '../errors.js';

/** Redis is away, starting, full, or does not answer in time: what was sent may have been applied or not. */
export class StoreOutage extends Error {
  override readonly name = 'StoreOutage';
}

/** Redis answers, but refuses what no waiting mends. */
export class StoreRefusal extends Error {
  override readonly name = 'StoreRefusal';
}

/** First words of replies that say "not now"; Redis 6 puts others before them when a script ran into them. */
const LATER =
  /^(?:ERR Error running script .*: -?)?(?:OOM|LOADING|CLUSTERDOWN|READONLY|MASTERDOWN|TRYAGAIN|BUSY|MISCONF|NOREPLICAS|UNBLOCKED|MOVED|ASK)\b|max number of clients/;

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:NOAUTH|WRONGPASS)\b/, 'check the user and password of METAFOLD_REDIS_URL'],
  [/^NOPERM\b/, 'give the account of METAFOLD_REDIS_URL the commands and keys that the README lists'],
  [/\bWRONGTYPE\b/, 'something else writes into this database: give the collections one of their own'],
  [
    /^ERR SELECT\b|DB index/,
    'a cluster has database 0 only, others as many as they are configured for: correct the path of METAFOLD_REDIS_URL',
  ],
  [
    /unknown command|wrong number of arguments|syntax error/i,
    'the server has to be Redis 6.2 or newer, 7.0 to verify collections, or Valkey',
  ],
];

/** Whether the server did answer, with an error. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

export function isMissingScript(error: unknown): boolean {
  return isReply(error) && error.message.startsWith('NOSCRIPT');
}

/** Where a cluster says that a key is: for good (`MOVED`), or for this one command while its slot is moving (`ASK`). */
export interface Redirection {
  readonly asking: boolean;
  readonly host: string;
  readonly port: number;
}

export function redirectionOf(error: unknown): Redirection | undefined {
  const match = isReply(error) ? /^(MOVED|ASK) \d+ (\S*):(\d+)$/.exec(error.message) : null;
  return match === null ? undefined : { asking: match[1] === 'ASK', host: match[2]!, port: Number(match[3]) };
}

/** A certificate may be renewed while a worker waits: no refusal, but it has to be said. */
function certificateHint(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  const isTls = typeof code === 'string' && /^(?:CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/.test(code);
  return isTls ? '; check METAFOLD_REDIS_SSL_CA_LOCATION, the certificate and key beside it, and whether this is a TLS port' : '';
}

/** The failure of a command as one of the two. */
export function storeError(error: unknown): StoreOutage | StoreRefusal {
  if (error instanceof StoreOutage || error instanceof StoreRefusal) return error;
  const message = messageOf(error);
  if (!isReply(error) || LATER.test(message)) return new StoreOutage(`Redis: ${message}${certificateHint(error)}`, { cause: error });
  const remedy = REMEDIES.find(([pattern]) => pattern.test(message))?.[1];
  return new StoreRefusal(`Redis refuses a command: ${message}${remedy === undefined ? '' : `; ${remedy}`}`, { cause: error });
}
