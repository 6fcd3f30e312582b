import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BinaryEvent, MODELS, type StatusEvent } from '../../../schemas/events.js';
import { eventFromJson, eventToJson } from '../../../schemas/json-form.js';
import { MAX_MICROS, MIN_MICROS } from '../../../schemas/time.js';
import { createDecoder, type DecodeOutcome, type EventByForm, type Form, wireVersion } from '../../../streams/decode.js';
import { encodeEvent } from '../../../streams/encode.js';
import { golden, goldens } from '../schemas/golden.js';
import { double, EMPTY, fixed, long, negativeBlocks, positiveBlocks, rawBinary, rawFeature, rawStatus, string } from './raw-avro.js';

const test = suite('decode');
const decoder = createDecoder();

function event<F extends Form>(form: F, value: Buffer): EventByForm[F] {
  const outcome = decoder.decode(form, value);
  if (outcome.kind !== 'event') throw new Error(`${outcome.kind}: ${JSON.stringify(outcome)}`);
  return outcome.event;
}

function reason(form: Form, value: Buffer): string {
  const outcome: DecodeOutcome<unknown> = decoder.decode(form, value);
  return outcome.kind === 'malformed' ? outcome.reason : outcome.kind;
}

for (const { name, model, avro, json } of goldens) {
  test(`decodes ${name} to its JSON`, () => {
    assert.equal(event(model, avro), eventFromJson(model, json));
    assert.equal(JSON.parse(eventToJson(model, event(model, avro))), JSON.parse(json.text));
  });

  test(`tells how many bytes of ${name} it read`, () => {
    const outcome = decoder.decode(model, avro);
    assert.is(outcome.kind === 'event' && outcome.bytesRead, avro.length);
  });

  test(`refuses ${name} cut at any byte`, () => {
    for (let length = 1; length < avro.length; length++) {
      assert.is(decoder.decode(model, avro.subarray(0, length)).kind, 'malformed', `cut to ${length} of ${avro.length} bytes`);
    }
  });
}

test('gives objects of all versions the same fields in the same order', () => {
  const keys = (value: BinaryEvent): string[][] =>
    [value, value.source, value.source.path[0]!, value.entity, value.entity.features[0]!].map(Object.keys);
  const newest = keys(event('binary', golden('v6/binary/enriched').avro));
  assert.equal(keys(event('binary', golden('v5/binary/enriched').avro)), newest);
  assert.equal(keys(event('binary', golden('v4/binary/enriched').avro)), newest);
});

test('sets model_version to 6, in nested events too', () => {
  const input = rawBinary({ model_version: long(0) });
  const status = event('status', rawStatus(input, 1, positiveBlocks([rawBinary({ model_version: long(4) })])));
  assert.equal([status.model_version, status.entity.input.model_version, status.entity.results[0]!.model_version], [6, 6, 6]);
});

test('takes null and an empty value for a tombstone', () => {
  assert.equal(decoder.decode('binary', null), { kind: 'tombstone' });
  assert.equal(decoder.decode('delete', Buffer.alloc(0)), { kind: 'tombstone' });
});

test('ignores what follows a complete record', () => {
  const { avro, json } = golden('v6/binary/enriched');
  const outcome = decoder.decode('binary', Buffer.concat([avro, Buffer.from('garbage')]));
  assert.equal(outcome, { kind: 'event', event: eventFromJson('binary', json), bytesRead: avro.length });
});

for (const [bytes, version] of [
  ['08', 4],
  ['0a', 5],
  ['0c', 6],
  ['00', 4],
  ['02', 4],
  ['0e', 4],
  ['0b', 4],
  ['8c00', 6],
  ['8c80808000', 6],
  ['8c8080808000', 4],
  ['8c', 4],
  ['', 4],
] as const) {
  test(`reads version ${version} from ${bytes || 'nothing'}`, () => {
    assert.is(wireVersion(Buffer.from(bytes, 'hex'), 0), version);
  });
}

test('reads arrays in several blocks of both signs', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((value) => rawFeature(value)) as [Buffer, Buffer, Buffer];
  const values = (features: Buffer): string[] =>
    event('binary', rawBinary({ 'entity.features': features })).entity.features.map(({ value }) => value);
  assert.equal(values(positiveBlocks([a], [b, c])), ['a', 'b', 'c']);
  assert.equal(values(negativeBlocks([a, b], [c])), ['a', 'b', 'c']);
  const mixed = Buffer.concat([positiveBlocks([a]).subarray(0, -1), negativeBlocks([b, c])]);
  assert.equal(values(mixed), ['a', 'b', 'c']);
});

test('keeps the last value of a duplicate map key and takes __proto__ as a key', () => {
  const pair = (key: string, value: string): Buffer => Buffer.concat([string(key), string(value)]);
  const references = negativeBlocks([pair('a', '1'), pair('__proto__', 'x')], [pair('a', '2')]);
  const found = event('binary', rawBinary({ 'source.references': references })).source.references!;
  assert.is(Object.getPrototypeOf(found), null);
  assert.equal(Object.entries(found), [
    ['a', '2'],
    ['__proto__', 'x'],
  ]);
});

for (const size of [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
  test(`reads the size ${size.toString()} exactly`, () => {
    const found = event('binary', rawBinary({ 'entity.size': fixed(size) })).entity.size;
    const expected = size === 0n ? undefined : size < 2n ** 53n ? Number(size) : size;
    assert.is(found, expected);
  });
}

/** A double can't tell the odd microseconds of 1684 and 2255 apart. */
for (const micros of [
  MIN_MICROS,
  MAX_MICROS,
  0n,
  -1n,
  1n,
  2n ** 52n - 1n,
  2n ** 52n,
  -9007199254740993n,
  9007199254740993n,
  9007199254740995n,
]) {
  test(`reads the time ${micros.toString()} µs exactly`, () => {
    assert.is(event('binary', rawBinary({ timestamp: long(micros) })).timestamp, micros);
  });
}

for (const micros of [MIN_MICROS - 1n, MAX_MICROS + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
  test(`refuses the time ${micros.toString()} µs`, () => {
    assert.match(reason('binary', rawBinary({ timestamp: long(micros) })), /outside the years 1 to 9999/);
  });
}

test('reads a string of 1 048 576 bytes and refuses one of one more', () => {
  const limit = 1_048_576;
  assert.is(event('binary', rawBinary({ kafka_key: string('x'.repeat(limit)) })).kafka_key.length, limit);
  assert.is(event('binary', rawBinary({ 'entity.info': string(`"${'é'.repeat(limit / 2 - 1)}"`) })).entity.info!.length, limit / 2 + 1);
  for (const piece of ['kafka_key', 'entity.info'] as const) {
    assert.match(reason('binary', rawBinary({ [piece]: string('x'.repeat(limit + 1)) })), /string of 1048577 bytes, at most 1048576/);
  }
});

for (const [what, form, value, expected] of [
  ['a boolean of 2', 'binary', rawBinary({ flags: Buffer.from([0, 2, 0]) }), /boolean is neither 0 nor 1/],
  ['a runtime of NaN', 'status', rawStatus(rawBinary(), Number.NaN), /number NaN is not finite/],
  ['an infinite runtime', 'status', rawStatus(rawBinary(), Number.NEGATIVE_INFINITY), /number -Infinity is not finite/],
  ['negative retries', 'binary', rawBinary({ retries: long(-1) }), /integer -1 outside 0 to 2\^32 - 1/],
  ['too many retries', 'binary', rawBinary({ retries: long(2n ** 32n) }), /integer 4294967296 outside/],
  ['a string of negative length', 'binary', rawBinary({ kafka_key: long(-1) }), /string of -1 bytes/],
  ['a string of 2^63 - 1 bytes', 'binary', rawBinary({ kafka_key: long(2n ** 63n - 1n) }), /string of 9223372036854776000 bytes/],
  ['a block of 2^62 items', 'binary', rawBinary({ track_links: long(2n ** 62n) }), /block of 4611686018427388000 items but the data ends/],
  [
    'a block of -2^63 items',
    'binary',
    rawBinary({ track_links: Buffer.concat([long(-(2n ** 63n)), EMPTY]) }),
    /block of .* but the data ends/,
  ],
  ['more features than the rest can hold', 'binary', rawBinary({ 'entity.features': long(3) }), /block of 3 items but the data ends/],
  ['an integer of 11 bytes', 'binary', rawBinary({ timestamp: Buffer.alloc(11, 0xff) }), /integer longer than 10 bytes/],
  ['an integer of 70 bits', 'binary', rawBinary({ timestamp: Buffer.from('ffffffffffffffffff7f', 'hex') }), /more than 64 bits/],
  ['info with invalid UTF-8', 'binary', rawBinary({ 'entity.info': string(Buffer.from('{"a":"\xe9"}', 'latin1')) }), /no valid UTF-8/],
] as [string, Form, Buffer, RegExp][]) {
  test(`refuses ${what}`, () => {
    assert.match(reason(form, value), expected);
  });
}

test('refuses a retrohunt without entity, which has no JSON form', () => {
  const found = event('retrohunt', golden('v6/retrohunt/example1').avro);
  assert.match(reason('retrohunt', encodeEvent('retrohunt', { ...found, entity: '' })), /entity is empty/);
});

for (const [bytes, text] of [
  ['e282 41', '\ufffd\ufffdA'],
  ['ff', '\ufffd'],
  ['c3a9', 'é'],
  ['c3', '\ufffd'],
  ['c0af', '\ufffd\ufffd'],
  ['e08080', '\ufffd\ufffd\ufffd'],
  ['eda080', '\ufffd\ufffd\ufffd'],
  ['f09f98', '\ufffd\ufffd\ufffd'],
  ['f09f9880', '\u{1f600}'],
  ['f4908080', '\ufffd\ufffd\ufffd\ufffd'],
  ['efbfbd', '\ufffd'],
  ['efbfbd80', '\ufffd\ufffd'],
  ['61c3a962e2', 'aéb\ufffd'],
  ['efbbbf61', '\ufeffa'],
] as const) {
  test(`reads the string ${bytes} as Go does`, () => {
    const features = positiveBlocks([rawFeature(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))]);
    assert.is(event('binary', rawBinary({ 'entity.features': features })).entity.features[0]!.value, text);
  });
}

test('makes one U+FFFD of each invalid byte in long strings and large records as well', () => {
  const bytes = Buffer.concat([Buffer.alloc(20_000, 0x61), Buffer.from('e28241', 'hex')]);
  const features = positiveBlocks([rawFeature(bytes), rawFeature('plain')]);
  const found = event('binary', rawBinary({ 'entity.features': features })).entity.features;
  assert.is(found[0]!.value, 'a'.repeat(20_000) + '\ufffd\ufffdA');
  assert.is(found[1]!.value, 'plain');
});

for (const model of MODELS) {
  test(`never throws, hangs or accepts half of a ${model} record that is cut or altered`, () => {
    const records = goldens.filter((pair) => pair.model === model).map(({ avro }) => avro);
    fc.assert(
      fc.property(fc.constantFrom(...records), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (avro, at, byte, cut) => {
        const altered = Buffer.from(avro);
        altered[at % avro.length] = byte;
        const value = cut ? altered.subarray(0, at % avro.length) : altered;
        assert.ok(['event', 'malformed', 'tombstone'].includes(decoder.decode(model, value).kind));
      }),
      { numRuns: 500 },
    );
  });
}

test('gets through 10,000 buffers of garbage in time', () => {
  let seed = 1;
  const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
  const pool = Buffer.alloc(256 * 1024);
  for (let i = 0; i < pool.length; i++) pool[i] = random() * 256;
  const started = performance.now();
  for (let i = 0; i < 10_000; i++) {
    const from = Math.floor(random() * 190_000);
    const value = Buffer.from(pool.subarray(from, from + 1 + Math.floor(random() * 65_535)));
    value[0] = [0x08, 0x0a, 0x0c, 0x00, value[0]!][i % 5]!;
    decoder.decode(MODELS[i % MODELS.length]!, value);
  }
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});

test('reads a status for its results as it reads the whole of it', () => {
  const whole: StatusEvent = event('status', golden('v6/status/example1').avro);
  const input = { ...whole.entity.input, flags: { bypass_cache: true, expedite: false, retry: true } };
  const results = [event('binary', golden('v6/binary/extracted').avro), event('binary', golden('v6/binary/enriched').avro)];
  const status = { ...whole, entity: { ...whole.entity, input, results } };
  for (const version of [4, 5, 6] as const) {
    const upcast = event('status', encodeEvent('status', status, { version }));
    assert.equal(event('status-results', encodeEvent('status', status, { version })), {
      kafka_key: whole.kafka_key,
      timestamp: whole.timestamp,
      status: whole.entity.status,
      flags: { bypass_cache: true, expedite: false },
      results: upcast.entity.results,
    });
  }
});

test('skips an input in blocks without sizes, too, and refuses sizes that can’t be', () => {
  const features = positiveBlocks([rawFeature('a')], [rawFeature('b')]);
  const good = rawStatus(rawBinary({ 'entity.features': features }), 1);
  assert.is(event('status-results', good).status, 'completed');
  const beyond = Buffer.concat([long(-1), long(1_000_000), rawFeature('a'), EMPTY]);
  assert.match(reason('status-results', rawStatus(rawBinary({ 'entity.features': beyond }), 1)), /block of 1 items in 1000000 bytes/);
  const negative = Buffer.concat([long(-1), long(-50), rawFeature('a'), EMPTY]);
  assert.match(reason('status-results', rawStatus(rawBinary({ 'entity.features': negative }), 1)), /block of 1 items in -50 bytes/);
});

test('reads doubles as they are written', () => {
  assert.is(event('status', rawStatus(rawBinary(), 0.1)).entity.runtime, 0.1);
  assert.is(event('status', rawStatus(rawBinary(), 0)).entity.runtime, undefined);
  assert.equal(double(1).length, 8);
});

test.run();
