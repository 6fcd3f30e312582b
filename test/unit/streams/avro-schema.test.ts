import { readdirSync } from 'node:fs';
import avsc from 'avsc';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MODELS } from '../../../schemas/events.js';
import { LAYOUTS, type RecordLayout } from '../../../schemas/layout.js';
import { type AvroNode, type AvroRecord, parseSchema, schemaText } from '../../../streams/avro-schema.js';

const test = suite('avro-schema');

const AVRO_KINDS: Record<string, string> = {
  string: 'string',
  uint32: 'long',
  size: 'fixed',
  time: 'long',
  double: 'double',
  boolean: 'boolean',
  json: 'bytes',
  map: 'map',
  strings: 'array',
  record: 'record',
  records: 'array',
};

/** Lines `record.field kind` in wire order; also compares with the layout on the way. */
function compare(record: AvroRecord, layout: RecordLayout, extra: string[]): void {
  const known = record.fields.filter(({ name }) => layout.fields.some((field) => field.name === name));
  extra.push(...record.fields.filter((field) => !known.includes(field)).map(({ name }) => `${record.name}.${name}`));
  const missing = layout.fields.filter(({ name }) => !known.some((field) => field.name === name));
  extra.push(...missing.map(({ name }) => `-${record.name}.${name}`));
  const common = layout.fields.filter((field) => !missing.includes(field));
  assert.equal(
    known.map(({ name, type }) => `${name} ${type.kind}`),
    common.map(({ name, kind }) => `${name} ${AVRO_KINDS[kind]!}`),
    record.name,
  );
  common.forEach((field, i) => {
    const type: AvroNode = known[i]!.type;
    if (field.kind === 'time')
      assert.is((type as { logicalType?: string }).logicalType, 'timestamp-micros', `${record.name}.${field.name}`);
    if (field.kind === 'size') assert.is((type as { size: number }).size, 8);
    if (field.record === undefined) return;
    compare((type.kind === 'array' ? type.items : type) as AvroRecord, field.record, extra);
  });
}

const LEGACY = ['EventSourcePathNode.file_format_legacy', 'BinaryEntity.file_format_legacy', 'BinaryEntityDatastream.file_format_legacy'];

for (const model of MODELS) {
  test(`has ${model} in all versions, self-contained and readable for avsc`, () => {
    for (const version of [4, 5, 6] as const) avsc.Type.forSchema(JSON.parse(schemaText(model, version)) as avsc.Schema);
  });

  test(`lays out ${model} as the table of records does, older versions but for what spec 01 §6 lists`, () => {
    for (const version of [4, 5, 6] as const) {
      const extra: string[] = [];
      compare(parseSchema(schemaText(model, version)) as AvroRecord, LAYOUTS[model], extra);
      const allowed = version === 6 ? [] : version === 5 ? LEGACY : [...LEGACY, '-EventSource.settings'];
      assert.equal(
        extra.filter((line) => !allowed.includes(line)),
        [],
        `v${version}`,
      );
      if (model === 'binary') assert.is(new Set(extra).size, allowed.length, `v${version}`);
    }
  });
}

test('has file_format_legacy right before file_format', () => {
  const fields = (schema: AvroRecord, name: string): AvroNode => schema.fields.find((field) => field.name === name)!.type;
  const binary = parseSchema(schemaText('binary', 5)) as AvroRecord;
  const entity = fields(binary, 'entity') as AvroRecord;
  const stream = (fields(entity, 'datastreams') as { items: AvroNode }).items as AvroRecord;
  const node = (fields(fields(binary, 'source') as AvroRecord, 'path') as { items: AvroNode }).items as AvroRecord;
  for (const { name, fields: found } of [entity, stream, node]) {
    const names = found.map((field) => field.name);
    assert.is(names.indexOf('file_format') - names.indexOf('file_format_legacy'), 1, name);
  }
});

test('names the five fixed types as the spec does', () => {
  const names = [...schemaText('binary', 6).matchAll(/"fixed", "name": "(\w+)"/g)].map((match) => match[1]);
  assert.equal(names.sort(), ['datastream_offset', 'datastream_size', 'entity_size', 'feature_size', 'source_size']);
});

test('has one schema file for each kind and version and no other', () => {
  for (const version of ['v4', 'v5', 'v6']) {
    const files = readdirSync(new URL(`../../../schemas/${version}/`, import.meta.url)).sort();
    assert.equal(files, MODELS.map((model) => `${model}.avsc`).sort());
  }
});

test.run();
