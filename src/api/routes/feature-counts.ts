/** Counts of values and binaries by features (spec 04 §9.2). */
import Type, { type TSchema } from 'typebox';
import { answers } from '../answers.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { authorFilters, authorParameters } from '../features/author-filters.js';
import {
  BINARIES_WITH_FEATURE,
  BINARIES_WITH_PART,
  BINARIES_WITH_VALUE,
  countItems,
  VALUES_OF_FEATURES,
  type CountKind,
} from '../features/counting.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const Names = Type.Object({ items: Type.Array(Type.String(), { default: [] }) });
const Values = Type.Object({
  items: Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, { additionalProperties: false }), { default: [] }),
});
const Parts = Type.Object({
  items: Type.Array(Type.Object({ value: Type.String(), part: Type.String() }, { additionalProperties: false }), { default: [] }),
});

const Count = Type.Integer({ minimum: 0 });

/** An object by names that the caller gave. */
function byName(item: TSchema) {
  return Type.Object({}, { additionalProperties: item });
}

const querystring = Type.Object({
  ...authorParameters,
  skip_count: Type.Boolean({ default: false, description: 'answers what is known already and counts nothing' }),
  ...contextParameters,
});

export function registerFeatureCounts(api: Api, { cache }: ApiServices): void {
  const counted = <T>(kind: CountKind<T>) => {
    return (request: Parameters<typeof contextOf>[0], items: readonly T[]) => {
      const { skip_count: keptOnly, ...choice } = request.query as { skip_count: boolean; author: string; author_version: string };
      return countItems(cache, contextOf(request), { kind, items, filters: authorFilters(choice), keptOnly });
    };
  };
  const valuesOf = counted(VALUES_OF_FEATURES);
  const withFeature = counted(BINARIES_WITH_FEATURE);
  const withValue = counted(BINARIES_WITH_VALUE);
  const withPart = counted(BINARIES_WITH_PART);
  const described = (summary: string, ok: TSchema) => ({ tags: ['features'], summary, querystring, response: answers(enveloped(ok)) });

  api.post(
    '/v0/features/values/counts',
    {
      config: { documents: true },
      schema: { ...described('how many values features have', byName(Type.Object({ name: Type.String(), values: Count }))), body: Names },
    },
    async (request) => {
      const counts = await valuesOf(request, request.body.items);
      return envelope(request, Object.fromEntries(counts.map(([name, values]) => [name, { name, values }])));
    },
  );
  api.post(
    '/v0/features/entities/counts',
    {
      config: { documents: true },
      schema: {
        ...described('how many binaries have features', byName(Type.Object({ name: Type.String(), entities: Count }))),
        body: Names,
      },
    },
    async (request) => {
      const counts = await withFeature(request, request.body.items);
      return envelope(request, Object.fromEntries(counts.map(([name, entities]) => [name, { name, entities }])));
    },
  );
  api.post(
    '/v0/features/values/entities/counts',
    {
      config: { documents: true, numberTexts: true },
      schema: {
        ...described(
          'how many binaries have values of features',
          byName(byName(Type.Object({ name: Type.String(), value: Type.String(), entities: Count }))),
        ),
        body: Values,
      },
    },
    async (request) => {
      const counts = await withValue(request, request.body.items);
      const rows = counts.map(([{ name, value }, entities]) => [name, value, { name, value, entities }] as const);
      return envelope(request, nested(rows));
    },
  );
  api.post(
    '/v0/features/values/parts/entities/counts',
    {
      config: { documents: true, numberTexts: true },
      schema: {
        ...described(
          'how many binaries have values with parts, such as a host name',
          byName(byName(Type.Object({ value: Type.String(), part: Type.String(), entities: Count }))),
        ),
        body: Parts,
      },
    },
    async (request) => {
      const counts = await withPart(request, request.body.items);
      const rows = counts.map(([{ value, part }, entities]) => [value, part, { value, part, entities }] as const);
      return envelope(request, nested(rows));
    },
  );
}

/** Rows by their first and second name. */
function nested<T>(rows: readonly (readonly [string, string, T])[]): Readonly<Record<string, Readonly<Record<string, T>>>> {
  const outer = new Map<string, [string, T][]>();
  for (const [first, second, row] of rows) {
    const inner = outer.get(first);
    if (inner === undefined) outer.set(first, [[second, row]]);
    else inner.push([second, row]);
  }
  return Object.fromEntries(Array.from(outer, ([first, inner]) => [first, Object.fromEntries(inner)]));
}
