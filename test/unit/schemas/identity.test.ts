import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventAuthor, EventSource, EventSourcePathNode, InsertEvent, PluginEvent, StringMap } from '../../../schemas/events.js';
import { eventFromJson } from '../../../schemas/json-form.js';
import {
  binaryDescriptor,
  binaryKey,
  insertKey,
  insertTracking,
  md5Hex,
  pluginKey,
  statusKey,
  trackAuthor,
  trackingFields,
  trackLink,
  trackSourceReferences,
  withIdentity,
} from '../../../schemas/identity.js';
import { parseTime } from '../../../schemas/time.js';
import { golden } from './golden.js';

const test = suite('identity');

function author(category: string | undefined, name: string, version?: string, security?: string): EventAuthor {
  return { name, version, category, security };
}

function node(by: EventAuthor, action: string, sha256: string, time = '2024-01-01T00:00:00Z'): EventSourcePathNode {
  const timestamp = parseTime(time);
  return {
    author: by,
    action,
    sha256,
    relationship: undefined,
    timestamp,
    file_format: undefined,
    size: undefined,
    filename: undefined,
    language: undefined,
  };
}

function map(pairs: Record<string, string>): StringMap {
  return Object.assign(Object.create(null) as StringMap, pairs);
}

function source(overrides: Partial<EventSource>): EventSource {
  return { name: 's', references: undefined, security: undefined, path: [], timestamp: 0n, settings: undefined, ...overrides };
}

/** The derived child of the example in spec 01 §10.2. */
const derived = source({
  name: 's1',
  security: 'LOW',
  timestamp: parseTime('2024-01-02T03:04:05.5Z'),
  references: map({ ref1: 'x' }),
  path: [
    node(author('plugin', 'loader', '1', 'LOW'), 'sourced', 'aaaa'),
    node(author('user', 'bob', undefined, 'MEDIUM'), 'extracted', 'bbbb', '2024-02-01T00:00:00.25Z'),
  ],
});

test('keys a binary event by source, references, parent and current node', () => {
  const { source: from } = eventFromJson('binary', golden('v6/binary/enriched').json);
  from.path[1]!.action = 'extracted';
  assert.is(
    binaryDescriptor(from),
    'virustotal..2021-02-06T16:43:23.interface.web.submitter_city.kharkiv.submitter_country.UA.submitter_id.0a9e3094.submitter_region.63.' +
      'vtdownload.sourced.b9debe8afbdc6d0f552ca4d41fc8a5760778f2724d1560f6b4b0fc28bd837a82.' +
      'MimeDecoder.extracted.ee303d3c6d7cfa24d42e6348bdd1103a26de77a887e9dbee3dd1fe6304414f69.',
  );
  assert.is(binaryKey(from), 'e299c2cfa5345f98ea34ff0455de22b7');
});

test('keys and tracks the derived child of the example', () => {
  assert.is(binaryDescriptor(derived), 's1.LOW.2024-01-02T03:04:05.ref1.x.LOW.MEDIUM.loader.sourced.aaaa.bob.extracted.bbbb.');
  assert.is(binaryKey(derived), 'f2c745dd277072db78d109a50019fd0f');
  assert.equal(trackingFields(derived), {
    track_source_references: 's1.7a3c053283e97bb120130281c215301e',
    track_links: ['aaaa.bbbb.2024_02_01T00_00_00Z_00.user.bob.'],
    track_authors: ['plugin.loader.1', 'user.bob.'],
  });
});

test('leaves older ancestors, author versions and the event’s own time out of the key', () => {
  const [parent, current] = derived.path as [EventSourcePathNode, EventSourcePathNode];
  const longer = source({
    ...derived,
    path: [node(author('plugin', 'old', '9'), 'sourced', 'zzzz'), { ...parent, author: { ...parent.author, version: '2' } }, current],
  });
  assert.is(binaryKey(longer), binaryKey(derived));
});

test('sorts whole pairs in the key but by name in the references', () => {
  const references = map({ a: 'v', 'a-b': 'v' });
  const path = [node(author('user', 'u'), 'sourced', 'x')];
  assert.is(binaryDescriptor(source({ references, path })), 's..1970-01-01T00:00:00.a-b.v.a.v.u.sourced.x.');
  assert.is(trackSourceReferences({ name: 's', references }), `s.${md5Hex('a.v.a-b.v.')}`);
});

test('counts settings after references and each security once, in order', () => {
  const path = ['B', 'A', 'B', ''].map((security) => node(author('user', 'u', undefined, security), 'sourced', 'x'));
  assert.is(
    binaryDescriptor(source({ references: map({ z: '1' }), settings: map({ b: '2', a: '3' }), path })),
    's..1970-01-01T00:00:00.z.1.a.3.b.2.A.B.u.sourced.x.u.sourced.x.',
  );
});

test('has no key for an empty path', () => {
  assert.throws(() => binaryKey(source({})), /source\.path/);
});

test('keys plugin, insert and status events', () => {
  const plugin = { entity: { name: 'RatConfigs-JRat', version: '2020.06.02' } } as PluginEvent;
  assert.is(pluginKey(plugin), '68e3d23d6ab9facfbd4e3d5f7543c636');
  const entity = { parent_sha256: 'aaaa', child: { sha256: 'bbbb' }, child_history: { author: { name: 'bob' } } };
  assert.is(insertKey({ entity } as InsertEvent), '20e9bc5b17564646811df3c53d0153e9');
  const status = eventFromJson('status', golden('v6/status/example1').json);
  assert.is(statusKey(status), md5Hex(`${status.entity.input.dequeued ?? ''}.${status.author.name}`));
});

test('tracks the references and the link of the example', () => {
  const event = eventFromJson('binary', golden('v6/binary/enriched').json);
  assert.is(trackSourceReferences(event.source), 'virustotal.5a0cc3b7a38feb282d8ae928eca68f5d');
  const [parent, current] = event.source.path as [EventSourcePathNode, EventSourcePathNode];
  assert.is(
    trackLink(parent.sha256, current),
    'b9debe8afbdc6d0f552ca4d41fc8a5760778f2724d1560f6b4b0fc28bd837a82.ee303d3c6d7cfa24d42e6348bdd1103a26de77a887e9dbee3dd1fe6304414f69.2021_02_14T12_12_21Z_00.plugin.MimeDecoder.2021.02.14',
  );
});

test('tracks a source without references by the md5 of nothing', () => {
  assert.is(trackSourceReferences({ name: 's', references: undefined }), 's.d41d8cd98f00b204e9800998ecf8427e');
});

test('leaves the dots of empty author parts and keeps duplicates', () => {
  assert.is(trackAuthor(author('user', 'bob')), 'user.bob.');
  const path = [node(author('user', 'bob'), 'sourced', 'x'), node(author('user', 'bob'), 'mapped', 'x')];
  assert.equal(trackingFields(source({ path })).track_authors, ['user.bob.', 'user.bob.']);
});

test('tracks an insert by its parent and child history', () => {
  const history = derived.path[1]!;
  const entity = { parent_sha256: 'aaaa', child: { sha256: 'bbbb' }, child_history: history };
  assert.equal(insertTracking({ entity } as InsertEvent), {
    track_link: 'aaaa.bbbb.2024_02_01T00_00_00Z_00.user.bob.',
    track_author: 'user.bob.',
  });
});

test('fills in the identity of a status result, and only what is empty', () => {
  const event = eventFromJson('binary', golden('v6/binary/enriched').json);
  const bare = { ...event, source: derived, kafka_key: '', track_source_references: '', track_links: [], track_authors: [] };
  assert.is(withIdentity(bare).kafka_key, 'f2c745dd277072db78d109a50019fd0f');
  assert.equal(withIdentity(bare).track_links, ['aaaa.bbbb.2024_02_01T00_00_00Z_00.user.bob.']);
  const kept = { ...bare, kafka_key: 'mine', track_authors: ['x'] };
  assert.is(withIdentity(kept).kafka_key, 'mine');
  assert.equal(withIdentity(kept).track_authors, ['x']);
  assert.is(withIdentity(kept).track_source_references, 's1.7a3c053283e97bb120130281c215301e');
});

test.run();
