/** The routes of the API as its OpenAPI document tells them, so that tests over all routes take in those to come. */
import type { Ask, TestApi } from './api.js';

/** The part of JSON Schema that the document uses for what callers send. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: NonNullable<Ask['method']>;
  /** Template after the prefix, such as `/v0/sources/{source}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** Whether it answers from documents. */
  readonly documents: boolean;
}

interface RawOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
}

const PREFIX = '/api';

export async function operationsOf(api: TestApi): Promise<readonly Operation[]> {
  const { body } = await api.askAnonymously<OpenApi>(`${PREFIX}/openapi.json`);
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]): Operation => ({
      method: method.toUpperCase() as Operation['method'],
      path: path.slice(PREFIX.length),
      parameters,
      body: requestBody === undefined ? undefined : Object.values(requestBody.content)[0]?.schema,
      documents: parameters.some(({ name }) => name === 'include_queries'),
    })),
  );
}

/** Values by parameter; a list is given as one pair each. */
export type Values = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/** Half a character cannot be percent-encoded: it is sent as what stands for it. */
function encoded(value: unknown): string {
  return encodeURIComponent(Buffer.from(String(value)).toString());
}

/** Path and query of an operation with these values. Those of the path must be there. */
export function addressOf({ path, parameters }: Operation, values: Values): string {
  const filled = path.replace(/\{([^}]+)\}/g, (_whole, name: string) => encoded(values[name]));
  const query = parameters
    .filter(({ in: place, name }) => place === 'query' && values[name] !== undefined)
    .flatMap(({ name }) => [values[name] as string | readonly string[]].flat().map((value) => `${name}=${encoded(value)}`));
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
}
