import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RecordLayout } from '../../../schemas/layout.js';
import { LAYOUTS, recordOf } from '../../../schemas/layout.js';
import { partOf } from '../../../schemas/parts.js';

const test = suite('parts of events');

/** Paths of the fields that a layout reads, and of those that it passes. */
function pathsOf({ fields, passed = [] }: RecordLayout, at = ''): { read: string[]; passed: string[] } {
  const inner = fields.map((field) =>
    field.record?.passed === undefined ? { read: [at + field.name], passed: [] } : pathsOf(recordOf(field), `${at}${field.name}.`),
  );
  return {
    read: inner.flatMap(({ read }) => read),
    passed: [...inner.flatMap((one) => one.passed), ...passed.map(({ name }) => at + name)],
  };
}

test('reads what is named, in the order of the layout, and passes the rest', () => {
  const part = partOf(LAYOUTS.delete, ['entity.ids.ids', 'author.name', 'kafka_key']);
  assert.equal(pathsOf(part), {
    read: ['kafka_key', 'author.name', 'entity.ids.ids'],
    passed: [
      ...['author.version', 'author.category', 'author.security'],
      ...['entity.reason', 'entity.submission', 'entity.author', 'entity.link'],
      ...['model_version', 'timestamp', 'action'],
    ],
  });
});

test('reads a field whole that is named whole, whichever way round', () => {
  for (const paths of [
    ['source.path', 'source.path.action'],
    ['source.path.action', 'source.path'],
  ]) {
    const source = recordOf(partOf(LAYOUTS.binary, paths).fields[0]!);
    assert.equal(source.fields, [
      recordOf(LAYOUTS.binary.fields.find(({ name }) => name === 'source')!).fields.find(({ name }) => name === 'path'),
    ]);
  }
});

test('refuses what is no field', () => {
  assert.throws(() => partOf(LAYOUTS.binary, ['entity.sha257']), /BinaryEntity has no field sha257/);
  assert.throws(() => partOf(LAYOUTS.binary, ['action.name']), /field action is no record/);
});

test.run();
