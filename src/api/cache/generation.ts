import type { Client } from '@opensearch-project/opensearch';
import { FIRST_GENERATION, generationOfIndex, generationPartition } from '../../../projections/generations.js';
import { readAlias } from '../../../projections/index-names.js';
import { openSearchRequest } from '../../opensearch/request.js';

const TIMEOUT_MS = 2_000;

/**
 * The generation of binaries that readers see, by the name of its partition (`bench-g2`), which tells it from those of other
 * partitions as well; undefined when there is not one, for whatever reason. Rejects when OpenSearch does not answer.
 */
export async function readGeneration(client: Client, partition: string): Promise<string | undefined> {
  const alias = readAlias(partition, 'binary2');
  const { status, body } = await openSearchRequest<Readonly<Record<string, unknown>>>(client, 'GET', `/_alias/${alias}`, {
    accept: [404],
    timeoutMs: TIMEOUT_MS,
    maxRetries: 0,
  });
  if (status === 404) return generationPartition(partition, FIRST_GENERATION);
  const seen = new Set(Object.keys(body).map((index) => generationOfIndex(partition, 'binary2', index)));
  const [only] = seen;
  return seen.size === 1 && only !== undefined ? generationPartition(partition, only) : undefined;
}
