/** Random events of every kind, made from the table of layouts: any string, size, time and JSON text that the wire can carry. */
import fc from 'fast-check';
import type { EventByModel, Model, StringMap } from '../../../schemas/events.js';
import type { FieldLayout, RecordLayout } from '../../../schemas/layout.js';
import { LAYOUTS, recordOf } from '../../../schemas/layout.js';
import { MAX_MICROS, MIN_MICROS } from '../../../schemas/time.js';

const text = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ minLength: 100, maxLength: 700 }),
);
const key = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('__proto__', 'constructor', '1', 'é'));
const size = fc
  .oneof(fc.nat(), fc.bigInt(0n, 0xffffffffffffffffn), fc.constantFrom(0n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n))
  .map((n) => (BigInt(n) <= Number.MAX_SAFE_INTEGER ? Number(n) : BigInt(n)));
const time = fc.oneof(fc.bigInt(MIN_MICROS, MAX_MICROS), fc.bigInt(0n, 2n ** 51n), fc.constantFrom(MIN_MICROS, MAX_MICROS, 0n, -1n));
const map = fc.array(fc.tuple(key, text), { maxLength: 5 }).map((pairs) => {
  const result = Object.create(null) as StringMap;
  for (const [name, value] of pairs) result[name] = value;
  return result;
});

function value(field: FieldLayout, depth: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'string':
      return text;
    case 'json':
      return fc.json({ maxDepth: 2 });
    case 'uint32':
      return field.name === 'model_version' ? fc.constant(6) : fc.nat({ max: 0xffffffff });
    case 'size':
      return size;
    case 'time':
      return time;
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'map':
      return map;
    case 'strings':
      return fc.array(text, { maxLength: 4 });
    case 'record':
      return record(recordOf(field), depth + 1);
    case 'records':
      return fc.array(record(recordOf(field), depth + 1), { maxLength: Math.max(1, 4 - depth) });
  }
}

/** As the decoder holds it: zero is `undefined` where the layout says so. */
function absentIfZero(field: FieldLayout, member: unknown): unknown {
  if (!field.absent) return member;
  const empty = member === '' || member === 0 || (field.kind === 'map' && Object.keys(member as StringMap).length === 0);
  return empty ? undefined : member;
}

function record(layout: RecordLayout, depth: number): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .tuple(...layout.fields.map((field) => value(field, depth)))
    .map((members) => Object.fromEntries(layout.fields.map((field, i) => [field.name, absentIfZero(field, members[i])])));
}

/** Any event of a model, as a decoder would return it. */
export function arbitraryEvent<M extends Model>(model: M): fc.Arbitrary<EventByModel[M]> {
  return record(LAYOUTS[model], 0) as unknown as fc.Arbitrary<EventByModel[M]>;
}
