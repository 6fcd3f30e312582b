import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeleteTable } from '../../../../projections/removal/delete-table.js';
import { deleteTarget } from '../../../../projections/removal/delete-target.js';
import { authorToken, eventKeyToken, linkToken, submissionAtToken, submissionToken } from '../../../../projections/tokens.js';
import { ZERO_TIME, type BinaryEvent, type DeleteEvent } from '../../../../schemas/events.js';
import { linkedEvent } from '../binary/events.js';
import { deletes } from './events.js';

const test = suite('delete table');

const event = linkedEvent('extracted', { event: { kafka_key: 'e1' } });
const { timestamp, source } = event;
const REFERENCES = event.track_source_references;

function tableOf(...events: readonly DeleteEvent[]): DeleteTable {
  const table = new DeleteTable();
  for (const [i, one] of events.entries()) table.add(`d${i}`, one);
  return table;
}

const CASES: readonly [string, DeleteEvent, boolean, Partial<BinaryEvent>?][] = [
  ['its key', deletes.ids('x', 'e1'), true],
  ['another key', deletes.ids('E1'), false],
  ['its link', deletes.link('L1'), true],
  ['the link of an ancestor', deletes.link('L0'), true, { track_links: ['L0', 'L1'] }],
  ['another link', deletes.link('L'), false],
  ['its author, later', deletes.author('plugin.unzip.2.0', timestamp + 1n), true],
  ['the author of an ancestor, later', deletes.author('user.bob.1', timestamp + 1n), true],
  ['its author, at its very time', deletes.author('plugin.unzip.2.0', timestamp), false],
  ['its author at no time', deletes.author('plugin.unzip.2.0', ZERO_TIME), false],
  ['another version of its author', deletes.author('plugin.unzip.2', timestamp + 1n), false],
  ['its submission at any time', deletes.submission(REFERENCES), true],
  ['its submission at its time', deletes.submission(REFERENCES, source.timestamp), true],
  ['its submission a microsecond later', deletes.submission(REFERENCES, source.timestamp + 1n), false],
  ['its submission at its event’s time', deletes.submission(REFERENCES, timestamp), false],
  ['another submission', deletes.submission('s2.ef'), false],
  ['everything, by an action that is none', deletes.unknown('IDS'), false],
  ['no link', deletes.link(undefined), false, { track_links: [''] }],
  ['no author', deletes.author(undefined, timestamp + 1n), false, { track_authors: [''] }],
  ['no submission', deletes.submission(undefined), false, { track_source_references: '' }],
];

for (const [what, one, matches, changes] of CASES) {
  test(`${matches ? 'matches' : 'leaves'} an event when a delete names ${what}`, () => {
    const match = tableOf(one).matches({ ...event, ...changes });
    assert.equal(match, matches ? { deleteKey: 'd0', action: one.action } : undefined);
  });
}

test('keeps all deletes of a submission, each with its key', () => {
  const table = new DeleteTable();
  const at = (time: bigint): string | undefined => table.matches({ ...event, source: { ...source, timestamp: time } })?.deleteKey;
  for (const time of [5n, 6n, 7n]) assert.ok(table.add(`d${time}`, deletes.submission(REFERENCES, time)));
  assert.equal([4n, 5n, 6n, 7n, 8n].map(at), [undefined, 'd5', 'd6', 'd7', undefined]);
  assert.is(table.entries, 3);
  assert.ok(table.add('any', deletes.submission(REFERENCES)));
  assert.equal([4n, 5n].map(at), ['any', 'any']);
});

test('keeps the latest time of an author with the key of its delete, whichever came first', () => {
  const early = deletes.author('user.bob.1', timestamp + 1n);
  const late = deletes.author('user.bob.1', timestamp + 9n);
  assert.is(tableOf(early, late).matches(event)?.deleteKey, 'd1');
  assert.is(tableOf(late, early).matches(event)?.deleteKey, 'd0');
  assert.is(tableOf(late, early).matches({ ...event, timestamp: timestamp + 8n })?.deleteKey, 'd0');
});

test('tells what a delete adds to those before it', () => {
  const table = new DeleteTable();
  assert.equal(table.add('a', deletes.ids('x', 'y', 'x', '')), { action: 'ids', tokens: ['x', 'y'].map(eventKeyToken), before: undefined });
  assert.equal(table.add('b', deletes.ids('y', 'z'))?.tokens, [eventKeyToken('z')]);
  assert.equal(table.add('c', deletes.link('l'))?.tokens, [linkToken('l')]);
  assert.is(table.add('d', deletes.link('l')), undefined);
  assert.equal(table.add('e', deletes.author('p', 5n)), { action: 'author', tokens: [authorToken('p')], before: 5n });
  assert.is(table.add('f', deletes.author('p', 5n)), undefined);
  assert.is(table.add('f', deletes.author('p', 4n)), undefined);
  assert.is(table.add('f', deletes.author('p', 6n))?.before, 6n);
  assert.equal(table.add('g', deletes.submission('s', 5n))?.tokens, [submissionAtToken('s', 5n)]);
  assert.is(table.add('h', deletes.submission('s', 5n)), undefined);
  assert.equal(table.add('h', deletes.submission('s', 6n))?.tokens, [submissionAtToken('s', 6n)]);
  assert.equal(table.add('h', deletes.submission('s'))?.tokens, [submissionToken('s')]);
  assert.is(table.add('h', deletes.submission('s', 7n)), undefined, 'every time is covered');
  assert.is(table.add('i', deletes.unknown('purge')), undefined);
  assert.is(table.entries, 8);
});

test('loads the same table as it adds, and tells whether a delete covers more', () => {
  const steps: readonly [string, DeleteEvent, boolean][] = [
    ['a', deletes.ids('x', 'e1'), true],
    ['b', deletes.ids('e1', ''), false],
    ['c', deletes.link('L0'), true],
    ['d', deletes.author('p', 5n), true],
    ['e', deletes.author('p', 4n), false],
    ['f', deletes.author('p', 6n), true],
    ['g', deletes.submission('s', 5n), true],
    ['h', deletes.submission('s'), true],
    ['i', deletes.submission('s', 7n), false],
    ['j', deletes.unknown('purge'), false],
  ];
  const [loaded, added] = [new DeleteTable(), new DeleteTable()];
  for (const [key, one, more] of steps) {
    assert.is(loaded.load(key, one), more, key);
    assert.is(added.add(key, one) !== undefined, more, key);
  }
  assert.equal(loaded, added);
  assert.is(loaded.entries, 6);
  assert.equal(loaded.matches(event), { deleteKey: 'a', action: 'ids' });
});

test('finds nothing to look up in a delete that matches nothing', () => {
  const empty = [deletes.ids(), deletes.ids(''), deletes.link(undefined), deletes.author('a', ZERO_TIME), deletes.author(undefined, 5n), deletes.submission(undefined, 5n), deletes.unknown('')]; // prettier-ignore
  for (const one of empty) {
    assert.is(deleteTarget(one), undefined);
    assert.is(new DeleteTable().add('d', one), undefined);
  }
});

test('looks documents up by all that a delete names, whatever is known already', () => {
  for (const one of [
    deletes.ids('x', 'y', 'x'),
    deletes.link('l'),
    deletes.author('a', 5n),
    deletes.submission('s'),
    deletes.submission('s', 5n),
  ]) {
    // prettier-ignore
    assert.equal(deleteTarget(one), new DeleteTable().add('d', one));
  }
});

test.run();
