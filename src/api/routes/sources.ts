/** Sources and what was submitted to them (spec 04 §11). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { sendKept } from '../etag.js';
import { referencesList, Sources, SourceSummary } from '../schemas/source.js';
import { answerHead } from '../head.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';
import { instantOf } from '../sources/datetime.js';
import {
  referencesRows,
  referencesSearch,
  sourceSummary,
  submissionsSearch,
  summarySearch,
  type ReferencesAnswer,
  type ReferencesField,
  type SummaryAnswer,
} from '../sources/references.js';
import { sourceAnswers } from '../sources/settings.js';

const tags = ['sources'];
const querystring = Type.Object(contextParameters);
const UNKNOWN = 'The provided source cannot be found in Azul.';

export function registerSources(api: Api, { config: { sources } }: ApiServices): void {
  const settings = sourceAnswers(sources);

  api.get(
    '/v0/sources',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'all sources as they are configured',
        querystring,
        response: answers(enveloped(Sources), 'no source is configured'),
      },
    },
    (request, reply) => {
      if (sources.size === 0) throw refused(404, 'No sources can be found in Azul.');
      // The tag covers the caller's labels, which stand in the answer as well.
      return sendKept(request, reply, JSON.stringify(envelope(request, settings)));
    },
  );
  api.head(
    '/v0/sources/:source',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'whether a source is configured',
        params: Type.Object({ source: Type.String() }),
        querystring,
        response: answers(Type.Unknown(), 'the source is not configured'),
      },
    },
    (request, reply) => {
      if (!sources.has(request.params.source)) throw refused(404, UNKNOWN);
      return answerHead(reply);
    },
  );
  api.get(
    '/v0/sources/:name',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'how much was submitted to a source, and when last',
        params: Type.Object({ name: Type.String() }),
        querystring,
        response: answers(enveloped(SourceSummary), 'the source is not configured'),
      },
    },
    async (request) => {
      const { name } = request.params;
      if (!sources.has(name)) throw refused(404, UNKNOWN);
      const answer: SummaryAnswer = await contextOf(request).reader.search(summarySearch(name));
      return envelope(request, sourceSummary(name, answer));
    },
  );
  registerReferences(api, '/v0/sources/:source/references', 'track_source_references');
  registerReferences(api, '/v0/sources/:source/references/grouped', 'track_source_references_grouped');
  registerSubmissions(api);
}

function registerReferences(api: Api, path: string, field: ReferencesField): void {
  api.get(
    path,
    {
      config: { documents: true },
      schema: {
        tags,
        summary: `what was last submitted to a source, by ${field}`,
        params: Type.Object({ source: Type.String() }),
        querystring: Type.Object({
          ...contextParameters,
          term: Type.String({ default: '', description: 'what the value of a reference must contain, in any case' }),
        }),
        response: answers(enveloped(referencesList(field)), 'nothing is visible'),
      },
    },
    async (request) => {
      const search = referencesSearch(request.params.source, field, request.query.term);
      const answer: ReferencesAnswer = await contextOf(request).reader.search(search);
      const items = referencesRows(field, answer);
      if (items.length === 0) throw refused(404, 'No references can be found for the provided source.');
      return envelope(request, { items });
    },
  );
}

function registerSubmissions(api: Api): void {
  api.get(
    '/v0/sources/:source/submissions',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'the last submissions to a source',
        params: Type.Object({ source: Type.String() }),
        querystring: Type.Object({
          ...contextParameters,
          track_source_references: Type.Optional(Type.String({ description: 'only of these references' })),
          timestamp: Type.Optional(Type.String({ description: 'only of this time: ISO 8601, or seconds since 1970' })),
        }),
        response: answers(enveloped(referencesList('track_source_references')), 'nothing is visible'),
      },
    },
    async (request) => {
      const { track_source_references: references, timestamp } = request.query;
      const search = submissionsSearch(request.params.source, {
        references: references === '' ? undefined : references,
        timestamp: timestamp === undefined ? undefined : instantOf('timestamp', timestamp),
      });
      const answer: ReferencesAnswer = await contextOf(request).reader.search(search);
      const items = referencesRows('track_source_references', answer);
      if (items.length === 0) throw refused(404, 'No source information could be found for the given request.');
      return envelope(request, { items });
    },
  );
}
