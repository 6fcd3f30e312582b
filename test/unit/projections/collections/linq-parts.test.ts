/** What a compiled query reads of its events. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileCollection } from '../../../../projections/collections/collection.js';
import { compileQuery } from '../../../../projections/collections/linq/index.js';
import { tableNamed } from '../../../../projections/collections/tables/index.js';
import type { EventRow } from '../../../../projections/collections/types.js';

const test = suite('LINQ: what is read of events');

/** Parts beyond those that judge the events of the table. */
function own(query: string, wanted?: ReadonlySet<string>): string[] | undefined {
  const { table, parts } = compileQuery(query, tableNamed, wanted);
  return parts?.filter((part) => !table.parts!.includes(part)).sort();
}

for (const [query, expected] of [
  ['from azul.status select sha256', ['entity.input.entity.sha256']],
  ['from azul.status where runtime > 2 select status', ['entity.runtime']],
  ['from azul.binary select upper(mime) as sha256, sha256 as x', ['entity.mime', 'entity.sha256']],
  ['from azul.binary select mime as magic where magic = "x" select key', ['entity.mime']],
  ['from azul.binary select feature("a") as a', ['entity.features.name', 'entity.features.value']],
  ['from azul.binary where has_feature("a") select key', ['entity.features.name', 'entity.features.value']],
  ['from azul.binary select ref("a") as a', ['source.references']],
  ['from azul.feature group every 1h by feature.name select count() as c, max(size) as s', ['entity.features.name', 'entity.size']],
  ['from azul.plugin select plugin.name', undefined],
] as [string, string[] | undefined][]) {
  test(query, () => assert.equal(own(query), expected));
}

test('of columns that the query does not name only those that matter', () => {
  assert.ok(own('from azul.binary')!.length > 20);
  assert.equal(own('from azul.binary', new Set(['sha256'])), ['entity.sha256']);
  assert.equal(own('from azul.binary where size > 3 select *', new Set(['mime'])), ['entity.mime', 'entity.size']);
});

test('the columns that make keys and values matter', () => {
  const fields = {
    redisKeyBase: 'b',
    expireIn: 1,
    keyFields: [{ name: 'kafka.topic', type: 'str' as const }],
    valueFields: [{ name: 'kafka.offset', type: 'int8' as const }],
    keyHash: 'md5' as const,
  };
  const collection = compileCollection({ ...fields, query: 'from azul.binary' });
  const { body } = collection.query;
  if (body.kind !== 'plain') throw new Error(body.kind);
  const event = { kafka_key: 'k' };
  const values = body.evaluate({
    topic: 't',
    partition: 1,
    offset: 7,
    event,
    eventdate: 5,
    micros: 5_000n,
    feature: 0,
  } as unknown as EventRow);
  assert.is(collection.row(values!, 1).value, '[5,1,7]');
});

test.run();
