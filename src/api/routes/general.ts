/** Whether writes are taken, and the number of binaries (spec 04 §5.3). */
import type { Client } from '@opensearch-project/opensearch';
import Type from 'typebox';
import { readAlias } from '../../../projections/index-names.js';
import { openSearchRequest } from '../../opensearch/request.js';
import { answers } from '../answers.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { kept } from '../kept.js';
import { searchFailure } from '../search-failure.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const COUNT_TTL_MS = 5_000;
/** Every binary has one parent document, which all callers may read. */
const PARENTS = { query: { bool: { filter: [{ term: { binary_info: 'binary' } }] } } };

const Statistics = Type.Object({ binary_count: Type.Integer({ minimum: 0 }) });

export function registerGeneral(api: Api, { config, client }: ApiServices): void {
  const binaryCount = kept(COUNT_TTL_MS, () => countParents(client, config.partition, config.api.timeoutSeconds));
  api.get(
    '/v0/readonly',
    { schema: { tags: ['general'], summary: 'whether writes are refused', response: answers(Type.Boolean()) } },
    (_request, reply) => reply.send(true),
  );
  api.get(
    '/v0/statistics',
    {
      config: { documents: true },
      schema: {
        tags: ['general'],
        summary: 'how many binaries there are, the same number for every caller',
        querystring: Type.Object(contextParameters),
        response: answers(enveloped(Statistics)),
      },
    },
    async (request) => envelope(request, { binary_count: await binaryCount() }),
  );
}

async function countParents(client: Client, partition: string, timeoutSeconds: number): Promise<number> {
  try {
    const { body } = await openSearchRequest<{ count: number }>(client, 'POST', `/${readAlias(partition, 'binary2')}/_count`, {
      body: PARENTS,
      query: { ignore_unavailable: true },
      timeoutMs: timeoutSeconds * 1_000,
      maxRetries: 0,
    });
    return body.count;
  } catch (error) {
    throw searchFailure(error);
  }
}
