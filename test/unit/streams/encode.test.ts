import avsc from 'avsc';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BinaryEvent, type Model, MODELS, type StringMap } from '../../../schemas/events.js';
import { schemaText } from '../../../streams/avro-schema.js';
import { createDecoder } from '../../../streams/decode.js';
import { droppedSettings, encodeEvent, encodeFramed } from '../../../streams/encode.js';
import { arbitraryEvent } from '../schemas/arbitrary-event.js';
import { golden, goldens } from '../schemas/golden.js';

const test = suite('encode');
const decoder = createDecoder();

function decoded(model: Model, value: Buffer): unknown {
  const outcome = decoder.decode(model, value);
  if (outcome.kind !== 'event') throw new Error(JSON.stringify(outcome));
  return outcome.event;
}

for (const { name, model, version, avro } of goldens) {
  test(`encodes ${name} to the same event`, () => {
    const event = decoded(model, avro) as never;
    assert.equal(decoded(model, encodeEvent(model, event, { version })), event);
  });
}

for (const { name, model, avro } of goldens.filter(({ version }) => version === 6)) {
  test(`encodes ${name} to the very bytes of the dispatcher`, () => {
    assert.is(encodeEvent(model, decoded(model, avro) as never).toString('hex'), avro.toString('hex'));
  });
}

test('encodes a version 4 delete to the dispatcher’s bytes but for the version number that old writers left out', () => {
  const { avro, model } = golden('v4/delete/link');
  const expected = Buffer.from(avro);
  assert.is(expected[0], 0x00);
  expected[0] = 0x08;
  assert.is(encodeEvent(model, decoded(model, avro) as never, { version: 4 }).toString('hex'), expected.toString('hex'));
});

for (const model of MODELS) {
  for (const version of [4, 5, 6] as const) {
    test(`takes any ${model} event through version ${version} and back`, () => {
      const event = arbitraryEvent(model);
      fc.assert(
        fc.property(event, (original) => {
          const back = decoded(model, encodeEvent(model, original, { version }));
          assert.equal(back, version === 4 ? withoutSettings(original) : original);
        }),
        { numRuns: 60 },
      );
    });

    test(`writes ${model} version ${version} so that avsc reads it to the end`, () => {
      const long = anyLong();
      const type = avsc.Type.forSchema(JSON.parse(schemaText(model, version)) as avsc.Schema, {
        typeHook: (schema) => ((schema as { type?: unknown }).type === 'long' ? long : undefined),
      });
      fc.assert(
        fc.property(arbitraryEvent(model), (original) => {
          const bytes = encodeEvent(model, original, { version });
          assert.is((type.fromBuffer(bytes) as { kafka_key: string }).kafka_key, Buffer.from(original.kafka_key).toString());
        }),
        { numRuns: 20 },
      );
    });
  }
}

/** avsc reads only safe integers by itself. */
function anyLong(): avsc.types.LongType {
  return avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: () => Buffer.alloc(8),
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (n: unknown) => typeof n === 'bigint',
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  });
}

function withoutSettings(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutSettings);
  if (Object.getPrototypeOf(value) === null) return value;
  const isSource = 'references' in value && 'settings' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isSource && key === 'settings' ? undefined : withoutSettings(item)]),
  );
}

function map(count: number): StringMap {
  const result = Object.create(null) as StringMap;
  for (let i = 0; i < count; i++) result[`k${i}`] = String(i);
  return result;
}

test('writes blocks of at most 100 items, each with its size', () => {
  const event = decoded('binary', golden('v6/binary/enriched').avro) as BinaryEvent;
  const links = Array.from({ length: 201 }, () => 'x');
  const bytes = encodeEvent('binary', { ...event, track_links: links, track_authors: [] });
  // count -100 and 200 bytes, twice; count -1 and 2 bytes; end; then the empty track_authors
  const item = '0278';
  const expected = `c7019003${item.repeat(100)}`.repeat(2) + `0104${item}` + '00' + '00';
  assert.ok(bytes.toString('hex').endsWith(expected));
  assert.equal((decoded('binary', bytes) as BinaryEvent).track_links, links);
});

test('counts the settings that version 4 can’t carry', () => {
  const event = decoded('binary', golden('v6/binary/enriched').avro) as BinaryEvent;
  const withSettings = { ...event, source: { ...event.source, settings: map(3) } };
  assert.is(droppedSettings('binary', event), 0);
  assert.is(droppedSettings('binary', withSettings), 3);
  const status = decoded('status', golden('v6/status/example1').avro) as never as { entity: object };
  const nested = { ...status, entity: { ...status.entity, input: withSettings, results: [withSettings, event] } };
  assert.is(droppedSettings('status', nested as never), 6);
  assert.is(droppedSettings('plugin', decoded('plugin', golden('v6/plugin/example1').avro) as never), 0);
});

test('writes a missing datastream hash as an empty string', () => {
  const event = decoded('binary', golden('v6/binary/extracted').avro) as BinaryEvent;
  const [stream] = event.entity.datastreams;
  const bare = { ...event, entity: { ...event.entity, datastreams: [{ ...stream!, md5: undefined, size: undefined }] } };
  const [back] = (decoded('binary', encodeEvent('binary', bare)) as BinaryEvent).entity.datastreams;
  assert.is(back!.md5, '');
  assert.is(back!.size, 0);
});

test('refuses a string that could not be read back', () => {
  const event = decoded('binary', golden('v6/binary/enriched').avro) as BinaryEvent;
  assert.not.throws(() => encodeEvent('binary', { ...event, dequeued: 'é'.repeat(524_288) }));
  assert.throws(() => encodeEvent('binary', { ...event, dequeued: 'é'.repeat(524_288) + 'x' }), /dequeued: 1048577 bytes, at most 1048576/);
});

test('frames a record with its schema id', () => {
  assert.is(encodeFramed(0x01020304, Buffer.from('0c', 'hex')).toString('hex'), '00010203040c');
  assert.is(encodeFramed(0xffffffff, Buffer.from('0c', 'hex')).toString('hex'), '00ffffffff0c');
});

test.run();
