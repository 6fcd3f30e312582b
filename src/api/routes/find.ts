/** Finding binaries by term and hashes (spec 04 §6.1). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { searchedHash, type FindSort } from '../find/candidates.js';
import { findBinaries } from '../find/find.js';
import { checkKeys, searchedTerm } from '../find/term.js';
import { EntityTagModel } from '../schemas/tags.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const MAX_BINARIES = 1_000;
/** As many as one `terms` query takes. */
const MAX_HASHES = 65_536;

const Texts = Type.Array(Type.String());
const Text = Type.Optional(Type.String());
const Free = Type.Object({}, { additionalProperties: true });

const Source = Type.Object({ depth: Type.Optional(Type.Integer()), name: Type.String(), references: Free, timestamp: Text });

const Item = Type.Object({
  key: Type.String({ description: 'the hash that was asked for, or the sha256' }),
  exists: Type.Boolean(),
  has_content: Type.Boolean(),
  is_duplicate_find: Type.Optional(Type.Boolean({ description: 'another hash of the request has the row of this binary' })),
  sources: Type.Optional(Type.Array(Source)),
  file_size: Type.Optional(Type.Integer()),
  file_format: Text,
  file_extension: Text,
  magic: Text,
  mime: Text,
  filenames: Type.Optional(Texts),
  highlight: Type.Optional(Type.Object({}, { additionalProperties: Texts, description: 'values that matched, by field' })),
  tags: Type.Optional(Type.Array(EntityTagModel)),
  md5: Text,
  sha1: Text,
  sha256: Text,
  sha512: Text,
  ssdeep: Text,
  tlsh: Text,
});

const Found = Type.Object({ items_count: Type.Optional(Type.Integer({ minimum: 0 })), items: Type.Array(Item) });

const querystring = Type.Object({
  ...contextParameters,
  term: Type.String({ default: '', description: 'what is searched for, in the term language' }),
  sort: Type.String({ enum: ['_score', 'source.timestamp', 'timestamp'], default: '_score' }),
  sort_asc: Type.Boolean({ default: false }),
  max_entities: Type.Integer({ default: 100, minimum: 0, description: `at most ${MAX_BINARIES}` }),
  count_entities: Type.Boolean({ default: false, description: 'count all that match' }),
});

const body = Type.Object({
  hashes: Type.Array(Type.String(), { default: [], maxItems: MAX_HASHES, description: 'md5, sha1, sha256, sha512 or ssdeep' }),
});

export function registerFind(api: Api, { model }: ApiServices): void {
  api.route({
    method: ['GET', 'POST'],
    url: '/v0/binaries',
    config: { documents: true },
    schema: { tags: ['binaries'], summary: 'binaries by term and hashes', querystring, body, response: answers(enveloped(Found)) },
    handler: async (request) => {
      const { sort, sort_asc: ascending, max_entities: limit, count_entities: count } = request.query;
      if (limit > MAX_BINARIES) throw refused(400, `too many binaries have been requested max is ${limit}/${MAX_BINARIES}`);
      const { reader } = contextOf(request);
      const term = await searchedTerm(reader, request.query.term, 'find');
      const hashes = request.body.hashes.map(searchedHash);
      const highlightFields = await model.highlightFields();
      const found = await findBinaries(reader, { term, hashes, sort: sort as FindSort, ascending, limit, count, highlightFields });
      if (term !== undefined && (found.items_count ?? 0) === 0) await checkKeys(model, term);
      return envelope(request, found);
    },
  });
}
