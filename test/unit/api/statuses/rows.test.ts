/** Which rows the statuses of a binary have, and which of several for one plugin counts (spec 04 §6.9). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Registration } from '../../../../src/api/plugin-model.js';
import { binaryStatuses } from '../../../../src/api/statuses/binary.js';
import { downloadStatuses } from '../../../../src/api/statuses/download.js';
import { statusEvent, type StatusEvent } from '../../../../src/api/statuses/status-event.js';

const test = suite('rows of statuses');

const NOW = Date.parse('2026-03-01T00:10:00Z');
const sha256 = 'ab'.repeat(32);

function told(name: string, version: string | null, status: string, timestamp = '2026-03-01T00:00:00+00:00'): StatusEvent {
  const document = {
    timestamp,
    author: { name, version, category: 'plugin' },
    security: 'LOW',
    entity: { status, input: { entity: { sha256 } } },
  };
  return statusEvent(document, 0);
}

function registered(name: string, version: string, security = 'LOW'): Registration {
  const named = { name, version, category: 'plugin' };
  return { timestamp: '2026-03-01T00:00:00Z', author: named, entity: named, security };
}

const rows = (events: readonly StatusEvent[]): string[] =>
  events.map(({ author: { name, version }, entity: { status } }) => `${name} ${version ?? 'none'} ${status}`);

const alone = (found: readonly StatusEvent[]): readonly StatusEvent[] =>
  binaryStatuses({ sha256, registrations: [], simulation: undefined, found, now: NOW });

test('sorts by lower-cased name, then by version', () => {
  const found = [
    told('b', '1', 'completed'),
    told('B', '1', 'completed'),
    told('a', '2', 'completed'),
    told('C', '1', 'completed'),
    told('a', '10', 'completed'),
  ];
  assert.equal(rows(alone(found)), ['a 10 completed', 'a 2 completed', 'B 1 completed', 'b 1 completed', 'C 1 completed']);
});

test('keeps the later of two authors with one name and version', () => {
  assert.equal(rows(alone([told('a', '1', 'completed'), told('a', '1', 'opt-out')])), ['a 1 opt-out']);
});

for (const [timestamp, status] of [
  ['2026-03-01T00:08:00+00:00', 'heartbeat'],
  ['2026-03-01T00:07:59.999999+00:00', 'heartbeat-lost'],
  ['2026-03-01T01:07:59+01:00', 'heartbeat-lost'],
  ['2026-03-01T00:20:00+00:00', 'heartbeat'],
] as const) {
  test(`takes the heartbeat of ${timestamp} as ${status}`, () => {
    const [event] = alone([told('a', '1', 'heartbeat', timestamp)]);
    assert.is(event!.entity.status, status);
    assert.is(event!.entity.error, status === 'heartbeat' ? undefined : 'more than 2 minutes after last heartbeat');
  });
}

test('leaves old statuses of other kinds as they are', () => {
  assert.equal(rows(alone([told('a', '1', 'dequeued', '2020-01-01T00:00:00+00:00')])), ['a 1 dequeued']);
});

test('takes author and label of what is expected from the newest registration', () => {
  const consumers = [{ name: 'a', version: '1', filter_out: false, filter_out_trigger: '' }];
  const registrations = [registered('a', '1', 'MEDIUM'), registered('a', '1', 'LOW')];
  const simulation = { timestamp: 't', consumers };
  const [event] = binaryStatuses({ sha256, registrations, simulation, found: [], now: NOW });
  assert.is(event!.security, 'MEDIUM');
  assert.is(event!.timestamp, 't');
});

test('has no rows for plugins that nobody told of', () => {
  assert.equal(binaryStatuses({ sha256, registrations: [registered('a', '1')], simulation: undefined, found: [], now: NOW }), []);
});

test('has a row of a download for each plugin, and for requests when they are wanted', () => {
  const plugins = [registered('b', '1'), registered('A', '1')];
  const found = [told('b', '1', 'opt-out'), told('u', null, 'download-requested'), told('other', '1', 'completed')];
  const parts = { sha256, plugins, found };
  assert.equal(rows(downloadStatuses({ ...parts, withRequests: false })), ['A 1 queued', 'b 1 opt-out']);
  assert.equal(rows(downloadStatuses({ ...parts, withRequests: true })), ['A 1 queued', 'b 1 opt-out', 'u none download-requested']);
});

test('shows null of a version, but never of a category', () => {
  const { author } = statusEvent({
    timestamp: 't',
    author: { name: 'u', category: null, version: null, security: 'LOW' },
    security: 'LOW',
    entity: { status: 'download-requested', error: '', runtime: 0, input: { entity: { sha256 } } },
  });
  assert.equal(author, { name: 'u', category: '', version: null, security: 'LOW' });
});

test.run();
