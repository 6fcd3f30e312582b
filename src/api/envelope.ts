/** The envelope of answers (spec 04 §2.4). */
import type { FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { contextOf } from './caller.js';
import type { QueryInfo } from './reader.js';

export interface Enveloped<T> {
  readonly data: T;
  readonly meta: Meta;
}

export interface Meta {
  readonly security: string;
  readonly sec_filter: 'AND' | 'OR' | null;
  readonly queries?: readonly QueryInfo[];
}

const QueryInfoModel = Type.Object({
  query_type: Type.String({ enum: ['search', 'msearch', 'count', 'get', 'scan', 'update_by_query', 'delete_by_query'] }),
  index: Type.String(),
  query: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Array(Type.Object({}, { additionalProperties: true }))]),
  run_time_ms: Type.Union([Type.Integer(), Type.Null()]),
  args: Type.Union([Type.Array(Type.Unknown()), Type.Null()]),
  kwargs: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()]),
  response: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()]),
});

const MetaModel = Type.Object({
  security: Type.String({ description: 'the most that the caller may see, for display' }),
  sec_filter: Type.Union([Type.String({ enum: ['AND', 'OR'] }), Type.Null()], { description: 'how x and i limited the answer' }),
  queries: Type.Optional(Type.Array(QueryInfoModel)),
});

/** The schema of an enveloped answer. */
export function enveloped<T extends TSchema>(data: T) {
  return Type.Object({ data, meta: MetaModel });
}

/** Query parameters of every route that answers from documents (spec 04 §2.3); spread them into the route's own. */
export const contextParameters = {
  x: Type.Array(Type.String(), { default: [], description: 'labels; what carries one of them is left out' }),
  i: Type.Array(Type.String(), { default: [], description: 'releasability labels that must all be there' }),
  include_queries: Type.Boolean({ default: false, description: 'adds the queries to `meta`' }),
};

export function metaOf(request: FastifyRequest): Meta {
  const { access, rule, reader } = contextOf(request);
  const { include_queries: wanted } = request.query as { readonly include_queries?: boolean };
  return {
    security: access.max_access_display,
    sec_filter: rule.secFilter,
    ...(wanted === true && { queries: reader.queries }),
  };
}

export function envelope<T>(request: FastifyRequest, data: T): Enveloped<T> {
  return { data, meta: metaOf(request) };
}
