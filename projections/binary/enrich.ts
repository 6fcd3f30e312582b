/** Typed forms of a feature's value, for search (spec 02 §4.7). */
import { rawJson } from '../json.js';
import type { DocumentBody, DocumentValue } from '../types.js';
import { decodeValidUtf8, lenientBase64 } from './enrich-binary.js';
import { readFloat, readInteger } from './enrich-number.js';
import { uriParts } from './uri.js';

const NOTHING: DocumentBody = Object.freeze({});
const NEGATIVE_ZERO = rawJson('-0.0');

/**
 * A double as it goes into a document. The peer sends a bare NaN or Infinity, which OpenSearch refuses for a `double` field
 * with `mapper_parsing_exception`. JSON can't carry these, and their names as strings are refused in the same way.
 */
function floatValue(value: number): DocumentValue {
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? NEGATIVE_ZERO : value;
}

/** Backslashes are separators only if no slash comes first. */
function slashedPath(path: string): string {
  const backslash = path.indexOf('\\');
  if (backslash < 0) return path;
  const slash = path.indexOf('/');
  return slash < 0 || backslash < slash ? path.replaceAll('\\', '/') : path;
}

function enrichInteger(value: string): DocumentBody | undefined {
  const integer = readInteger(value);
  return integer === undefined ? undefined : { integer };
}

function enrichFloat(value: string): DocumentBody | undefined {
  const float = readFloat(value);
  return float === undefined ? undefined : { float: floatValue(float) };
}

function enrichBinary(value: string): DocumentBody | undefined {
  const bytes = lenientBase64(value);
  return bytes === undefined ? undefined : { binary_string: decodeValidUtf8(bytes) };
}

/**
 * The `enriched` object of a feature; undefined when the value does not fit its type, which costs the feature nothing but
 * this object. A non-finite float is answered as the string `NaN`, `Infinity` or `-Infinity`.
 */
export function enrichFeature(type: string, value: string): DocumentBody | undefined {
  switch (type) {
    case 'string':
      return NOTHING;
    case 'uri':
      return uriParts(value);
    case 'integer':
      return enrichInteger(value);
    case 'filepath':
      return { filepath: slashedPath(value) };
    case 'datetime':
      return { datetime: value };
    case 'float':
      return enrichFloat(value);
    case 'binary':
      return enrichBinary(value);
    default:
      // Types are validated before an event is folded.
      throw new Error(`feature type ${JSON.stringify(type)} is unknown`);
  }
}
