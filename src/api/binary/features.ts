/** Feature values of a binary: those of its documents, equal ones as one (spec 04 §6.7, 05 §9.1). */
import { compareCodePoints } from '../../../projections/code-points.js';
import { pythonFloat } from '../../../projections/python-json.js';
import type { ExactNumber, StoredEnriched, StoredFeature } from './stored.js';
import type { FeatureValueTag } from './value-tags.js';

export interface FeatureParts extends Omit<StoredEnriched, 'integer' | 'float'> {
  readonly integer?: string;
  readonly float?: string;
  /** First and last byte. */
  readonly location?: readonly (readonly [ExactNumber, ExactNumber])[];
  readonly filepath_unix?: readonly string[];
  readonly filepath_unixr?: readonly string[];
}

export interface BinaryFeature {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly label: readonly string[];
  readonly parts: FeatureParts;
  readonly instances: readonly string[];
  readonly tags?: readonly FeatureValueTag[];
}

/** The documents that hold each different set of feature values. */
export interface FeatureDocument {
  readonly sha256_author_action: string;
  readonly features?: readonly StoredFeature[];
}

interface Found {
  readonly feature: StoredFeature;
  readonly instance: string;
}

const MAX_TREE_SEGMENTS = 5;
const TEXTS = [
  'datetime',
  'binary_string',
  'scheme',
  'netloc',
  'filepath',
  'params',
  'query',
  'fragment',
  'username',
  'password',
  'hostname',
  'ip',
  'port',
] as const;

/** Sorted by name, then by value, in code-point order. */
export function mergeFeatures(documents: readonly FeatureDocument[]): BinaryFeature[] {
  const equal = new Map<string, Found[]>();
  for (const { features = [], sha256_author_action: instance } of documents) {
    for (const feature of features) {
      const key = JSON.stringify([feature.name, feature.type, feature.value]);
      const found = equal.get(key);
      if (found === undefined) equal.set(key, [{ feature, instance }]);
      else found.push({ feature, instance });
    }
  }
  return Array.from(equal.values(), mergeEqual).sort((a, b) => compareCodePoints(a.name, b.name) || compareCodePoints(a.value, b.value));
}

function mergeEqual(found: readonly Found[]): BinaryFeature {
  const { name, type, value, enriched = {} } = found[0]!.feature;
  const location = locations(found);
  return {
    name,
    type,
    value,
    label: sortedUnique(found.flatMap(({ feature }) => feature.label || [])),
    parts: { ...parts(enriched), ...(location.length > 0 && { location }) },
    instances: sortedUnique(found.map(({ instance }) => instance)),
  };
}

function parts(enriched: StoredEnriched): FeatureParts {
  const { integer, float, filepath } = enriched;
  return {
    ...(integer !== undefined && { integer: numberText(integer) }),
    // As Python writes a double, since it is a text here.
    ...(float !== undefined && { float: pythonFloat(Number(numberText(float))) }),
    ...Object.fromEntries(TEXTS.flatMap((field) => (enriched[field] === undefined ? [] : [[field, enriched[field]]]))),
    ...(filepath !== undefined && pathTrees(filepath)),
  };
}

/** The path's beginnings and endings of 1, 2, … segments, never the whole. */
function pathTrees(filepath: string): Pick<FeatureParts, 'filepath_unix' | 'filepath_unixr'> {
  const segments = filepath.split('/');
  const lengths = Array.from({ length: Math.min(segments.length - 1, MAX_TREE_SEGMENTS) }, (_, index) => index + 1);
  if (lengths.length === 0) return {};
  return {
    filepath_unix: lengths.map((length) => segments.slice(0, length).join('/')),
    filepath_unixr: lengths.map((length) => segments.slice(-length).join('/')),
  };
}

function locations(found: readonly Found[]): (readonly [ExactNumber, ExactNumber])[] {
  const unique = new Map<string, readonly [ExactNumber, ExactNumber]>();
  for (const { feature } of found) {
    const location = feature.encoded?.location;
    if (location !== undefined) unique.set(`${numberText(location.gte)} ${numberText(location.lte)}`, [location.gte, location.lte]);
  }
  return [...unique.values()].sort(([a, b], [c, d]) => compareIntegers(a, c) || compareIntegers(b, d));
}

function compareIntegers(a: ExactNumber, b: ExactNumber): number {
  const [left, right] = [BigInt(numberText(a)), BigInt(numberText(b))];
  return left < right ? -1 : left > right ? 1 : 0;
}

function numberText(number: ExactNumber): string {
  return typeof number === 'number' ? String(number) : number.rawJson;
}

function sortedUnique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareCodePoints);
}
