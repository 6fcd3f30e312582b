import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSources } from '../../../src/config/sources.js';
import { duration } from '../../../src/config/values.js';

const test = suite('source settings');
const read = (sources: object) => readSources('metastore_sources', sources);
const DAY = 86_400_000;

test('fills in the defaults', () => {
  assert.equal(read({ s1: {} }).sources.get('s1'), {
    name: 's1',
    iconClass: 'bug',
    description: '',
    references: [],
    priorityReferences: [],
    partitionUnit: 'year',
    expireAfterMs: -1,
    expireEventsAfter: '0',
    elastic: {},
    kafka: { numPartitions: 0, replicationFactor: 0, config: {} },
    excludeFromBackup: false,
  });
});

test('reads every field', () => {
  const { sources, warnings } = read({
    s1: {
      icon_class: 'fire',
      description: 'd',
      references: [
        { name: 'b', required: 'true', description: 'x' },
        { name: 'a', required: false, description: 'x', priority: true, highlight: true },
        { name: 'c', required: false, description: 'x', priority: false },
      ],
      partition_unit: 'month',
      expire_events_after: '2 weeks',
      elastic: { number_of_shards: 1 },
      kafka: { numpartitions: 4, replicationfactor: '2', config: { 'segment.bytes': 1024 } },
      exclude_from_backup: true,
      expire_events_ms: 5,
      kafka_config_full: {},
    },
  });
  const source = sources.get('s1')!;
  assert.equal(source.priorityReferences, ['a', 'b']);
  assert.equal(source.references[0], { name: 'b', required: true, description: 'x', highlight: false, priority: true });
  assert.is(source.expireAfterMs, 14 * DAY);
  assert.equal(source.kafka, { numPartitions: 4, replicationFactor: 2, config: { 'segment.bytes': '1024' } });
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /s1\.elastic has no effect/);
});

test('reads durations by the grammar of the platform', () => {
  for (const [text, ms] of [
    ['0', -1],
    ['1 days', DAY],
    ['2 weeks', 1_209_600_000],
    ['3 months', 7_776_000_000],
    ['10 years', 3650 * DAY],
  ] as const) {
    assert.is(duration('d', text), ms, text);
  }
  for (const text of [
    '',
    '3 month',
    '1 day',
    '3  days',
    ' 3 days',
    '3 days ',
    '+3 days',
    '-1 days',
    '0 days',
    '1.5 days',
    '1_0 days',
    '03 days',
    '1000000 days',
    '3 Days',
    '٣ days',
    'never',
  ]) {
    assert.throws(() => duration('d', text), /expected "0" or/, text);
  }
  assert.throws(() => duration('d', 0), /expected "0" or/);
});

const WRONG: readonly (readonly [sources: object, message: RegExp])[] = [
  [{ s1: { expire_events: '1 days' } }, /metastore_sources\.s1\.expire_events: unknown key, did you mean "expire_events_after"\?/],
  [{ s1: { expire_events_after: '1 day' } }, /metastore_sources\.s1\.expire_events_after: "1 day"/],
  [{ s1: { references: [{ name: 'a', required: true }] } }, /references\[0\]\.description: missing/],
  [{ s1: { references: [{ name: 'a', required: true, description: 'x', prio: true }] } }, /prio: unknown key, did you mean "priority"/],
  [{ s1: { references: {} } }, /expected a list of references/],
  [{ s1: { partition_unit: 'hour' } }, /partition_unit: "hour"/],
  [{ s1: { kafka: { partitions: 3 } } }, /kafka\.partitions: unknown key/],
  [{ s1: { kafka: { numpartitions: -1 } } }, /numpartitions: -1/],
  [{ s1: 'x' }, /metastore_sources\.s1/],
  [{ a: {} }, /hexadecimal digit/],
  [{ 7: {} }, /hexadecimal digit/],
  [{ 'a.b': {} }, /letters, digits/],
];

for (const [sources, message] of WRONG) {
  test(`refuses ${JSON.stringify(sources)}`, () => {
    assert.throws(() => read(sources), message);
  });
}

test('accepts names of two hexadecimal digits and of one other letter', () => {
  assert.is(read({ ab: {}, z: {}, A: {} }).sources.size, 3);
});

test.run();
