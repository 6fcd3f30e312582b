/** Tags of binaries (spec 04 §6.12). */
import Type from 'typebox';
import type { RawJson } from '../../../projections/types.js';
import { answers } from '../answers.js';
import { AllTagsModel, EntityTagModel } from '../binary/schemas.js';
import { allTags, allTagsSearch, entityTags, entityTagSearches, type AllTagsAggregations, type TagCounts } from '../binary/tags.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { sha256Path } from '../schemas/parameters.js';
import type { Api } from '../route-api.js';

export function registerBinaryTags(api: Api): void {
  api.get(
    '/v0/binaries/:sha256/tags',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'tags of a binary',
        params: sha256Path,
        querystring: Type.Object(contextParameters),
        response: answers(enveloped(Type.Object({ items: Type.Array(EntityTagModel) }))),
      },
    },
    async (request) => {
      const searches = entityTagSearches(request.params.sha256.toLowerCase());
      const [tags, counts] = await contextOf(request).reader.searchAll<RawJson, TagCounts>(searches);
      return envelope(request, { items: entityTags(tags!, counts!) });
    },
  );
  api.get(
    '/v0/binaries/tags',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'all tags of binaries',
        querystring: Type.Object(contextParameters),
        response: answers(enveloped(AllTagsModel)),
      },
    },
    async (request) => envelope(request, allTags(await contextOf(request).reader.search<unknown, AllTagsAggregations>(allTagsSearch()))),
  );
}
