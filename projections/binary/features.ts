/** Features of a binary document and the fields made from them (spec 02 §4.5). */
import type { BinaryEntityFeature, UInt64 } from '../../schemas/events.js';
import { md5 } from '../digest.js';
import { joinSorted } from '../sort.js';
import type { DocumentBody } from '../types.js';
import { enrichFeature } from './enrich.js';

export interface FeatureFields {
  readonly features: readonly DocumentBody[] | undefined;
  /** Values of the features named `filename`, in event order. */
  readonly filename: readonly string[] | undefined;
  readonly featuresMap: Readonly<Record<string, readonly string[]>> | undefined;
  readonly nameCount: number | undefined;
  readonly valueCount: number | undefined;
  /** md5 over all names and values; `uniq_features` is the stem with it. */
  readonly digest: string | undefined;
}

const NO_FEATURES: FeatureFields = {
  features: undefined,
  filename: undefined,
  featuresMap: undefined,
  nameCount: undefined,
  valueCount: undefined,
  digest: undefined,
};

/** Of a feature without a place in the file. */
const NOWHERE: DocumentBody = Object.freeze({});

function sum(a: UInt64, b: UInt64): UInt64 {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a + b)) return a + b;
  return BigInt(a) + BigInt(b);
}

function location(offset: UInt64 | undefined, size: UInt64 | undefined): DocumentBody {
  if (offset === undefined && size === undefined) return NOWHERE;
  const gte = offset ?? 0;
  return { location: { gte, lte: sum(gte, size ?? 0) } };
}

function featureBody(feature: BinaryEntityFeature): DocumentBody {
  const { name, type, value, label, offset, size } = feature;
  return { name, type, value, label, offset, size, enriched: enrichFeature(type, value), encoded: location(offset, size) };
}

/** All fields made from the features; without features there is none of them. */
export function featureFields(features: readonly BinaryEntityFeature[]): FeatureFields {
  const count = features.length;
  if (count === 0) return NO_FEATURES;
  const bodies = new Array<DocumentBody>(count);
  const pairs = new Array<string>(count);
  const valuesByName = new Map<string, string[]>();
  for (let i = 0; i < count; i++) {
    const feature = features[i]!;
    bodies[i] = featureBody(feature);
    pairs[i] = `${feature.name}.${feature.value}`;
    const values = valuesByName.get(feature.name);
    if (values === undefined) valuesByName.set(feature.name, [feature.value]);
    else values.push(feature.value);
  }
  return {
    features: bodies,
    filename: valuesByName.get('filename'),
    featuresMap: featuresMap(valuesByName),
    nameCount: valuesByName.size,
    valueCount: count,
    digest: md5(joinSorted(pairs, '.')),
  };
}

function featuresMap(valuesByName: ReadonlyMap<string, string[]>): Record<string, string[]> {
  // Without a prototype, so that a feature may be called `__proto__`.
  const map = Object.create(null) as Record<string, string[]>;
  for (const [name, values] of valuesByName) map[name] = values;
  return map;
}

/** Names in a document's `features_map`: those that the mapping has to know before OpenSearch takes it (spec 02 §3). */
export function featureNames(body: DocumentBody): string[] {
  const map = body['features_map'];
  return map === undefined ? [] : Object.keys(map as object);
}
