/** Queries of OpenSearch to try once the sample is folded. Each is asked before it is shown, so that what is printed really answers. */
import type { Client } from '@opensearch-project/opensearch';
import { DOCNAMES, readAlias } from '../../projections/index-names.js';
import { openSearchRequest } from '../opensearch/request.js';
import { shellQuote } from '../stack/index.js';

export interface Query {
  readonly title: string;
  /** Index alias. */
  readonly alias: string;
  readonly body: object;
}

export interface AnsweredQuery {
  readonly title: string;
  /** Command line that asks it. */
  readonly curl: string;
  readonly url: string;
  readonly body: object;
  /** Documents that match. */
  readonly hits: number;
  /** The answer in a few words. */
  readonly answer: string;
}

interface Bucket {
  readonly key: string;
  readonly doc_count: number;
}

interface SearchAnswer {
  readonly hits: {
    readonly total: { readonly value: number };
    readonly hits: readonly { readonly _source?: { readonly sha256?: string } }[];
  };
  readonly aggregations?: Readonly<Record<string, { readonly buckets: readonly Bucket[] }>>;
}

/** Features whose values come often, best first: a small sample may lack the first. */
const FEATURES = ['capability', 'packer', 'text_language', 'yara_rule'];
const SHOWN_BUCKETS = 4;

async function search(client: Client, alias: string, body: object): Promise<SearchAnswer> {
  return (await openSearchRequest<SearchAnswer>(client, 'POST', `/${alias}/_search`, { body })).body;
}

/** A feature with its commonest value. */
export interface CommonFeature {
  readonly name: string;
  readonly value: string;
}

/** The commonest value of the first feature that the documents of a partition have. Rejects when OpenSearch does not answer. */
export async function commonFeature(client: Client, partition: string): Promise<CommonFeature | undefined> {
  const aggs = Object.fromEntries(FEATURES.map((name) => [name, { terms: { field: `features_map.${name}`, size: 1 } }]));
  const { aggregations = {} } = await search(client, readAlias(partition, 'binary2'), { size: 0, aggs });
  for (const name of FEATURES) {
    const value = aggregations[name]?.buckets[0]?.key;
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/** The queries for a partition; `feature` is one that its documents have. */
export function queriesToTry(partition: string, feature: CommonFeature | undefined): Query[] {
  const binaries = readAlias(partition, 'binary2');
  const queries: Query[] = [
    {
      title: 'How many results each plugin has',
      alias: binaries,
      body: { size: 0, query: { term: { binary_info: 'metadata' } }, aggs: { plugins: { terms: { field: 'author.name' } } } },
    },
    {
      title: 'How the runs of the plugins ended, plugin by plugin',
      alias: readAlias(partition, 'status'),
      body: {
        size: 0,
        aggs: { plugins: { terms: { field: 'author.name' }, aggs: { statuses: { terms: { field: 'entity.status' } } } } },
      },
    },
  ];
  if (feature === undefined) return queries;
  const { name, value } = feature;
  const query = { term: { [`features_map.${name}`]: value } };
  const body = { size: 3, _source: ['sha256', 'file_format', 'source.name', `features_map.${name}`], query };
  return [{ title: `Binaries with the feature ${name} = ${value}`, alias: binaries, body }, ...queries];
}

/** What a person wants to see of an answer. */
export function answerInWords({ hits, aggregations }: SearchAnswer): string {
  const buckets = Object.values(aggregations ?? {})[0]?.buckets;
  const documents = `${hits.total.value.toLocaleString('en-US')} documents`;
  if (buckets === undefined) return `${documents}, first ${hits.hits[0]?._source?.sha256 ?? '-'}`;
  const shown = buckets.slice(0, SHOWN_BUCKETS).map(({ key, doc_count }) => `${key} ${doc_count.toLocaleString('en-US')}`);
  return `${documents}: ${shown.join(', ')}${buckets.length > SHOWN_BUCKETS ? ', ...' : ''}`;
}

/** A command line for a shell, on two lines. */
export function curlLine(url: string, body: object): string {
  return `curl -s ${shellQuote(url)} -H 'content-type: application/json' \\\n  -d ${shellQuote(JSON.stringify(body))}`;
}

/** Asks the queries and returns those that found something. `url` is OpenSearch's. Rejects when it does not answer. */
export async function askQueries(
  client: Client,
  url: string,
  partition: string,
  feature: CommonFeature | undefined,
): Promise<AnsweredQuery[]> {
  const answered: AnsweredQuery[] = [];
  for (const { title, alias, body } of queriesToTry(partition, feature)) {
    const answer = await search(client, alias, body);
    const hits = answer.hits.total.value;
    if (hits === 0) continue;
    const address = `${url.replace(/\/$/, '')}/${alias}/_search?pretty`;
    answered.push({ title, curl: curlLine(address, body), url: address, body, hits, answer: answerInWords(answer) });
  }
  return answered;
}

/** The queries as they are printed. */
export function queriesText(queries: readonly AnsweredQuery[]): string {
  return queries.map(({ title, curl, answer }) => `${title}:\n  ${curl.replaceAll('\n', '\n  ')}\n  -> ${answer}\n`).join('\n');
}

function aliasesOf(partition: string): string {
  return DOCNAMES.map((docname) => readAlias(partition, docname)).join(',');
}

/** Makes all documents searchable. */
export async function refreshDocuments(client: Client, partition: string): Promise<void> {
  await openSearchRequest(client, 'POST', `/${aliasesOf(partition)}/_refresh`, { query: { ignore_unavailable: true }, accept: [404] });
}

/** Searchable documents; 0 when there is no index yet. Rejects when OpenSearch does not answer. */
export async function countDocuments(client: Client, partition: string): Promise<number> {
  const { status, body } = await openSearchRequest<{ count: number }>(client, 'GET', `/${aliasesOf(partition)}/_count`, {
    query: { ignore_unavailable: true },
    accept: [404],
  });
  return status === 404 ? 0 : body.count;
}
