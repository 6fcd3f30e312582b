import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DeleteEvent } from '../../../schemas/events.js';
import { schemaText } from '../../../streams/avro-schema.js';
import { createDecoder } from '../../../streams/decode.js';
import { encodeFramed } from '../../../streams/encode.js';
import type { FoundSchema, SchemaRegistry } from '../../../streams/registry.js';
import { golden } from '../schemas/golden.js';
import { legacyDelete } from './raw-avro.js';

const test = suite('decode: framing');

const link = golden('v6/delete/link').avro;
const legacy = legacyDelete('ab3808f6d20b3c01513f89186becdcde', 'a.b.c');

/** A registry whose answers are known beforehand, and which remembers what it was asked. */
function registryOf(schemas: Record<number, FoundSchema | Error>): SchemaRegistry & { asked: number[] } {
  const fetched = new Map<number, FoundSchema>();
  const asked: number[] = [];
  return {
    asked,
    cached: (id) => fetched.get(id),
    fetch: (id) => {
      asked.push(id);
      const found = schemas[id] ?? { kind: 'unknown', reason: `schema ${id} is unknown to the registry` };
      if (found instanceof Error) return Promise.reject(found);
      fetched.set(id, found);
      return Promise.resolve(found);
    },
    register: () => Promise.reject(new Error('not asked for')),
  };
}

const deleteSchema = (version: 4 | 6): FoundSchema => ({ kind: 'schema', schema: schemaText('delete', version) });

/** Kind of the outcome, and the link that was found. */
function decoded(value: Buffer, registry?: SchemaRegistry): [string, string | undefined, number | undefined] {
  const outcome = createDecoder({ registry }).decode('delete', value);
  if (outcome.kind !== 'event') return [outcome.kind, undefined, undefined];
  const { event, bytesRead }: { event: DeleteEvent; bytesRead: number } = outcome;
  return ['event', event.entity.link.track_link, bytesRead];
}

for (const [what, value, expected] of [
  ['a record that names its version', link, 'parentid.childid.authorinfo'],
  ['a legacy record without version', legacy, 'a.b.c'],
  ['a legacy record with a key of 64 characters', legacyDelete('a'.repeat(64), 'a.b.c'), 'a.b.c'],
  ['a legacy record with an empty key', legacyDelete('', 'a.b.c'), 'a.b.c'],
  ['a legacy record whose key has a line feed where a frame has its version', legacyDelete('abc\nd', 'a.b.c'), 'a.b.c'],
  ['a framed record', encodeFramed(7, link), 'parentid.childid.authorinfo'],
  ['a framed record of version 4', encodeFramed(7, golden('v4/delete/link').avro), 'parentid.childid.authorinfo'],
  ['a framed record with the schema id 2^24', encodeFramed(2 ** 24, link), 'parentid.childid.authorinfo'],
  ['a framed record with the schema id 2^32 - 1', encodeFramed(2 ** 32 - 1, link), 'parentid.childid.authorinfo'],
  ['a framed legacy record', encodeFramed(7, legacy), 'a.b.c'],
] as [string, Buffer, string][]) {
  test(`reads ${what}`, () => {
    assert.equal(decoded(value), ['event', expected, value.length]);
  });
}

for (const [what, value] of [
  ['a legacy record with something behind it', Buffer.concat([legacy, Buffer.from([0])])],
  ['a framed record with something behind it', Buffer.concat([encodeFramed(7, link), Buffer.from([0])])],
  ['a framed record with a large schema id and something behind it', Buffer.concat([encodeFramed(2 ** 24, link), Buffer.from([0])])],
  ['a frame without a record', encodeFramed(7, Buffer.alloc(0))],
  ['a frame cut short', encodeFramed(7, link).subarray(0, 3)],
  ['a single zero', Buffer.from([0])],
] as [string, Buffer][]) {
  test(`refuses ${what}`, () => {
    assert.is(decoded(value)[0], 'malformed');
  });
}

test('asks for the schema of a framed record once, then reads by it', async () => {
  const registry = registryOf({ 7: deleteSchema(6) });
  const decoder = createDecoder({ registry });
  const value = encodeFramed(7, link);
  assert.equal(decoder.decode('delete', value), { kind: 'unresolved', schemaId: 7 });
  await decoder.resolve(7);
  for (let i = 0; i < 3; i++) {
    const outcome = decoder.decode('delete', value);
    assert.is(outcome.kind === 'event' && outcome.event.entity.link.track_link, 'parentid.childid.authorinfo');
  }
  assert.equal(registry.asked, [7]);
});

test('asks for the schema of a framed legacy record and of one with a large schema id as well', () => {
  const registry = registryOf({});
  assert.equal(createDecoder({ registry }).decode('delete', encodeFramed(9, legacy)), { kind: 'unresolved', schemaId: 9 });
  assert.equal(createDecoder({ registry }).decode('delete', encodeFramed(2 ** 31, link)), { kind: 'unresolved', schemaId: 2 ** 31 });
});

test('does not ask for records without a frame', () => {
  const registry = registryOf({});
  assert.is(decoded(link, registry)[0], 'event');
  assert.is(decoded(legacy, registry)[0], 'event');
});

test('refuses a record whose schema id the registry does not know', async () => {
  const decoder = createDecoder({ registry: registryOf({}) });
  await decoder.resolve(8);
  assert.equal(decoder.decode('delete', encodeFramed(8, link)), { kind: 'malformed', reason: 'schema 8 is unknown to the registry' });
});

test('refuses a record whose schema is of another shape, with the field', async () => {
  const registry = registryOf({
    1: { kind: 'schema', schema: '{"type":"record","name":"X","fields":[{"name":"author","type":"string"}]}' },
  });
  const decoder = createDecoder({ registry });
  await decoder.resolve(1);
  assert.equal(decoder.decode('delete', encodeFramed(1, link)), {
    kind: 'malformed',
    reason: "schema 1 can't be read as delete: field author: string can't be read as record",
  });
});

test('leaves an unreachable registry to the caller', async () => {
  const decoder = createDecoder({ registry: registryOf({ 3: new Error('away') }) });
  let message = '';
  await decoder.resolve(3).catch((error: unknown) => (message = (error as Error).message));
  assert.is(message, 'away');
  assert.is(decoder.decode('delete', encodeFramed(3, link)).kind, 'unresolved');
});

test('reads the same schema id for different kinds of event', async () => {
  const status = golden('v6/status/example1').avro;
  const registry = registryOf({ 5: { kind: 'schema', schema: schemaText('status', 6) } });
  const decoder = createDecoder({ registry });
  await decoder.resolve(5);
  const whole = decoder.decode('status', encodeFramed(5, status));
  const part = decoder.decode('status-results', encodeFramed(5, status));
  assert.is(whole.kind === 'event' && whole.event.entity.status, 'done');
  assert.is(part.kind === 'event' && part.event.status, 'done');
});

test.run();
