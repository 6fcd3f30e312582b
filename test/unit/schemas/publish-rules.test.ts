import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BinaryEntityDatastream, BinaryEvent, DownloadEvent, InsertEvent, StatusEvent } from '../../../schemas/events.js';
import { eventFromJson } from '../../../schemas/json-form.js';
import { publishFault } from '../../../schemas/publish-rules.js';
import { golden } from './golden.js';

const test = suite('publish-rules');

const enriched = (): BinaryEvent => eventFromJson('binary', golden('v6/binary/enriched').json);
const extracted = (): BinaryEvent => eventFromJson('binary', golden('v6/binary/extracted').json);

function streams(event: BinaryEvent, ...labels: string[]): BinaryEvent {
  const [stream] = extracted().entity.datastreams;
  event.entity.datastreams = labels.map((label): BinaryEntityDatastream => ({ ...stream!, label }));
  return event;
}

function withAction(action: string, ...labels: string[]): string | undefined {
  const event = streams(enriched(), ...labels);
  event.action = action;
  return publishFault('binary', event);
}

test('accepts events in order', () => {
  assert.is(publishFault('binary', extracted()), undefined);
  assert.is(publishFault('binary', streams(enriched())), undefined);
  assert.is(publishFault('delete', eventFromJson('delete', golden('v6/delete/link').json)), undefined);
});

for (const [action, labels, accepted] of [
  ['enriched', [], true],
  ['enriched', ['text'], false],
  ['mapped', [], true],
  ['mapped', ['text', 'report'], true],
  ['mapped', ['content'], false],
  ['sourced', ['content'], true],
  ['sourced', ['text'], false],
  ['extracted', [], false],
  ['extracted', ['content', 'text'], true],
  ['augmented', ['content', 'text'], true],
  ['augmented', ['content'], false],
  ['augmented', ['content', 'content'], false],
  ['augmented', ['text', 'report'], false],
  ['removed', [], false],
  ['sourced', ['content', 'other'], false],
] as [string, string[], boolean][]) {
  test(`${accepted ? 'accepts' : 'refuses'} ${action} with datastreams [${labels.join(', ')}]`, () => {
    assert.is(withAction(action, ...labels) === undefined, accepted);
  });
}

for (const [what, edit, reason] of [
  ['without an author', (e) => (e.author.name = ''), /^author\.name/],
  ['without a source name', (e) => (e.source.name = ''), /^source\.name/],
  ['with an empty path', (e) => (e.source.path = []), /^source\.path: \[\]/],
  ['with a path node without hash', (e) => (e.source.path[0]!.sha256 = ''), /^source\.path\[0\]\.sha256/],
  ['with a path node without author', (e) => (e.source.path[1]!.author.name = ''), /^source\.path\[1\]\.author\.name/],
  ['with an unknown path action', (e) => (e.source.path[1]!.action = 'x'), /^source\.path\[1\]\.action: "x"/],
  [
    'below an enriched node',
    (e) => (e.source.path[0]!.action = 'enriched'),
    /^source\.path\[0\]\.action: "enriched", expected at the last/,
  ],
] as [string, (event: BinaryEvent) => void, RegExp][]) {
  test(`refuses a binary event ${what}`, () => {
    const event = extracted();
    edit(event);
    assert.match(publishFault('binary', event) ?? 'accepted', reason);
  });
}

test('asks of a status a task and valid results, but nothing of its text or input', () => {
  const event: StatusEvent = eventFromJson('status', golden('v6/status/example1').json);
  event.entity.input.dequeued = 'task';
  event.entity.input.action = 'anything';
  event.entity.results = [];
  assert.is(publishFault('status', event), undefined);
  event.entity.results = [extracted(), withoutContent()];
  assert.match(publishFault('status', event) ?? '', /^entity\.results\[1\]\.entity\.datastreams/);
  event.entity.input.dequeued = undefined;
  assert.match(publishFault('status', event) ?? '', /^entity\.input\.dequeued/);
});

function withoutContent(): BinaryEvent {
  return streams(extracted());
}

test('does not check the value of an insert child’s action', () => {
  const event: InsertEvent = eventFromJson('insert', golden('v6/insert/example1').json);
  assert.is(event.entity.child_history.action, 'binary_enhanced');
  assert.is(publishFault('insert', event), undefined);
  event.entity.parent_sha256 = '';
  assert.match(publishFault('insert', event) ?? '', /^entity\.parent_sha256/);
});

test('accepts a download without a path', () => {
  const event: DownloadEvent = eventFromJson('download', golden('v6/download/example1').json);
  event.source.path = [];
  assert.is(publishFault('download', event), undefined);
  event.action = 'sourced';
  assert.match(publishFault('download', event) ?? '', /^action: "sourced", expected one of requested/);
});

test.run();
