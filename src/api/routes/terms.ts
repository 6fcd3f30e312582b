/** Help with terms: the keys that there are, what stands at the caret, what a term means (spec 04 §6.4, §6.5, §15). None of these asks for documents. */
import Type from 'typebox';
import { autocomplete, explainTerm } from '../../search/term/index.js';
import { answers } from '../answers.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { answeringTerm } from '../find/term.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const Free = Type.Object({}, { additionalProperties: true });
const FreeOrNull = Type.Union([Free, Type.Null()]);

const ModelModel = Type.Object({ keys: Type.Object({}, { additionalProperties: Type.String(), description: 'types by dotted key' }) });

const Completion = Type.Object({
  type: Type.String({ enum: ['Initial', 'None', 'Error', 'FieldName', 'FieldValue'] }),
  column: Type.Optional(Type.Integer({ minimum: 1 })),
  message: Type.Optional(Type.String()),
  key: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  prefix: Type.Optional(Type.String()),
  prefix_type: Type.Optional(Type.String({ enum: ['case-sensitive', 'case-insensitive', 'numeric', 'range', 'empty'] })),
  has_value: Type.Optional(Type.Boolean()),
});

const ExplanationModel = Type.Object({ ast: FreeOrNull, query: FreeOrNull });

const term = Type.String({ description: 'a term, in the term language' });

export function registerTerms(api: Api, { model }: ApiServices): void {
  api.get(
    '/v0/binaries/model',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'keys that a term may have',
        querystring: Type.Object(contextParameters),
        response: answers(enveloped(ModelModel)),
      },
    },
    async (request) => envelope(request, { keys: Object.fromEntries(await model.keys()) }),
  );
  api.get(
    '/v0/binaries/autocomplete',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'what stands at the caret of a term',
        querystring: Type.Object({
          ...contextParameters,
          term,
          offset: Type.Integer({ description: 'of the caret, in code points from 0' }),
        }),
        response: answers(enveloped(Completion)),
      },
    },
    (request) => envelope(request, autocomplete(request.query.term, request.query.offset)),
  );
  api.get(
    '/v1/search/explain',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'nodes and query of a term',
        querystring: Type.Object({ ...contextParameters, term }),
        response: answers(enveloped(ExplanationModel)),
      },
    },
    async (request) => envelope(request, await answeringTerm(request.query.term, 'find', () => explainTerm(request.query.term))),
  );
}
