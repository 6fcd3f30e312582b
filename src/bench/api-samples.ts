/** What a benchmark asks the API for: values that the documents of a partition have. */
import type { Client } from '@opensearch-project/opensearch';
import { DOCNAMES, readAlias } from '../../projections/index-names.js';
import { openSearchRequest } from '../opensearch/request.js';
import type { Samples } from './endpoints.js';

const SAMPLES = 20;
const FEATURES = 10;
const SOURCES = 10;

/** Makes all documents searchable. */
export async function refresh(client: Client, partition: string): Promise<void> {
  const aliases = DOCNAMES.map((docname) => readAlias(partition, docname)).join(',');
  await openSearchRequest(client, 'POST', `/${aliases}/_refresh`, { query: { ignore_unavailable: true } });
}

export async function countBinaries(client: Client, partition: string): Promise<number> {
  const query = { term: { binary_info: 'binary' } };
  const path = `/${readAlias(partition, 'binary2')}/_count`;
  return (await openSearchRequest<{ count: number }>(client, 'POST', path, { body: { query } })).body.count;
}

interface Buckets {
  readonly buckets: readonly { readonly key: string }[];
}

interface SampleAnswer {
  readonly hits: { readonly hits: readonly { readonly _source: Samples['binaries'][number] }[] };
  readonly aggregations: Readonly<Record<'features' | 'sources', Buckets>>;
}

/** Some submitted binaries, with the features and the sources that are commonest among what was submitted. */
export async function sampleDocuments(client: Client, partition: string): Promise<Samples> {
  const fields = ['sha256', 'md5', 'file_format', 'size'];
  const { body } = await openSearchRequest<SampleAnswer>(client, 'POST', `/${readAlias(partition, 'binary2')}/_search`, {
    body: {
      size: SAMPLES,
      _source: fields,
      query: { bool: { filter: [{ term: { action: 'sourced' } }, ...fields.map((field) => ({ exists: { field } }))] } },
      collapse: { field: 'sha256' },
      aggs: {
        features: { terms: { field: 'features.name', size: FEATURES } },
        sources: { terms: { field: 'source.name', size: SOURCES } },
      },
    },
  });
  const { features, sources } = body.aggregations;
  const keys = ({ buckets }: Buckets): string[] => buckets.map(({ key }) => key);
  return { binaries: body.hits.hits.map(({ _source }) => _source), features: keys(features), sources: keys(sources) };
}
