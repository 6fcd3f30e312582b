/** The golden pairs of test/fixtures/events: bytes and the JSON that they must decode to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '../../../schemas/events.js';
import { JsonObject, parseJson } from '../../../schemas/json-text.js';
import type { WireVersion } from '../../../streams/avro-schema.js';

export interface Golden {
  readonly name: string;
  readonly version: WireVersion;
  readonly model: Model;
  readonly avro: Buffer;
  readonly json: JsonObject;
}

const root = fileURLToPath(new URL('../../fixtures/events/', import.meta.url));

function load(name: string): Golden {
  const [version = '', model = ''] = name.split('/');
  const json = parseJson(readFileSync(join(root, `${name}.json`), 'utf8'));
  if (!(json instanceof JsonObject)) throw new Error(`${name}.json is no object`);
  return {
    name,
    version: Number(version.slice(1)) as WireVersion,
    model: model as Model,
    avro: readFileSync(join(root, `${name}.avro`)),
    json,
  };
}

/** Every pair. */
export const goldens: readonly Golden[] = readdirSync(root, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.avro'))
  .map((file) => file.slice(0, -'.avro'.length))
  .filter((name) => existsSync(join(root, `${name}.json`)))
  .sort()
  .map(load);

/** The pair of that name, e.g. `v6/binary/enriched`. */
export function golden(name: string): Golden {
  const found = goldens.find((pair) => pair.name === name);
  if (found === undefined) throw new Error(`no golden pair ${name}`);
  return found;
}
