/** Whether a binary is there for the caller (spec 04 §6.6). */
import Type from 'typebox';
import { binaryNotFound } from '../api-error.js';
import { answers } from '../answers.js';
import { contextOf } from '../caller.js';
import { answerHead } from '../head.js';
import { contextParameters } from '../envelope.js';
import { sha256Path } from '../schemas/parameters.js';
import type { Api } from '../route-api.js';

export function registerBinaryExists(api: Api): void {
  api.head(
    '/v0/binaries/:sha256',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'whether any document of the binary is visible',
        params: sha256Path,
        querystring: Type.Object(contextParameters),
        response: answers(Type.Unknown(), 'nothing of the binary is visible'),
      },
    },
    async (request, reply) => {
      const sha256 = request.params.sha256.toLowerCase();
      // Its parent document would tell everyone: only children say whether this caller may know.
      const { hits } = await contextOf(request).reader.search({
        docname: 'binary2',
        routing: sha256,
        body: { query: { bool: { filter: [{ term: { sha256 } }] } }, size: 0, track_total_hits: 1, terminate_after: 1 },
      });
      if ((hits.total?.value ?? 0) === 0) throw binaryNotFound(sha256);
      return answerHead(reply);
    },
  );
}
