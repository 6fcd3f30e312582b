/** All binaries of a term, and the family of one, in pages or as lines (spec 04 §6.2, §6.3, §15). */
import Type, { type TSchema } from 'typebox';
import { answers } from '../answers.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { findAll } from '../find/all.js';
import { findFamily, type Relation } from '../find/family.js';
import { LINES_TYPE, sendLines, wantsLines } from '../find/lines.js';
import { checkKeys, searchedTerm } from '../find/term.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const MAX_PAGE = 10_000;
const Text = Type.Optional(Type.String());

const Hash = Type.Object({ sha256: Type.String() });
const RelativeModel = Type.Object({ sha256: Type.String(), track_link: Text, author_name: Text, author_category: Text, timestamp: Text });

const body = Type.Object({
  after: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'of the page before; "" or null for the first' })),
});

function pageOf(item: TSchema) {
  return Type.Object({
    items: Type.Array(item),
    after: Type.Optional(Type.String({ description: 'for the next page; missing on a page without items' })),
    total: Type.Optional(Type.Integer({ minimum: 1, description: 'on the first page' })),
  });
}

function pageAnswers(item: TSchema): Readonly<Record<number, object>> {
  const lines = Type.String({ description: 'the items of all pages, one a line; the last line is `{"meta":…}`, or `{"error":…}`' });
  const content = { 'application/json': { schema: enveloped(pageOf(item)) }, [LINES_TYPE]: { schema: lines } };
  return { ...answers(Type.Unknown()), 200: { description: 'a page, or all from it on', content } };
}

export function registerFindAll(api: Api, { model }: ApiServices): void {
  api.post(
    '/v0/binaries/all',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'hashes of all binaries of a term',
        querystring: Type.Object({
          ...contextParameters,
          term: Type.String({ default: '', description: 'what is searched for, in the term language' }),
          num_binaries: Type.Integer({ default: 1_000, minimum: 1, maximum: MAX_PAGE, description: 'of a page' }),
        }),
        body,
        response: pageAnswers(Hash),
      },
    },
    async (request, reply) => {
      const { reader } = contextOf(request);
      const term = await searchedTerm(reader, request.query.term, 'all');
      const next = (after: string | null | undefined) => findAll(reader, { term, size: request.query.num_binaries, after });
      const first = await next(request.body.after);
      if (term !== undefined && first.items.length === 0 && !request.body.after) await checkKeys(model, term);
      return wantsLines(request) ? sendLines(request, reply, { first, next }) : reply.send(envelope(request, first));
    },
  );
  for (const relation of ['parents', 'children'] as const) registerFamily(api, relation);
}

function registerFamily(api: Api, relation: Relation): void {
  api.post(
    `/v0/binaries/all/${relation}`,
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: `all ${relation} of a binary`,
        querystring: Type.Object({
          ...contextParameters,
          family_sha256: Type.String({ pattern: '^[a-fA-F0-9]{64}$', description: 'SHA-256 of a binary' }),
        }),
        body,
        response: pageAnswers(RelativeModel),
      },
    },
    async (request, reply) => {
      const { reader } = contextOf(request);
      const sha256 = request.query.family_sha256.toLowerCase();
      const next = (after: string | null | undefined) => findFamily(reader, relation, sha256, after);
      const first = await next(request.body.after);
      return wantsLines(request) ? sendLines(request, reply, { first, next }) : reply.send(envelope(request, first));
    },
  );
}
