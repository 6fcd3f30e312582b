/** The sample's collection: created over HTTP as any client would, then looked up, so that what is printed really answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MetafoldError } from '../errors.js';
import { shellQuote } from '../stack/index.js';
import type { AnsweredRequest } from './requests.js';

const NAME = 'sample-binaries';
/** A hundred years: the sample's events are dated in the past. */
const EXPIRE_IN = 3_153_600_000;
const REQUEST = {
  query: 'from azul.binary select sha256, source, file_format',
  from: 0,
  destination: {
    type: 'redis',
    params: { friendlyName: NAME, description: 'Binaries of the sample', expireIn: EXPIRE_IN, keyFields: ['sha256'], valueFields: ['source', 'file_format'] }, // prettier-ignore
  },
};
const FOLDED_WITHIN_MS = 60_000;
const POLL_MS = 100;
const TIMEOUT_MS = 30_000;
const MAX_SHOWN = 300;

interface Envelope<T> {
  readonly msg: string;
  readonly status: number;
  readonly object: T;
}

interface Row {
  readonly eventdate: number;
  readonly values: { readonly source: string | null; readonly file_format: string | null };
}

export function rowWords({ eventdate, values: { source, file_format: format } }: Row): string {
  return `${new Date(eventdate).toISOString()}, ${source ?? '-'}${format === null ? '' : ` (${format})`}`;
}

/**
 * Creates the collection unless it is there, and looks a binary up. Undefined once the signal is raised. Rejects when the API answers otherwise, or the
 * binary is not folded into it within a minute.
 */
export async function lookUpSample(api: string, sha256: string, signal: AbortSignal): Promise<AnsweredRequest | undefined> {
  const created = await ask<unknown>(new URL('/search/query', api), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(REQUEST),
  });
  // 409: an earlier start has created it.
  if (created.status !== 0 && created.status !== 409) {
    throw new MetafoldError('MF_STACK', `the sample's collection is refused: ${JSON.stringify(created).slice(0, MAX_SHOWN)}`);
  }
  const url = new URL(`/search/collection/${NAME}/ccget?k=${sha256}`, api);
  const giveUpAt = performance.now() + FOLDED_WITHIN_MS;
  while (!signal.aborted) {
    const { status, object } = await ask<Row | null>(url);
    if (status === 0 && object !== null) {
      return {
        title: `Look it up in the collection ${NAME} in Redis`,
        curl: `curl -s ${shellQuote(url.href)}`,
        url: url.href,
        answer: rowWords(object),
      };
    }
    if (performance.now() > giveUpAt)
      throw new MetafoldError('MF_STACK', `${sha256} is not in the collection ${NAME} after ${FOLDED_WITHIN_MS / 1_000} s`);
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** A task's error is an answer, too: its status says so. */
async function ask<T>(url: URL, init: RequestInit = {}): Promise<Envelope<T>> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  try {
    return JSON.parse(text) as Envelope<T>;
  } catch {
    throw new MetafoldError('MF_STACK', `the API answered ${response.status} to ${url.href}: ${text.slice(0, MAX_SHOWN)}`);
  }
}
