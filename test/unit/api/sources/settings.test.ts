import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sourceAnswers } from '../../../../src/api/sources/settings.js';
import { readSources } from '../../../../src/config/sources.js';

const test = suite('sources as answered');

test('answers what is configured and what follows from it', () => {
  const configured = {
    icon_class: 'star',
    description: 'd',
    references: [{ name: 'r', required: true, description: 'rd', highlight: true, priority: false }],
    partition_unit: 'week',
    expire_events_after: '3 months',
    elastic: { number_of_shards: 1 },
    kafka: { numpartitions: 4, replicationfactor: 2, config: { 'segment.bytes': '1', 'retention.ms': '5', 'cleanup.policy': 'x' } },
    exclude_from_backup: true,
  };
  const { sources } = readSources('metastore_sources', { full: configured });
  assert.equal(sourceAnswers(sources), {
    full: {
      ...configured,
      kafka_config_full: { 'segment.bytes': '1', 'retention.ms': '7776000000', 'cleanup.policy': 'delete' },
      expire_events_ms: 7_776_000_000,
    },
  });
});

test('answers the same again for settings that were copied from an answer', () => {
  const first = sourceAnswers(readSources('metastore_sources', { s: { expire_events_after: '2 weeks' } }).sources);
  assert.equal(sourceAnswers(readSources('metastore_sources', first).sources), first);
});

test.run();
