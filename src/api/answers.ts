/** The answers that a route documents beside its own: the error bodies of spec 04 §2.5. */
import Type, { type TSchema } from 'typebox';

const Refusal = Type.Object({ ref: Type.String(), message: Type.String() });
const Shell = Type.Object({ detail: Type.String() });
const Invalid = Type.Object({ detail: Type.Array(Type.Object({}, { additionalProperties: true })) });
const RefusalOrShell = Type.Union([Refusal, Shell]);

const EVERY: Readonly<Record<number, TSchema>> = {
  400: { ...Refusal, description: 'not a request that can be answered' },
  401: { ...RefusalOrShell, description: 'not authenticated, or without minimum access' },
  403: { ...RefusalOrShell, description: 'without read access' },
  413: { ...Refusal, description: 'the body is too large' },
  414: { ...Refusal, description: 'the address is too long' },
  422: { ...Type.Union([Invalid, Refusal]), description: 'a parameter or the body is not valid' },
  429: { ...Refusal, description: 'too many requests' },
  503: { ...Refusal, description: 'OpenSearch does not answer, or too much is asked at a time' },
};

/** The answers of a route: the one with status 200, and every error. `missing` says when it is 404. */
export function answers(ok: TSchema, missing?: string): Readonly<Record<number, TSchema>> {
  const all: Record<number, TSchema> = { 200: ok, ...EVERY };
  if (missing !== undefined) all[404] = { ...Refusal, description: missing };
  return all;
}
