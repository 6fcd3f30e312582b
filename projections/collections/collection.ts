/** A task made ready: where its key and value fields stand among the result columns, and how a row becomes a key and a value. */
import { createKeyHasher, type KeyHashAlgorithm } from './key.js';
import { valueText } from './value.js';
import { compileQuery } from './linq/index.js';
import { tableNamed } from './tables/index.js';
import type { Collection, CollectionRow, CompiledQuery, FieldSpec, LinqType, LinqValue } from './types.js';

export interface CollectionFields {
  readonly redisKeyBase: string;
  /** Seconds. */
  readonly expireIn: number;
  readonly keyFields: readonly FieldSpec[];
  readonly valueFields: readonly FieldSpec[];
  readonly keyHash: KeyHashAlgorithm;
}

/** Whether a column may be used as a field of the given type: its own, or a wider one for `int4` (spec 07 §3). */
export function fieldTypeMatches(column: LinqType, given: LinqType): boolean {
  return column === given || (column === 'int4' && (given === 'int8' || given === 'float8'));
}

/** Throws an Error for a field that the query's result does not have, or with another type: validation has seen both before. */
export function createCollection(fields: CollectionFields, query: CompiledQuery): Collection {
  const { redisKeyBase, expireIn, keyFields, valueFields, keyHash } = fields;
  const places = (specs: readonly FieldSpec[]): number[] => specs.map((spec) => placeOf(query, spec));
  const keyPlaces = places(keyFields);
  const valuePlaces = places(valueFields);
  const datePlace = placeOf(query, { name: 'eventdate', type: 'timestamp' });
  const hash = createKeyHasher(
    keyFields.map(({ type }) => type),
    keyHash,
  );
  const keyValues = new Array<LinqValue>(keyPlaces.length).fill(null);
  const stored = new Array<LinqValue>(valuePlaces.length).fill(null);
  return {
    redisKeyBase,
    expireIn,
    query,
    keyFields,
    valueFields,
    row(values, n): CollectionRow {
      for (let i = 0; i < keyPlaces.length; i++) keyValues[i] = values[keyPlaces[i]!]!;
      for (let i = 0; i < valuePlaces.length; i++) stored[i] = values[valuePlaces[i]!]!;
      const eventdate = values[datePlace] as number;
      return { keyHash: hash(keyValues), eventdate, n, value: valueText(valueFields, eventdate, n, stored) };
    },
  };
}

/** A collection of its query's text, which is compiled for its fields. Throws LinqError for a query that can't be compiled (any more), otherwise as `createCollection`. */
export function compileCollection(fields: CollectionFields & { readonly query: string }): Collection {
  const wanted = new Set([...fields.keyFields, ...fields.valueFields].map(({ name }) => name));
  return createCollection(fields, compileQuery(fields.query, tableNamed, wanted));
}

function placeOf({ columns }: CompiledQuery, { name, type }: FieldSpec): number {
  const place = columns.findIndex((column) => column.name === name);
  const column = columns[place];
  if (column === undefined) throw new Error(`field '${name}' is not in the result of the query`);
  if (!fieldTypeMatches(column.type, type)) throw new Error(`field '${name}' has type '${column.type}', expected '${type}'`);
  return place;
}
