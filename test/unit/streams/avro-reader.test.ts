import avsc from 'avsc';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DownloadEvent, type PluginEvent, ZERO_TIME } from '../../../schemas/events.js';
import { LAYOUTS } from '../../../schemas/layout.js';
import { Cursor } from '../../../streams/avro-cursor.js';
import { compileReader } from '../../../streams/avro-reader.js';
import { parseSchema } from '../../../streams/avro-schema.js';
import { long, positiveBlocks, string } from './raw-avro.js';

const test = suite('avro-reader: schemas of others');

const author = { type: 'record', name: 'Author', fields: [{ name: 'name', type: 'string' }] };

/** Write with avsc by the foreign schema, read with our reader. */
function read(schema: object, value: object, model: 'plugin' | 'download' = 'plugin'): unknown {
  const bytes = avsc.Type.forSchema(schema as avsc.Schema).toBuffer(value);
  const cursor = new Cursor();
  cursor.reset(bytes, 0);
  const event = compileReader(parseSchema(JSON.stringify(schema)), LAYOUTS[model])(cursor);
  assert.is(cursor.pos, bytes.length);
  return event;
}

function compile(fields: object[]): () => unknown {
  return () => compileReader(parseSchema(JSON.stringify({ type: 'record', name: 'X', fields })), LAYOUTS.plugin);
}

test('finds fields by name whatever their order, and skips what it does not know', () => {
  const everything = {
    type: 'record',
    name: 'Extra',
    namespace: 'org.example',
    fields: [
      { name: 'a', type: 'boolean' },
      { name: 'b', type: 'double' },
      { name: 'c', type: 'float' },
      { name: 'd', type: { type: 'enum', name: 'E', symbols: ['X', 'Y'] } },
      { name: 'e', type: { type: 'map', values: { type: 'array', items: 'long' } } },
      { name: 'f', type: { type: 'array', items: { type: 'fixed', name: 'F', size: 3 } } },
      { name: 'g', type: ['null', 'string', { type: 'map', values: 'bytes' }] },
      { name: 'h', type: 'null' },
      { name: 'i', type: ['null', 'Extra'] },
    ],
  };
  const schema = {
    type: 'record',
    name: 'Mine',
    namespace: 'org.example',
    fields: [
      { name: 'extra', type: everything },
      {
        name: 'entity',
        type: {
          type: 'record',
          name: 'Entity',
          fields: [
            { name: 'more', type: 'Extra' },
            { name: 'name', type: 'string' },
          ],
        },
      },
      { name: 'author', type: author },
      { name: 'kafka_key', type: 'string' },
      { name: 'last', type: 'org.example.E' },
    ],
  };
  const inner = { a: true, b: 1.5, c: 2.5, d: 'Y', e: { k: [1, 2] }, f: [Buffer.from('abc')], g: 's', h: null, i: null };
  const extra = { ...inner, i: inner };
  const value = { extra, entity: { more: inner, name: 'entity name' }, author: { name: 'me' }, kafka_key: 'k', last: 'X' };
  const event = read(schema, value) as PluginEvent;
  assert.is(event.kafka_key, 'k');
  assert.is(event.author.name, 'me');
  assert.is(event.entity.name, 'entity name');
});

test('fills what the writer lacks with zero values, in the same shape', () => {
  const event = read({ type: 'record', name: 'X', fields: [{ name: 'kafka_key', type: 'string' }] }, { kafka_key: 'k' });
  assert.equal(event, {
    model_version: 6,
    kafka_key: 'k',
    timestamp: ZERO_TIME,
    author: { name: '', version: undefined, category: undefined, security: undefined },
    entity: {
      name: '',
      version: undefined,
      category: undefined,
      contact: undefined,
      description: undefined,
      features: [],
      security: undefined,
      config: undefined,
    },
  });
});

test('reads unions with null, null being zero', () => {
  const nullable = (name: string, type: unknown): object => ({ name, type: ['null', type] });
  const entity = {
    type: 'record',
    name: 'Entity',
    fields: [
      nullable('name', 'string'),
      nullable('version', 'string'),
      nullable('config', { type: 'map', values: ['null', 'string'] }),
      nullable('features', {
        type: 'array',
        items: {
          type: 'record',
          name: 'F',
          fields: [nullable('name', 'string'), { name: 'tags', type: { type: 'array', items: 'string' } }],
        },
      }),
    ],
  };
  const schema = { type: 'record', name: 'X', fields: [nullable('author', author), { name: 'entity', type: [entity, 'null'] }] };
  const full = read(schema, {
    author: { name: 'me' },
    entity: { name: 'n', version: null, config: { a: 'b', c: null }, features: [{ name: 'f', tags: ['t'] }] },
  }) as PluginEvent;
  assert.is(full.author.name, 'me');
  assert.equal({ ...full.entity.config }, { a: 'b', c: '' });
  assert.equal(full.entity.features, [{ name: 'f', type: '', desc: undefined, tags: ['t'] }]);
  assert.is(full.entity.version, undefined);
  const empty = read(schema, { author: null, entity: null }) as PluginEvent;
  assert.is(empty.author.name, '');
  assert.equal(empty.entity.features, []);
});

test('promotes int, float, bytes and integer sizes, and reads times in milliseconds', () => {
  const node = {
    type: 'record',
    name: 'N',
    fields: [
      { name: 'size', type: 'long' },
      { name: 'sha256', type: 'bytes' },
    ],
  };
  const source = { type: 'record', name: 'S', fields: [{ name: 'path', type: { type: 'array', items: node } }] };
  const entity = {
    type: 'record',
    name: 'D',
    fields: [
      { name: 'category_quota', type: 'int' },
      { name: 'metadata', type: 'string' },
    ],
  };
  const schema = {
    type: 'record',
    name: 'X',
    fields: [
      { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'source', type: source },
      { name: 'entity', type: entity },
    ],
  };
  const value = {
    timestamp: 1500,
    source: { path: [{ size: 12345678901, sha256: Buffer.from('aa') }] },
    entity: { category_quota: 3, metadata: '{"a":1}' },
  };
  const event = read(schema, value, 'download') as DownloadEvent;
  assert.is(event.timestamp, 1_500_000n);
  assert.is(event.source.path[0]!.size, 12345678901);
  assert.is(event.source.path[0]!.sha256, 'aa');
  assert.is(event.entity.category_quota, 3);
  assert.is(event.entity.metadata, '{"a":1}');
});

for (const [what, fields, message] of [
  ['a string where a record is wanted', [{ name: 'author', type: 'string' }], /field author: string can't be read as record/],
  ['a string where a time is wanted', [{ name: 'timestamp', type: 'string' }], /field timestamp: string can't be read as time/],
  ['a long where a string is wanted', [{ name: 'kafka_key', type: 'long' }], /field kafka_key: long can't be read as string/],
  ['an array of nulls, which could be claimed to be of any length', [{ name: 'x', type: { type: 'array', items: 'null' } }], /no bytes/],
  ['a type that is not defined', [{ name: 'x', type: 'Nowhere' }], /type "Nowhere" is not defined/],
] as [string, object[], RegExp][]) {
  test(`refuses a schema with ${what}`, () => {
    assert.throws(compile(fields), message);
  });
}

for (const text of ['"string"', '{"type":"array","items":"string"}']) {
  test(`refuses the schema ${text}, which is no record`, () => {
    assert.throws(() => compileReader(parseSchema(text), LAYOUTS.plugin), /expected a record/);
  });
}

for (const text of [
  '7',
  '{"type":"record","fields":[]}',
  '{"type":"record","name":"X"}',
  '{"type":"fixed","name":"F"}',
  '{"type":"record","name":"X","fields":[1]}',
]) {
  test(`refuses ${text}, which is no schema`, () => {
    assert.throws(() => parseSchema(text), /is no|has no/);
  });
}

test('fails on a branch that the union does not have', () => {
  const schema = { type: 'record', name: 'X', fields: [{ name: 'kafka_key', type: ['null', 'string'] }] };
  const cursor = new Cursor();
  cursor.reset(Buffer.concat([long(2), string('x')]), 0);
  const reader = compileReader(parseSchema(JSON.stringify(schema)), LAYOUTS.plugin);
  assert.throws(() => reader(cursor), /no such branch/);
});

test('puts no text of a schema into code', () => {
  const name = "x'); globalThis.hacked = true; ('";
  const schema = {
    type: 'record',
    name,
    fields: [
      { name, type: { type: 'enum', name: 'E', symbols: [name] } },
      { name: 'kafka_key', type: 'string' },
    ],
  };
  const reader = compileReader(parseSchema(JSON.stringify(schema)), LAYOUTS.plugin);
  const cursor = new Cursor();
  cursor.reset(Buffer.concat([long(0), string('k')]), 0);
  assert.is((reader(cursor) as PluginEvent).kafka_key, 'k');
  assert.not.ok('hacked' in globalThis);
});

test('bounds what a schema that contains itself can do', () => {
  const schema = {
    type: 'record',
    name: 'X',
    fields: [
      { name: 'x', type: { type: 'array', items: 'X' } },
      { name: 'y', type: ['null', 'X'] },
    ],
  };
  const reader = compileReader(parseSchema(JSON.stringify(schema)), LAYOUTS.plugin);
  const cursor = new Cursor();
  cursor.reset(Buffer.concat([positiveBlocks(), Buffer.alloc(1_000_000, 2)]), 0);
  assert.throws(
    () => reader(cursor),
    (error: Error) => error.name === 'MalformedError' || error instanceof RangeError,
  );
});

test.run();
