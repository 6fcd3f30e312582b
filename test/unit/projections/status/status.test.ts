import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DOWNLOAD_OUTCOMES, foldDownload } from '../../../../projections/download/project.js';
import type { PartitionUnit } from '../../../../projections/settings.js';
import { statusPartition } from '../../../../projections/status/partition.js';
import { foldStatus } from '../../../../projections/status/project.js';
import { DOWNLOAD_ACTIONS } from '../../../../schemas/enums.js';
import { parseTime } from '../../../../schemas/time.js';
import { downloadEvent, statusEvent } from '../../../helpers/system-records.js';
import { author, binaryEvent, node } from '../binary/events.js';
import { deepFrozen, onlyBody, recordOf, SETTINGS } from '../support.js';

const test = suite('status documents');

type Json = Record<string, unknown>;

/** Of no source that is configured. */
const SOURCE = { ...binaryEvent().source, name: 'unconfigured', path: [] };

test('shows status, times with offset, and of the input the hash alone', () => {
  const record = deepFrozen(
    recordOf(statusEvent({}, { runtime: 1.5, message: 'm', results: [binaryEvent()] }, { entity: { sha256: 'AA01' } })),
  );
  const result = foldStatus(record, SETTINGS);
  assert.equal(onlyBody(result), {
    model_version: 6,
    timestamp: '2026-03-01T00:00:00.250000+00:00',
    author: { category: 'plugin', name: 'p', version: '1', security: 'LOW' },
    entity: { status: 'completed', runtime: 1.5, message: 'm', input: { entity: { sha256: 'AA01' } } },
    security: 'LOW',
    encoded_security: { exclusive: ['s-low'], inclusive: ['s-any'], markings: ['s-any'], num_exclusive: 1 },
    encoded: { author: 'p.plugin.1' },
  });
  const { index, id, routing } = result.writes[0]!;
  assert.equal([index, id, routing], ['azul.o.bench.status.2026-03-w09', 'st', undefined]);
  assert.equal(foldStatus(record, SETTINGS), result);
});

test('keeps empty texts and zeros, leaves absent ones out', () => {
  const body = onlyBody(
    foldStatus(
      recordOf(
        statusEvent({ author: author({ version: undefined }) }, { runtime: 0, error: '', message: '' }, { entity: { sha256: undefined } }),
      ),
      SETTINGS,
    ),
  ) as Json;
  assert.equal(body['entity'], { status: 'completed', runtime: 0, error: '', message: '', input: { entity: {} } });
  assert.equal(body['encoded'], { author: 'bob.user.' });
});

test('goes where the labels of author, source and path together belong', () => {
  const input = {
    source: { name: 'unconfigured', security: 'LOW', path: [node({ author: author({ security: 'MEDIUM' }) })] },
    event: { track_authors: [], track_source_references: '' },
  };
  const result = foldStatus(recordOf(statusEvent({}, {}, input)), SETTINGS);
  assert.is((onlyBody(result) as Json)['security'], 'MEDIUM');
  assert.is(result.writes[0]!.index, 'azul.x.bench.status.2026-03-w09');
});

test('refuses an author without category, unlike one with an empty one', () => {
  assert.is(foldStatus(recordOf(statusEvent({ author: author({ category: undefined }) })), SETTINGS).refusals[0]?.class, 'KeyError');
  assert.is(foldStatus(recordOf(statusEvent({ author: author({ category: '' }) })), SETTINGS).writes.length, 1);
});

test('refuses labels that do not parse and keys that are too long', () => {
  assert.is(
    foldStatus(recordOf(statusEvent({ author: author({ security: 'FOO' }) })), SETTINGS).refusals[0]?.class,
    'SecurityParseException',
  );
  assert.is(foldStatus(recordOf(statusEvent({ kafka_key: 'k'.repeat(513) })), SETTINGS).refusals[0]?.class, 'ValueError');
});

test('claims its document by key alone', () => {
  const { contribution } = foldStatus(recordOf(statusEvent()), SETTINGS).writes[0]!;
  assert.is(contribution.source, undefined);
  assert.equal(
    contribution.tokens.map((token) => token[0]),
    ['e', 'r'],
  );
});

test('shows every download action as a status', () => {
  const shown = DOWNLOAD_ACTIONS.map((action) => {
    const { entity } = onlyBody(foldDownload(recordOf(downloadEvent({ action, source: SOURCE })), SETTINGS)) as {
      entity: { status: string; message: string };
    };
    return [action, entity.status, entity.message.slice(0, 24)];
  });
  assert.equal(shown, [
    ['requested', 'download-requested', 'Download was requested a'],
    ['success', 'completed', 'Download has successfull'],
    ['failed', 'error-exception', 'The download request has'],
    ['failed-not-found', 'opt-out', 'Download was attempted b'],
    ['skipped-already-present', 'opt-out', 'Download was skipped bec'],
  ]);
  assert.is(DOWNLOAD_OUTCOMES.size, DOWNLOAD_ACTIONS.length);
});

test('shows a download author with all four fields and combines its labels with the source', () => {
  const event = downloadEvent({
    author: author({ name: 'u', version: '2', category: 'c', security: 'low' }),
    source: { ...binaryEvent().source, security: 'MEDIUM' },
  });
  const result = foldDownload(deepFrozen(recordOf(event)), SETTINGS);
  const body = onlyBody(result) as Json;
  assert.equal(body['author'], { security: 'LOW', category: 'c', name: 'u', version: '2' });
  assert.equal(body['encoded'], { author: 'u.c.2' });
  assert.is(body['security'], 'MEDIUM');
  assert.is(result.writes[0]!.index, 'azul.x.bench.status.2026-03-w09');
});

test('refuses a download action that is none', () => {
  assert.is(foldDownload(recordOf(downloadEvent({ action: 'x', source: SOURCE })), SETTINGS).refusals[0]?.class, 'ValidationError');
});

const PARTITIONS: readonly [string, PartitionUnit, string][] = [
  ['2025-12-31T23:30:00+00:00', 'week', '2025-12-w53'],
  ['2026-01-01T00:00:00Z', 'week', '2026-01-w01'],
  ['2026-01-01T05:00:00+10:00', 'week', '2025-12-w53'],
  ['2026-01-07T00:00:00Z', 'week', '2026-01-w01'],
  ['2026-01-08T00:00:00Z', 'week', '2026-01-w02'],
  ['2026-01-29T00:00:00Z', 'week', '2026-01-w05'],
  ['2026-02-01T00:00:00Z', 'week', '2026-02-w05'],
  ['2026-12-30T00:00:00Z', 'week', '2026-12-w52'],
  ['2026-12-31T00:00:00Z', 'week', '2026-12-w53'],
  ['2024-12-31T00:00:00Z', 'week', '2024-12-w53'],
  ['2024-03-04T00:00:00Z', 'week', '2024-03-w10'],
  ['1900-03-04T00:00:00Z', 'week', '1900-03-w09'],
  ['2000-03-04T00:00:00Z', 'week', '2000-03-w10'],
  ['2026-03-01T00:00:00Z', 'year', '2026'],
  ['2026-03-01T00:00:00Z', 'month', '2026-03'],
  ['2026-03-01T00:00:00Z', 'day', '2026-03-01'],
  ['2026-03-01T00:00:00Z', 'all', 'all'],
];

for (const [time, unit, expected] of PARTITIONS) {
  test(`puts ${time} by ${unit} into ${expected}`, () => assert.is(statusPartition(parseTime(time), unit), expected));
}

test('tells which statuses may stand in an index of an earlier time: those whose task began there', () => {
  const moved = (dequeued: string | undefined, unit: PartitionUnit = 'week'): boolean | undefined => {
    const event = statusEvent({ timestamp: parseTime('2026-03-08T00:00:01Z') }, {}, { event: { dequeued } });
    return foldStatus(recordOf(event), { ...SETTINGS, statusPartitionUnit: unit }).writes[0]!.moved;
  };
  const at = (text: string): string => `k.p.1.${String(Number(parseTime(text)) / 1e6)}`;
  assert.is(moved(at('2026-03-05T00:00:00Z')), undefined, 'the same week: day 64 and day 67');
  assert.is(moved(at('2026-03-04T23:59:59Z')), true, 'the week before: day 63');
  assert.is(moved(at('2026-03-04T23:59:59Z'), 'month'), undefined);
  assert.is(moved(at('2026-02-28T23:59:59Z'), 'month'), true);
  assert.is(moved(at('2026-02-28T23:59:59Z'), 'all'), undefined);
  for (const odd of [undefined, '', 'k.p.1.', 'k.p.1.x', 'k.p.1.9999999999999']) assert.is(moved(odd), undefined);
});

test.run();
