import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BinaryEvent, DownloadEvent, InsertEvent, PluginEvent, StatusEvent } from '../../../schemas/events.js';
import { eventFromJson } from '../../../schemas/json-form.js';
import { validateEvent } from '../../../schemas/validate.js';
import { feature, stream } from '../projections/binary/events.js';
import { golden } from './golden.js';

const test = suite('validate');

const binary = (): BinaryEvent => eventFromJson('binary', golden('v6/binary/enriched_w_data').json);
const download = (): DownloadEvent => eventFromJson('download', golden('v6/download/example1').json);
const plugin = (): PluginEvent => eventFromJson('plugin', golden('v6/plugin/example1').json);

function insert(): InsertEvent {
  const event = eventFromJson('insert', golden('v6/insert/example1').json);
  event.entity.child.features.push(feature());
  event.entity.child.datastreams.push(stream());
  return event;
}

function status(): StatusEvent {
  const event = eventFromJson('status', golden('v6/status/example1').json);
  event.entity.status = 'completed';
  return event;
}

test('accepts events in order', () => {
  assert.is(validateEvent('binary', binary()), undefined);
  assert.is(validateEvent('status', status()), undefined);
  assert.is(validateEvent('download', download()), undefined);
  assert.is(validateEvent('insert', insert()), undefined);
  assert.is(validateEvent('delete', eventFromJson('delete', golden('v6/delete/link').json)), undefined);
  assert.is(validateEvent('retrohunt', eventFromJson('retrohunt', golden('v6/retrohunt/example1').json)), undefined);
});

test('accepts a plugin feature with tags and with an empty description', () => {
  const event = plugin();
  event.entity.features[0]!.desc = undefined;
  event.entity.features[0]!.tags = ['mytag'];
  assert.is(validateEvent('plugin', event), undefined);
});

test('refuses the golden event whose info is a list', () => {
  const event = eventFromJson('binary', golden('v6/binary/enriched_w_info_list').json);
  assert.match(validateEvent('binary', event) ?? '', /^entity\.info: "\[111, 222.*expected a JSON object$/);
});

test('refuses the golden status "done"', () => {
  const event = eventFromJson('status', golden('v6/status/example1').json);
  assert.match(validateEvent('status', event) ?? '', /^entity\.status: "done", expected one of completed, /);
});

const CASES: [string, (event: BinaryEvent) => void, RegExp][] = [
  ['an empty key', (e) => (e.kafka_key = ''), /^kafka_key: "", expected a key$/],
  [
    'an unknown action',
    (e) => (e.action = 'Sourced'),
    /^action: "Sourced", expected one of sourced, extracted, augmented, mapped, enriched$/,
  ],
  ['an unknown path action', (e) => (e.source.path[0]!.action = ''), /^source\.path\[0\]\.action: "", expected one of/],
  ['an unknown feature type', (e) => (e.entity.features[2]!.type = 'int'), /^entity\.features\[2\]\.type: "int", expected one of integer/],
  [
    'an unknown label',
    (e) => (e.entity.datastreams[0]!.label = 'x'.repeat(90)),
    /^entity\.datastreams\[0\]\.label: "x{80}…", expected one of/,
  ],
  ['info that is null', (e) => (e.entity.info = 'null'), /^entity\.info: "null", expected a JSON object$/],
  ['info that is a string', (e) => (e.entity.info = '"{}"'), /^entity\.info: .*expected a JSON object$/],
  ['info that does not parse', (e) => (e.entity.info = ' {"a":NaN}'), /^entity\.info: " \{.*expected a JSON object \(/],
  ['info with something behind it', (e) => (e.entity.info = '{} {}'), /^entity\.info: /],
];

for (const [what, edit, reason] of CASES) {
  test(`refuses a binary event with ${what}`, () => {
    const event = binary();
    edit(event);
    assert.match(validateEvent('binary', event) ?? 'accepted', reason);
  });
}

test('leaves the parsing of info to the caller who asks for it, but not its kind', () => {
  const event = binary();
  event.entity.info = '\n{"a":NaN}';
  assert.is(validateEvent('binary', event, { infoParsedLater: true }), undefined);
  event.entity.info = '[1]';
  assert.match(validateEvent('binary', event, { infoParsedLater: true }) ?? '', /^entity\.info: /);
});

test('judges the nested events of a status', () => {
  const event = status();
  event.entity.input.kafka_key = '';
  assert.match(validateEvent('status', event) ?? '', /^entity\.input\.kafka_key: ""/);
  event.entity.input.kafka_key = 'k';
  const result = binary();
  result.kafka_key = '';
  event.entity.results = [binary(), result];
  assert.is(validateEvent('status', event), undefined, 'a result needs no key');
  result.entity.features[0]!.type = 'no';
  assert.match(validateEvent('status', event) ?? '', /^entity\.results\[1\]\.entity\.features\[0\]\.type: "no"/);
  event.entity.input.action = 'no';
  assert.match(validateEvent('status', event) ?? '', /^entity\.input\.action: "no"/);
});

for (const value of ['opt-out', 'heartbeat', 'dequeued', 'download-requested', 'error-out-of-memory']) {
  test(`accepts the status ${value}`, () => {
    const event = status();
    event.entity.status = value;
    assert.is(validateEvent('status', event), undefined);
  });
}

test('judges download events by action, path and metadata', () => {
  const event = download();
  event.entity.metadata = '[]';
  assert.match(validateEvent('download', event) ?? '', /^entity\.metadata: "\[\]"/);
  event.source.path[0]!.action = 'no';
  assert.match(validateEvent('download', event) ?? '', /^source\.path\[0\]\.action: "no"/);
  event.action = 'submission';
  assert.match(validateEvent('download', event) ?? '', /^action: "submission", expected one of requested/);
});

test('judges plugin features by type', () => {
  const event = plugin();
  event.entity.features[0]!.type = 'date';
  assert.match(validateEvent('plugin', event) ?? '', /^entity\.features\[0\]\.type: "date"/);
});

test('asks of a delete event a key only', () => {
  const event = eventFromJson('delete', golden('v6/delete/link').json);
  assert.is(validateEvent('delete', { ...event, action: 'invented' }), undefined);
  assert.match(validateEvent('delete', { ...event, kafka_key: '' }) ?? '', /^kafka_key/);
});

const INSERT_CASES: [string, (event: InsertEvent) => void, RegExp][] = [
  ['no key', (e) => (e.kafka_key = ''), /^kafka_key/],
  ['no parent', (e) => (e.entity.parent_sha256 = ''), /^entity\.parent_sha256: ""/],
  ['no hash of the child', (e) => (e.entity.child_history.sha256 = ''), /^entity\.child_history\.sha256: ""/],
  ['no author of the child', (e) => (e.entity.child_history.author.name = ''), /^entity\.child_history\.author\.name: ""/],
  ['an unknown label', (e) => (e.entity.child.datastreams[0]!.label = 'no'), /^entity\.child\.datastreams\[0\]\.label: "no"/],
  ['an unknown feature type', (e) => (e.entity.child.features[0]!.type = 'no'), /^entity\.child\.features\[0\]\.type: "no"/],
  ['info that is a list', (e) => (e.entity.child.info = '[]'), /^entity\.child\.info: "\[\]"/],
];

for (const [what, edit, reason] of INSERT_CASES) {
  test(`refuses an insert with ${what}`, () => {
    const event = insert();
    edit(event);
    assert.match(validateEvent('insert', event) ?? 'accepted', reason);
  });
}

test('leaves to the child what depends on its parent, and what is not used', () => {
  const event = insert();
  event.entity.child_history.action = 'invented';
  event.author.name = '';
  assert.is(validateEvent('insert', event), undefined);
});

test.run();
