/** Framed records with the schemas of a real registry. */
import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { BinaryEvent, DeleteEvent } from '../../schemas/events.js';
import { createDecoder } from '../../streams/decode.js';
import { encodeEvent, encodeFramed } from '../../streams/encode.js';
import { createRegistry } from '../../streams/registry.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';
import { golden } from '../unit/schemas/golden.js';

const test = integration('schema registry');
const url = testStack().registryUrl;
const topic = `azul.test-${randomUUID()}.system.delete`;

function binary(name: string): BinaryEvent {
  const outcome = createDecoder().decode('binary', golden(name).avro);
  if (outcome.kind !== 'event') throw new Error(outcome.kind);
  return outcome.event;
}

/** Posts a schema as it stands, which `register` does not: it knows our own only. */
async function post(subject: string, schema: object): Promise<number> {
  const response = await fetch(`${url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  assert.is(response.status, 200, await response.clone().text());
  return ((await response.json()) as { id: number }).id;
}

test('registers a schema once and reads a framed record by it', async () => {
  const registry = createRegistry({ url });
  const id = await registry.register(topic, 'delete', 6);
  assert.is(await createRegistry({ url }).register(topic, 'delete', 6), id);
  const { avro } = golden('v6/delete/link');
  const decoder = createDecoder({ registry: createRegistry({ url }) });
  const framed = encodeFramed(id, avro);
  assert.equal(decoder.decode('delete', framed), { kind: 'unresolved', schemaId: id });
  await decoder.resolve(id);
  const outcome = decoder.decode('delete', framed);
  assert.is(outcome.kind === 'event' && outcome.event.entity.link.track_link, 'parentid.childid.authorinfo');
});

test('keeps the schemas of all versions under one subject', async () => {
  const registry = createRegistry({ url });
  const decoder = createDecoder({ registry });
  const event = binary('v6/binary/enriched');
  for (const version of [6, 4, 5] as const) {
    const id = await registry.register(`${topic}-binary`, 'binary', version);
    const framed = encodeFramed(id, encodeEvent('binary', event, { version }));
    await decoder.resolve(id);
    const outcome = decoder.decode('binary', framed);
    assert.equal(outcome.kind === 'event' && outcome.event, event, `version ${version}`);
  }
});

test('reads a record of a schema with other fields in another order', async () => {
  const schema = {
    type: 'record',
    name: 'ForeignDelete',
    namespace: `org.example.x${randomUUID().replaceAll('-', '')}`,
    fields: [
      { name: 'model_version', type: 'int' },
      { name: 'action', type: ['null', 'string'] },
      { name: 'more', type: { type: 'array', items: 'double' } },
      { name: 'kafka_key', type: 'string' },
      { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
    ],
  };
  const id = await post(`${topic}-foreign`, schema);
  const decoder = createDecoder({ registry: createRegistry({ url }) });
  await decoder.resolve(id);
  // version 6; branch 1, "ids"; no items; "k"; 1 second
  const record = Buffer.from(`0c020669647300026bd00f`, 'hex');
  const outcome = decoder.decode('delete', encodeFramed(id, record));
  const event: DeleteEvent | undefined = outcome.kind === 'event' ? outcome.event : undefined;
  assert.equal([event?.kafka_key, event?.action, event?.timestamp, event?.model_version], ['k', 'ids', 1_000_000n, 6], JSON.stringify(outcome, replacer)); // prettier-ignore
});

test('refuses a record whose schema id the registry does not know', async () => {
  const decoder = createDecoder({ registry: createRegistry({ url }) });
  const id = 2_000_000_000;
  await decoder.resolve(id);
  const outcome = decoder.decode('delete', encodeFramed(id, golden('v6/delete/link').avro));
  assert.equal(outcome, { kind: 'malformed', reason: `schema ${id} is unknown to the registry` });
});

function replacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
