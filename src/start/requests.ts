/** Requests to the API to try once the sample is folded. Each is asked before it is shown, so that what is printed really answers. */
import { MetafoldError } from '../errors.js';
import { shellQuote } from '../stack/index.js';
import { lookUpSample } from './collection.js';
import type { CommonFeature } from './queries.js';

export interface AnsweredRequest {
  readonly title: string;
  /** Command line that asks it. */
  readonly curl: string;
  readonly url: string;
  /** The answer in a few words. */
  readonly answer: string;
}

interface Answer<T> {
  readonly data: T;
}

interface Find {
  readonly items_count: number;
  readonly items: readonly { readonly key: string; readonly file_format?: string }[];
}

interface Summary {
  readonly documents: { readonly count: number };
  readonly features?: readonly unknown[];
  readonly sources?: readonly { readonly source: string }[];
}

type Plugins = readonly { readonly newest_version: { readonly name: string } }[];

const SHOWN_PLUGINS = 4;
const TIMEOUT_MS = 30_000;
const MAX_SHOWN = 300;

/** A term that finds something in every sample, rather one with a feature that the sample has. */
export function termToTry(feature: CommonFeature | undefined): string {
  return feature === undefined ? 'size:>0' : `features_map.${feature.name}:"${feature.value}"`;
}

export function findWords({ items_count, items: [first] }: Find): string {
  const format = first?.file_format === undefined ? '' : ` (${first.file_format})`;
  return `${items_count.toLocaleString('en-US')} binaries, first ${first?.key ?? '-'}${format}`;
}

export function summaryWords({ documents, features = [], sources = [] }: Summary): string {
  const from = sources.map(({ source }) => source).join(', ');
  return `${documents.count.toLocaleString('en-US')} documents, ${features.length.toLocaleString('en-US')} features, from ${from}`;
}

export function pluginsWords(plugins: Plugins): string {
  const names = plugins.slice(0, SHOWN_PLUGINS).map(({ newest_version: { name } }) => name);
  return `${plugins.length.toLocaleString('en-US')} plugins: ${names.join(', ')}${plugins.length > SHOWN_PLUGINS ? ', ...' : ''}`;
}

/** Asks the API at this address and returns what it answered, all of it unless the signal is raised. Rejects when it answers otherwise. */
export async function askRequests(api: string, feature: CommonFeature | undefined, signal: AbortSignal): Promise<AnsweredRequest[]> {
  const answered: AnsweredRequest[] = [];
  const ask = async <T>(title: string, url: string, words: (data: T) => string): Promise<T> => {
    const { data } = await get<Answer<T>>(url);
    answered.push({ title, curl: `curl -s ${shellQuote(url)}`, url, answer: words(data) });
    return data;
  };
  const term = termToTry(feature);
  const query = new URLSearchParams({ term, max_entities: '3', count_entities: 'true' });
  const { items } = await ask<Find>(`Binaries with ${term}`, `${api}/v0/binaries?${query.toString()}`, findWords);
  const sha256 = items[0]?.key;
  if (sha256 !== undefined) {
    const details = ['documents', 'sources', 'features'].map((detail) => `detail=${detail}`).join('&');
    await ask<Summary>('What is known of the first of them', `${api}/v0/binaries/${sha256}?${details}`, summaryWords);
    const lookUp = await lookUpSample(api, sha256, signal);
    if (lookUp !== undefined) answered.push(lookUp);
  }
  await ask<Plugins>('The plugins that have made it known', `${api}/v0/plugins`, pluginsWords);
  return answered;
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (response.status !== 200) {
    throw new MetafoldError('MF_STACK', `the API answered ${String(response.status)} to ${url}: ${text.slice(0, MAX_SHOWN)}`);
  }
  return JSON.parse(text) as T;
}

/** The requests as they are printed. */
export function requestsText(requests: readonly AnsweredRequest[]): string {
  return requests.map(({ title, curl, answer }) => `${title}:\n  ${curl}\n  -> ${answer}\n`).join('\n');
}
