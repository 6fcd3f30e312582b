/** Decoding a part of an event: it is that part of the whole, and exactly those records can be read whose whole can be. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tableNamed } from '../../../projections/collections/tables/index.js';
import type { Model } from '../../../schemas/events.js';
import type { RecordLayout } from '../../../schemas/layout.js';
import { LAYOUTS, recordOf } from '../../../schemas/layout.js';
import { partOf } from '../../../schemas/parts.js';
import { validateEvent } from '../../../schemas/validate.js';
import { createDecoder, type DecodeOutcome } from '../../../streams/decode.js';
import { encodeEvent, encodeFramed } from '../../../streams/encode.js';
import { schemaText } from '../../../streams/avro-schema.js';
import { arbitraryEvent } from '../schemas/arbitrary-event.js';
import { goldens } from '../schemas/golden.js';
import { EMPTY, long, negativeBlocks, rawBinary, rawFeature, string } from './raw-avro.js';

const test = suite('decode: parts');

const decoder = createDecoder({
  registry: {
    cached: () => ({ kind: 'schema', schema: schemaText('binary', 4) }),
    fetch: () => Promise.reject(new Error('not asked for')),
    register: () => Promise.reject(new Error('not asked for')),
  },
});
const MODELS = ['binary', 'status'] as const;
type Pruned = (typeof MODELS)[number];

const JUDGED: Record<Pruned, RecordLayout> = {
  binary: partOf(LAYOUTS.binary, tableNamed('azul.binary')!.parts!),
  status: partOf(LAYOUTS.status, tableNamed('azul.status')!.parts!),
};
const PARTS: Record<Pruned, readonly RecordLayout[]> = {
  binary: [
    JUDGED.binary,
    ...[
      ['kafka_key'],
      ['model_version', 'source.references', 'entity.size'],
      ['entity.features', 'flags.retry', 'source.path.relationship'],
    ].map((paths) => partOf(LAYOUTS.binary, paths)),
  ],
  status: [JUDGED.status, partOf(LAYOUTS.status, ['entity.runtime', 'entity.results.source.settings', 'author'])],
};

/** What of a decoded value a layout reads. */
function pruned(value: unknown, { fields, passed }: RecordLayout): unknown {
  if (passed === undefined) return value;
  return Object.fromEntries(
    fields.map((field) => {
      const inner = (value as Record<string, unknown>)[field.name];
      if (field.record === undefined) return [field.name, inner];
      const record = recordOf(field);
      return [field.name, Array.isArray(inner) ? inner.map((item) => pruned(item, record)) : pruned(inner, record)];
    }),
  );
}

function checked(model: Pruned, value: Buffer): DecodeOutcome<unknown>['kind'] {
  const whole = decoder.decode<Model>(model, value);
  for (const part of PARTS[model]) {
    const outcome = decoder.decode<Model>(model, value, part);
    assert.equal(outcome, whole.kind === 'event' ? { ...whole, event: pruned(whole.event, part) } : whole);
  }
  return whole.kind;
}

test('golden events of all versions, raw and framed', () => {
  let count = 0;
  for (const { model, avro, name } of goldens) {
    if (model !== 'binary' && model !== 'status') continue;
    assert.is(checked(model, avro), 'event', name);
    checked(model, encodeFramed(7, avro));
    count++;
  }
  assert.ok(count > 5);
});

test('a schema of another one', () => {
  const { avro } = goldens.find(({ model, version }) => model === 'binary' && version === 4)!;
  assert.is(checked('binary', encodeFramed(7, avro)), 'event');
  // Its fields are of other records; what a status lacks there is zero.
  assert.is(checked('status', encodeFramed(7, avro)), 'event');
});

test('blocks that tell a size are looked into', () => {
  const bad = Buffer.concat([string('n'), string('v'), string('float'), long(2_000_000), Buffer.alloc(30)]);
  for (const [features, kind] of [
    [negativeBlocks([rawFeature('a'), rawFeature('b')]), 'event'],
    [negativeBlocks([bad]), 'malformed'],
    [EMPTY, 'event'],
  ] as const) {
    assert.is(checked('binary', rawBinary({ 'entity.features': features })), kind);
  }
});

for (const model of MODELS) {
  test(`any ${model} event, and whatever becomes of its bytes`, () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 2, 0x80, 0xff))), { maxLength: 3 });
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(arbitraryEvent(model), damage, fc.option(fc.nat()), (event, changes, cut) => {
        const value = Buffer.from(encodeEvent<Model>(model, event));
        for (const [at, byte] of changes) value[at % value.length] = byte;
        const kind = checked(model, cut === null ? value : value.subarray(0, cut % value.length));
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }),
      { numRuns: 1_500 },
    );
    assert.ok(kinds.get('event')! > 100 && kinds.get('malformed')! > 100, JSON.stringify([...kinds]));
  });

  test(`the part of ${model} events that is judged is enough to validate them`, () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(arbitraryEvent(model), (event) => {
        const value = encodeEvent<Model>(model, event);
        const [whole, part] = [decoder.decode(model, value), decoder.decode(model, value, JUDGED[model])];
        if (whole.kind !== 'event' || part.kind !== 'event') throw new Error('does not decode');
        const reason = validateEvent<Model>(model, whole.event);
        assert.is(validateEvent<Model>(model, part.event), reason);
        reasons.add(reason?.replace(/\[\d+\]|:.*/gs, '') ?? 'valid');
      }),
      { numRuns: 1_000 },
    );
    assert.ok(reasons.size > 1, [...reasons].join());
  });
}

test.run();
