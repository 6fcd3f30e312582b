/** Answers of OpenSearch whose integers are kept: sizes are unsigned 64-bit integers, which a number cannot hold. */
import { errors, Serializer } from '@opensearch-project/opensearch';
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../schemas/json-text.js';
import { messageOf } from '../errors.js';

/** What may be an integer beyond 2^53. Texts that look like it only cost time. */
const LONG_INTEGER = /[[:,]\s*-?[0-9]{16}/;
const INTEGER = /^-?[0-9]+$/;

function numberOf(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !INTEGER.test(text) ? number : BigInt(text);
}

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return numberOf(value.text);
  if (value instanceof JsonObject) return Object.fromEntries([...value.entries].map(([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** As JSON.parse, but integers beyond 2^53 are bigint. Throws a SyntaxError. */
export function parseExactly(text: string): unknown {
  return LONG_INTEGER.test(text) ? plain(parseJson(text)) : (JSON.parse(text) as unknown);
}

/** For the client, which takes a class. */
export class ExactSerializer extends Serializer {
  override deserialize(json: string): unknown {
    try {
      return parseExactly(json);
    } catch (error) {
      throw new errors.DeserializationError(messageOf(error), json);
    }
  }
}
