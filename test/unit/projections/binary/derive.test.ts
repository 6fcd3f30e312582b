import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deriveChild, insertsFor } from '../../../../projections/binary/derive.js';
import { InsertTable } from '../../../../projections/removal/insert-table.js';
import type { BinaryEvent, InsertEvent, StringMap } from '../../../../schemas/events.js';
import { binaryDescriptor } from '../../../../schemas/identity.js';
import { parseTime } from '../../../../schemas/time.js';
import { insertEvent } from '../removal/events.js';
import { deepFrozen } from '../support.js';
import { author, binaryEvent, feature, linkedEvent, node, SHA_A, SHA_B, stream } from './events.js';

const test = suite('derived children');

function derive(parent: BinaryEvent, insert: InsertEvent): BinaryEvent {
  const { event, fault } = deriveChild(deepFrozen(parent), deepFrozen(insert));
  assert.is(fault, undefined);
  return event;
}

/** Whether the only insert there is applies to the event. */
function applies(parent: BinaryEvent, insert: InsertEvent = insertEvent()): boolean {
  const table = new InsertTable();
  table.set({ key: 'insert', offset: 0, event: insert });
  return insertsFor(parent, table).length === 1;
}

test('are as the worked example of the specification says', () => {
  const references = Object.assign(Object.create(null) as StringMap, { ref1: 'x' });
  const parent = binaryEvent({
    entity: { sha256: 'aaaa' },
    source: {
      name: 's1',
      security: 'LOW',
      timestamp: parseTime('2024-01-02T03:04:05.5Z'),
      references,
      path: [node({ sha256: 'aaaa', author: author({ category: 'plugin', name: 'loader', version: '1', security: 'LOW' }) })],
    },
  });
  const bob = author({ version: undefined, security: 'MEDIUM' });
  const history = { author: bob, timestamp: parseTime('2024-02-01T00:00:00.25Z') };
  const child = derive(parent, insertEvent({ parent: 'aaaa', child: { sha256: 'bbbb' }, history }));
  assert.is(binaryDescriptor(child.source), 's1.LOW.2024-01-02T03:04:05.ref1.x.LOW.MEDIUM.loader.sourced.aaaa.bob.extracted.bbbb.');
  assert.is(child.kafka_key, 'f2c745dd277072db78d109a50019fd0f');
  assert.is(child.track_source_references, 's1.7a3c053283e97bb120130281c215301e');
  assert.equal(child.track_links, ['aaaa.bbbb.2024_02_01T00_00_00Z_00.user.bob.']);
  assert.equal(child.track_authors, ['plugin.loader.1', 'user.bob.']);
});

test('take their fields from the insert, and the source from the parent', () => {
  const parent = binaryEvent({
    event: { dequeued: 'x.y.1.2', retries: 3, flags: { bypass_cache: true, expedite: true, retry: true } },
    source: { settings: { a: 'b' }, security: 'LOW' },
  });
  const insert = insertEvent({ child: { info: '{"n":5.0}', features: [feature()], datastreams: [stream(), stream({ label: 'text' })] } });
  const { child, child_history: history } = insert.entity;
  const event = derive(parent, insert);
  assert.is(event.model_version, 6);
  assert.is(event.author, history.author);
  assert.is(event.action, 'extracted');
  assert.is(event.entity, child);
  assert.equal(event.source, { ...parent.source, path: [...parent.source.path, history] });
  assert.equal([event.dequeued, event.retries], [undefined, undefined]);
  assert.equal(event.flags, { bypass_cache: false, expedite: false, retry: false });
  assert.equal(Object.keys(event), Object.keys(parent));
});

test('are of the later time of the two', () => {
  const parent = binaryEvent();
  for (const [offset, expected] of [
    [-1n, 0n],
    [0n, 0n],
    [1n, 1n],
  ] as const) {
    // prettier-ignore
    const insert = insertEvent({ event: { timestamp: parent.timestamp + offset } });
    assert.is(derive(parent, insert).timestamp, parent.timestamp + expected);
  }
});

test('lose the settings at the depth that these name, but keep the key that they had with them', () => {
  const settingsOf = (limit: string): StringMap | undefined => {
    const parent = binaryEvent({ source: { settings: { remove_at_depth: limit, b: 'c' } } });
    const child = derive(parent, insertEvent());
    assert.match(binaryDescriptor({ ...child.source, settings: parent.source.settings }), /\.b\.c\.remove_at_depth\./);
    assert.is(child.kafka_key, derive(parent, insertEvent({ event: { timestamp: 0n } })).kafka_key);
    assert.is.not(child.kafka_key, derive(binaryEvent(), insertEvent()).kafka_key);
    return child.source.settings;
  };
  for (const limit of ['2', '+2', '1', '0', '-7', '02']) assert.is(settingsOf(limit), undefined, limit);
  for (const limit of ['3', '', ' 2', '2.0', '0x1', 'two', '2\n', '-9223372036854775809', '+']) {
    assert.equal(settingsOf(limit), { remove_at_depth: limit, b: 'c' }, limit);
  }
});

const INVALID: readonly [string, BinaryEvent, InsertEvent, RegExp][] = [
  ['an unknown action', binaryEvent(), insertEvent({ history: { action: 'invented' } }), /action/],
  ['no content', binaryEvent(), insertEvent({ child: { datastreams: [] } }), /content/],
  ['an enriched child with streams', binaryEvent(), insertEvent({ history: { action: 'enriched' } }), /enriched event has datastreams/],
  [
    'an unnamed author above',
    binaryEvent({ source: { path: [node({ author: author({ name: '' }) })] } }),
    insertEvent(),
    /path\[0\]\.author/,
  ],
  ['an enriched node above', binaryEvent({ source: { path: [node({ action: 'enriched' })] } }), insertEvent(), /path\[0\]\.action/],
];

for (const [what, parent, insert, fault] of INVALID) {
  test(`are none where the dispatcher would publish none: ${what}`, () => assert.match(deriveChild(parent, insert).fault ?? '', fault));
}

test('may be enriched when they have no streams', () => {
  assert.is(derive(binaryEvent(), insertEvent({ child: { datastreams: [] }, history: { action: 'enriched' } })).action, 'enriched');
});

const augmented = node({ action: 'augmented' });
const PARENTS: readonly [string, BinaryEvent, boolean][] = [
  ['a sourced binary', binaryEvent(), true],
  ['an extracted binary', linkedEvent('extracted', { entity: { sha256: SHA_A } }), true],
  ['an augmented binary of an empty path', binaryEvent({ event: { action: 'augmented' }, source: { path: [] } }), true],
  ['a mapped binary', linkedEvent('mapped', { entity: { sha256: SHA_A } }), false],
  ['an enriched binary', binaryEvent({ event: { action: 'enriched' } }), false],
  ['a binary looked at again', binaryEvent({ event: { action: 'augmented' }, source: { path: [node(), augmented] } }), false],
  ['a hash in other letters', binaryEvent({ entity: { sha256: SHA_A.toUpperCase() } }), false],
  ['a binary without hash', binaryEvent({ entity: { sha256: undefined } }), false],
  ['another binary', binaryEvent({ entity: { sha256: SHA_B } }), false],
];

for (const [what, parent, expected] of PARENTS) {
  test(`${expected ? 'hang' : 'do not hang'} from ${what}`, () => assert.is(applies(parent), expected));
}

test('hang from a binary whose last step changed the letters of the hash', () => {
  assert.ok(applies(binaryEvent({ source: { path: [node({ sha256: SHA_A.toUpperCase() }), node()] } })));
});

test('come once along a path: an insert whose very node it holds does not apply again', () => {
  const insert = insertEvent({ history: { relationship: { a: 'b' }, size: 5 } });
  const { child_history: history } = insert.entity;
  const path = [structuredClone(history), node({ sha256: 'cc03' }), node()];
  const under = (...nodes: BinaryEvent['source']['path']): boolean => applies(binaryEvent({ source: { path: nodes } }), insert);
  assert.not(under(...path));
  const changes: Partial<typeof history>[] = [
    { sha256: 'dd' },
    { action: 'mapped' },
    { timestamp: history.timestamp + 1n },
    { relationship: { a: 'c' } },
    { relationship: { b: 'b' } },
    { relationship: { a: 'b', c: 'd' } },
    { relationship: undefined },
    { file_format: 'x' },
    { size: 6 },
    { filename: 'x' },
    { language: 'x' },
    { author: { ...history.author, name: 'x' } },
    { author: { ...history.author, version: 'x' } },
    { author: { ...history.author, category: 'x' } },
    { author: { ...history.author, security: 'x' } },
  ];
  for (const change of changes) assert.ok(under({ ...history, ...change }, ...path.slice(1)), Object.keys(change)[0]);
});

test.run();
