/** One binary: its summary, whether there is something newer, its raw documents (spec 04 §6.7, 6.8, 6.11). */
import Type from 'typebox';
import { rawJson } from '../../../projections/json.js';
import type { RawJson } from '../../../projections/types.js';
import { withoutMember } from '../../export/response.js';
import { answers } from '../answers.js';
import { ApiError, binaryNotFound, refused } from '../api-error.js';
import { detailsOf } from '../binary/details.js';
import { readSummary } from '../binary/read-summary.js';
import { Action, BinarySummaryModel, Detail } from '../binary/schemas.js';
import { documentsSearch, newerSearch } from '../binary/summary-bodies.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import type { Hit } from '../reader.js';
import { sha256Path } from '../schemas/parameters.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const NothingVisible = 'nothing of the binary is visible';
const RawDocument = Type.Object({}, { additionalProperties: true, description: 'a document as OpenSearch returns it' });

interface NewestAggregation {
  readonly newest?: { readonly value_as_string?: string };
}

export function registerBinary(api: Api, services: ApiServices): void {
  api.get(
    '/v0/binaries/:sha256',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'what is known about a binary',
        params: sha256Path,
        querystring: Type.Object({
          detail: Type.Array(Detail, { default: [], description: 'what to answer; all by default' }),
          author: Type.Optional(Type.String({ description: 'only what an author of this name found' })),
          bucket_size: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'most different values of each detail' }),
          ...contextParameters,
        }),
        response: answers(enveloped(BinarySummaryModel), NothingVisible),
      },
    },
    async (request) => {
      const { detail, author, bucket_size: bucketSize } = request.query;
      const asked = { sha256: request.params.sha256.toLowerCase(), details: detailsOf(detail), author, bucketSize };
      return envelope(request, await readSummary(contextOf(request).reader, services, asked));
    },
  );
  registerNewer(api);
  registerDocuments(api);
}

function registerNewer(api: Api): void {
  api.get(
    '/v0/binaries/:sha256/new',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'how many documents of a binary are newer than a time',
        params: sha256Path,
        querystring: Type.Object({ timestamp: Type.String({ description: 'such as 2024-01-01T00:00:00.000Z' }), ...contextParameters }),
        response: answers(enveloped(Type.Object({ count: Type.Integer(), newest: Type.Union([Type.String(), Type.Null()]) }))),
      },
    },
    async (request) => {
      const search = newerSearch(request.params.sha256.toLowerCase(), request.query.timestamp);
      const answer = await contextOf(request)
        .reader.search<unknown, NewestAggregation>(search)
        .catch((error: unknown) => {
          // Nothing else in it comes from the caller.
          if (error instanceof ApiError && error.status === 400) throw refused(422, error.message);
          throw error;
        });
      const newest = answer.aggregations?.newest?.value_as_string ?? null;
      return envelope(request, { count: answer.hits.total?.value ?? 0, newest });
    },
  );
}

function registerDocuments(api: Api): void {
  api.get(
    '/v0/binaries/:sha256/events',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'documents of a binary as they are stored',
        params: sha256Path,
        querystring: Type.Object({
          event_type: Type.Optional(Action),
          size: Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000, description: 'most documents' }),
          ...contextParameters,
        }),
        response: answers(enveloped(Type.Object({ items: Type.Array(RawDocument), total_docs: Type.Integer() })), NothingVisible),
      },
    },
    async (request) => {
      const { event_type: action, size } = request.query;
      const sha256 = request.params.sha256.toLowerCase();
      const { hits } = await contextOf(request).reader.search<RawJson>(documentsSearch(sha256, action, size));
      if (hits.hits.length === 0) throw binaryNotFound(sha256);
      return envelope(request, { items: hits.hits.map(withoutFold), total_docs: hits.total?.value ?? 0 });
    },
  );
}

/** What metafold keeps beside a document names what others contributed. */
function withoutFold(hit: Hit<RawJson>): Hit<RawJson> {
  return { ...hit, _source: rawJson(withoutMember(hit._source.rawJson, 'fold')) };
}
