/** Tags on feature values (spec 04 §9.5). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { FeatureValueTag, readAllTags, readTagged } from '../features/value-tags.js';
import type { Api } from '../route-api.js';

const AllTags = Type.Object({
  tags: Type.Array(Type.Object({ tag: Type.String(), num_feature_values: Type.Integer() })),
  num_tags: Type.Integer(),
});

const querystring = Type.Object(contextParameters);

export function registerFeatureTags(api: Api): void {
  api.get(
    '/v0/features/all/tags',
    {
      config: { documents: true },
      schema: {
        tags: ['features'],
        summary: 'all tags on feature values',
        querystring,
        response: answers(enveloped(AllTags)),
      },
    },
    async (request) => envelope(request, await readAllTags(contextOf(request).reader)),
  );
  api.get(
    '/v0/features/tags/:tag',
    {
      config: { documents: true },
      schema: {
        tags: ['features'],
        summary: 'the feature values that carry a tag',
        params: Type.Object({ tag: Type.String() }),
        querystring,
        response: answers(enveloped(Type.Object({ items: Type.Array(FeatureValueTag) }))),
      },
    },
    async (request) => envelope(request, { items: await readTagged(contextOf(request).reader, request.params.tag) } as never),
  );
}
