/** Known features, the values of one, and what values have in common (spec 04 §9.1, §9.3, §9.4). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { authorFilters, authorParameters } from '../features/author-filters.js';
import { listFeatures } from '../features/feature-list.js';
import { readPivot } from '../features/pivot.js';
import { newestRegistrations } from '../features/registrations.js';
import { afterText, parseAfter, readValues } from '../features/value-pages.js';
import { FeatureValueTag, pivotOf, readTagsOfValues } from '../features/value-tags.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const MAX_VALUES = 10_000;
const MAX_PIVOT_VALUES = 1_000;
const ANY_AUTHOR = { author: '', author_version: '' };

const Texts = Type.Array(Type.String());

const Features = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      descriptions: Type.Array(
        Type.Object({
          author_type: Type.String(),
          author_name: Type.String(),
          author_version: Type.String(),
          desc: Type.Optional(Type.String()),
          type: Type.Optional(Type.String()),
        }),
      ),
      tags: Texts,
      security: Texts,
    }),
  ),
});

const FeatureValues = Type.Object({
  name: Type.String(),
  type: Type.Optional(Type.String()),
  values: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.String(),
      newest_processed: Type.String(),
      score: Type.Optional(Type.Integer()),
      tags: Type.Optional(Type.Array(FeatureValueTag)),
    }),
  ),
  is_search_complete: Type.Boolean(),
  after: Type.Optional(Type.String({ description: 'cursor of the next page' })),
  total: Type.Optional(Type.Integer()),
  is_total_approx: Type.Optional(Type.Boolean()),
});

const PivotCounts = Type.Object({
  feature_value_counts: Type.Array(
    Type.Object({
      feature_name: Type.String(),
      feature_description: Type.String(),
      values_and_counts: Type.Array(Type.Object({ feature_value: Type.String(), entity_count: Type.String() })),
    }),
  ),
  incomplete_query: Type.Boolean(),
  reason: Type.String(),
});

const documents = { documents: true } as const;

export function registerFeatures(api: Api, { plugins }: ApiServices): void {
  api.get(
    '/v0/features',
    {
      config: documents,
      schema: {
        tags: ['features'],
        summary: 'the features that plugins have registered',
        querystring: Type.Object({ ...authorParameters, ...contextParameters }),
        response: answers(enveloped(Features)),
      },
    },
    async (request) => {
      const registrations = newestRegistrations(await plugins.registrations(contextOf(request).rule));
      return envelope(request, { items: listFeatures(registrations, request.query) });
    },
  );

  api.post(
    '/v0/features/feature/:feature',
    {
      config: documents,
      schema: {
        tags: ['features'],
        summary: 'the values of a feature in order, page by page',
        params: Type.Object({ feature: Type.String() }),
        querystring: Type.Object({
          term: Type.String({ default: '', description: 'text that values contain' }),
          sort_asc: Type.Boolean({ default: true }),
          case_insensitive: Type.Boolean({ default: false }),
          num_values: Type.Integer({ default: 500, minimum: 1, maximum: MAX_VALUES }),
          ...authorParameters,
          ...contextParameters,
        }),
        body: Type.Object({ after: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
        response: answers(enveloped(FeatureValues)),
      },
    },
    async (request) => {
      const { feature } = request.params;
      const { term, sort_asc: ascending, case_insensitive: caseInsensitive, num_values: count } = request.query;
      const { reader } = contextOf(request);
      const after = parseAfter(request.body.after);
      const wanted = { feature, term, caseInsensitive, ascending, count, filters: authorFilters(request.query), after };
      const { values, type, complete, last, total } = await readValues(reader, wanted);
      const tags = await readTagsOfValues(
        reader,
        values.map(({ value }) => pivotOf(feature, value)),
      );
      return envelope(request, {
        name: feature,
        ...(type !== undefined && { type }),
        values: values.map(({ value, newest }) => {
          const ofValue = tags.get(pivotOf(feature, value));
          return {
            name: feature,
            value,
            newest_processed: newest,
            ...(term !== '' && { score: 1 }),
            ...(ofValue !== undefined && { tags: [...ofValue] }),
          };
        }),
        is_search_complete: complete,
        ...(last !== undefined && { after: afterText(last) }),
        ...(total !== undefined && total > 0 && { total }),
        ...(total !== undefined && total > 0 && term !== '' && !complete && { is_total_approx: true }),
      });
    },
  );

  api.post(
    '/v0/features/pivot',
    {
      config: documents,
      schema: {
        tags: ['features'],
        summary: 'values that the binaries with all of the given values have in common',
        querystring: Type.Object(contextParameters),
        body: Type.Object({
          feature_values: Type.Array(
            Type.Object({ feature_name: Type.String(), feature_value: Type.String() }, { additionalProperties: false }),
            { default: [], maxItems: MAX_PIVOT_VALUES },
          ),
        }),
        response: answers(enveloped(PivotCounts)),
      },
    },
    async (request) => {
      const { feature_values: values } = request.body;
      if (values.length === 0) throw refused(422, 'no feature values to pivot on were given', 'feature_values not valid');
      const context = contextOf(request);
      const features = async () => listFeatures(newestRegistrations(await plugins.registrations(context.rule)), ANY_AUTHOR);
      const pivot = await readPivot(context.reader, values, features);
      return envelope(request, pivot);
    },
  );
}
