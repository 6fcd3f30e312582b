/** The events behind the documents of a binary (spec 04 §15). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { binaryNotFound, refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { readCursor } from '../provenance/cursor.js';
import type { EventLog } from '../provenance/event-log.js';
import { readPage } from '../provenance/page.js';
import { sha256Path } from '../schemas/parameters.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const State = Type.String({ enum: ['winner', 'loser', 'compacted', 'deleted'] });

const ContributionModel = Type.Object({
  key: Type.String(),
  recordKey: Type.Optional(Type.String({ description: 'key of the record, where it is not `key`' })),
  insertKeys: Type.Optional(Type.Array(Type.String(), { description: 'inserts that the event was derived by' })),
  position: Type.Optional(
    Type.Object(
      { topic: Type.String(), partition: Type.Integer(), offset: Type.Integer() },
      { description: 'of the record; absent when the record is about another event, which the caller may not see' },
    ),
  ),
  timestamp: Type.String({ description: 'RFC 3339 with microseconds' }),
  state: State,
  event: Type.Optional(
    Type.Object({}, { additionalProperties: true, description: 'absent when it is gone, or holds what the caller may not see' }),
  ),
  delete: Type.Optional(Type.Object({ key: Type.String(), timestamp: Type.String(), action: Type.String() })),
});

const Provenance = Type.Object({
  sha256: Type.String(),
  documents: Type.Array(
    Type.Object({
      id: Type.String(),
      contributions: Type.Array(ContributionModel),
      complete: Type.Boolean({ description: 'false: there were more contributions than a document remembers' }),
    }),
  ),
  timeline: Type.Array(
    Type.Object({
      timestamp: Type.String(),
      document: Type.String(),
      key: Type.String(),
      action: Type.Optional(Type.String()),
      author: Type.Optional(Type.Object({ category: Type.String(), name: Type.String(), version: Type.Optional(Type.String()) })),
      state: State,
    }),
    { description: 'the contributions of this page, the oldest first' },
  ),
  after: Type.Optional(Type.String({ description: 'for the next page' })),
});

export function registerProvenance(api: Api, { config, eventLog }: ApiServices): void {
  const log = (): EventLog => {
    if (eventLog !== undefined) return eventLog;
    throw refused(503, 'no event log is configured: metafold_kafka_brokers is not set');
  };
  api.get(
    '/v1/provenance/:sha256',
    {
      config: { documents: true },
      schema: {
        tags: ['provenance'],
        summary: 'the events behind the documents of a binary: which wins, which are outdone, deleted or gone',
        params: sha256Path,
        querystring: Type.Object({
          document: Type.Optional(Type.String({ description: 'only the document with this id' })),
          size: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: 'at most so many contributions' }),
          after: Type.String({ default: '', description: '`after` of the page before' }),
          ...contextParameters,
        }),
        response: answers(enveloped(Provenance), 'nothing of the binary is visible'),
      },
    },
    async (request, reply) => {
      const { reader, rule, admin } = contextOf(request);
      const { document, size, after } = request.query;
      const target = { sha256: request.params.sha256.toLowerCase(), document };
      const page = await readPage({
        target,
        size,
        after: after === '' ? undefined : readCursor(after, target),
        reader,
        log,
        judge: { rule, admin, policy: config.security },
        signal: request.left.signal,
      });
      if (page === undefined) throw binaryNotFound(target.sha256);
      return reply.send(envelope(request, page));
    },
  );
}
