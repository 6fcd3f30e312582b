import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldBinary } from '../../../../projections/binary/fold.js';
import { publishFault } from '../../../../projections/binary/publishable.js';
import { foldStatusResults, type StatusResults } from '../../../../projections/binary/status-results.js';
import { NO_TABLES } from '../../../../projections/removal/tables.js';
import type { BinaryEvent } from '../../../../schemas/events.js';
import { binaryKey, trackingFields } from '../../../../schemas/identity.js';
import { parseTime } from '../../../../schemas/time.js';
import { deepFrozen, NOW, recordOf, SETTINGS } from '../support.js';
import { author, binaryEvent, linkedEvent, node, stream } from './events.js';

const test = suite('results of statuses');

const TIME = parseTime('2026-03-01T00:09:00Z');

function results(list: readonly BinaryEvent[], status = 'completed') {
  const event: StatusResults = { kafka_key: 'status', timestamp: TIME, status, results: list };
  return foldStatusResults(deepFrozen(recordOf(event, { topic: 'azul.qa01.system.status', offset: 3 })), SETTINGS, NOW, NO_TABLES);
}

test('fold each result as the binary event that it is', () => {
  const result = linkedEvent('extracted', { event: { kafka_key: 'result' } });
  const folded = results([result]);
  const alone = foldBinary(recordOf(result), SETTINGS, NOW, NO_TABLES).writes[0]!;
  assert.equal(folded.refusals, []);
  const { contribution, ...write } = folded.writes[0]!;
  const { contribution: expected, ...document } = alone;
  assert.equal(write, document);
  assert.is(contribution.recordKey, 'status');
  assert.is(contribution.eventKey, 'result');
  assert.is(contribution.recordTimestamp, TIME);
  assert.is(contribution.timestamp, result.timestamp);
  assert.is(contribution.topic, 'azul.qa01.system.status');
  assert.is(expected.eventKey, 'result');
});

test('compute key and tracking fields where they are empty', () => {
  const bare = linkedEvent('extracted', { event: { kafka_key: '', track_source_references: '', track_links: [], track_authors: [] } });
  const write = results([bare]).writes[0]!;
  const tracking = trackingFields(bare.source);
  assert.is(write.contribution.eventKey, binaryKey(bare.source));
  assert.is(write.body['track_source_references'], tracking.track_source_references);
  assert.is(write.body['track_link'], tracking.track_links.at(-1));
  assert.is(write.body['track_author'], tracking.track_authors.at(-1));
});

for (const status of ['completed', 'completed-empty', 'completed-with-errors']) {
  test(`fold for ${status}`, () => assert.is(results([binaryEvent()], status).writes.length, 1));
}

for (const status of ['error-exception', 'heartbeat', 'dequeued', 'opt-out', 'download-requested']) {
  test(`do not fold for ${status}`, () => assert.equal(results([binaryEvent()], status), { writes: [], refusals: [], skips: [] }));
}

test('do not touch each other when one is refused or skipped', () => {
  const deep = binaryEvent({ event: { kafka_key: 'deep' }, source: { path: Array.from({ length: 12 }, () => node()) } });
  const folded = results([
    binaryEvent({ event: { kafka_key: 'a' } }),
    binaryEvent({ event: { kafka_key: 'b', action: 'x' } }),
    deep,
    binaryEvent({ source: { name: 'x' } }),
  ]);
  assert.equal(
    folded.writes.map((write) => write.contribution.eventKey),
    ['a'],
  );
  assert.equal(
    folded.refusals.map((refusal) => [refusal.eventKey, refusal.class]),
    [
      ['b', 'ValidationError'],
      ['key', 'BadSourceException'],
    ],
  );
  assert.equal(
    folded.skips.map(({ reason, eventKey }) => [reason, eventKey]),
    [['too-deep', 'deep']],
  );
});

test('are refused when the models would not read them', () => {
  const feature = { name: 'f', value: 'v', type: 'unknown', label: undefined, size: undefined, offset: undefined };
  const folded = results([binaryEvent({ entity: { features: [feature] } })]);
  assert.is(folded.refusals[0]?.class, 'ValidationError');
});

const FAULTS: readonly [string, BinaryEvent, RegExp | undefined][] = [
  ['a sourced binary', binaryEvent(), undefined],
  ['no author name', binaryEvent({ event: { author: author({ name: '' }) } }), /author\.name/],
  ['an unknown action', binaryEvent({ event: { action: 'x' } }), /action/],
  ['no source name', binaryEvent({ source: { name: '' } }), /source\.name/],
  ['an empty path', binaryEvent({ source: { path: [] } }), /source\.path is empty/],
  ['a node without hash', binaryEvent({ source: { path: [node({ sha256: '' })] } }), /path\[0\]\.sha256/],
  ['a node of unknown action', binaryEvent({ source: { path: [node({ action: 'x' })] } }), /path\[0\]\.action/],
  ['a node without author name', binaryEvent({ source: { path: [node({ author: author({ name: '' }) })] } }), /path\[0\]\.author\.name/],
  ['an enriched node that is not the last', binaryEvent({ source: { path: [node({ action: 'enriched' }), node()] } }), /last node/],
  [
    'an enriched last node',
    binaryEvent({ event: { action: 'enriched' }, entity: { datastreams: [] }, source: { path: [node(), node({ action: 'enriched' })] } }),
    undefined,
  ],
  ['an unknown stream label', binaryEvent({ entity: { datastreams: [stream(), stream({ label: 'x' })] } }), /label "x"/],
  ['an enriched binary with streams', binaryEvent({ event: { action: 'enriched' } }), /enriched event has datastreams/],
  ['a mapped binary with content', binaryEvent({ event: { action: 'mapped' } }), /mapped/],
  [
    'a mapped binary with other streams',
    binaryEvent({ event: { action: 'mapped' }, entity: { datastreams: [stream({ label: 'text' })] } }),
    undefined,
  ],
  ['a sourced binary without content', binaryEvent({ entity: { datastreams: [stream({ label: 'text' })] } }), /no content/],
  ['an augmented binary with content alone', binaryEvent({ event: { action: 'augmented' } }), /augmented/],
  [
    'an augmented binary with two labels',
    binaryEvent({ event: { action: 'augmented' }, entity: { datastreams: [stream(), stream({ label: 'text' })] } }),
    undefined,
  ],
];

for (const [what, event, fault] of FAULTS) {
  test(`the dispatcher would ${fault === undefined ? 'publish' : 'refuse'} ${what}`, () => {
    if (fault === undefined) assert.is(publishFault(event), undefined);
    else assert.match(publishFault(event) ?? '', fault);
  });
}

test.run();
