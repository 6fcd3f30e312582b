/**
 * Answers of OpenSearch whose documents stay JSON text. A parsed document has other numbers than the stored one: `5.0` becomes 5, and
 * integers beyond 2^53 are rounded (spec 01 §2.2 allows sizes up to 2^64-1).
 */
import { Serializer, Transport, type Client } from '@opensearch-project/opensearch';
import { JsonNumber, JsonObject, parseJson, sourceText, type JsonValue } from '../../schemas/json-text.js';
import { rawJson } from '../../projections/json.js';
import type { RawJson } from '../../projections/types.js';
import { skipValue } from '../export/json-slices.js';

/** As OpenSearch writes it. Quotes within strings are escaped, so that it stands for nothing but a key. */
const SOURCE_KEY = '"_source":';

/** Parses an answer; the value of each `_source` becomes a `RawJson`. Throws a SyntaxError for what is no JSON. */
export function parseWithSourceTexts(json: string): unknown {
  const texts: RawJson[] = [];
  let rest = '';
  let from = 0;
  for (let at = json.indexOf(SOURCE_KEY); at >= 0; at = json.indexOf(SOURCE_KEY, from)) {
    const start = at + SOURCE_KEY.length;
    const end = skipValue(json, start);
    rest += json.slice(from, start) + texts.length.toString();
    texts.push(rawJson(json.slice(start, end)));
    from = end;
  }
  if (texts.length === 0) return JSON.parse(json);
  return JSON.parse(rest + json.slice(from), (name, value: unknown) => (name === '_source' ? texts[value as number] : value));
}

class SourceTextSerializer extends Serializer {
  override deserialize(json: string): unknown {
    return parseWithSourceTexts(json);
  }
}

class SourceTextTransport extends Transport {
  constructor(options: ConstructorParameters<typeof Transport>[0]) {
    super({ ...options, serializer: new SourceTextSerializer() });
  }
}

const clients = new WeakMap<Client, Client>();

/** The client with the same connections whose answers are read by `parseWithSourceTexts`. Closing the given one closes both. */
export function sourceTextClient(client: Client): Client {
  let child = clients.get(client);
  if (child === undefined) {
    child = client.child({ Transport: SourceTextTransport });
    clients.set(client, child);
  }
  return child;
}

/** What a document's text says, with numbers that JavaScript would change as `RawJson`, so that `documentJson` writes them as they were. */
export function exactValue({ rawJson: text }: RawJson): unknown {
  return exact(parseJson(text));
}

function exact(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return exactNumber(value.text);
  if (Array.isArray(value)) return value.map(exact);
  if (!(value instanceof JsonObject)) return value;
  return Object.fromEntries(Array.from(value.entries, ([name, member]) => [name, exact(member)]));
}

function exactNumber(text: string): number | RawJson {
  const number = Number(text);
  return String(number) === text ? number : rawJson(text);
}

/** One member of a document as text; undefined where there is none. */
export function memberText({ rawJson: text }: RawJson, name: string): RawJson | undefined {
  const value = (parseJson(text) as JsonObject).entries.get(name);
  return value === undefined ? undefined : rawJson(sourceText(value));
}
