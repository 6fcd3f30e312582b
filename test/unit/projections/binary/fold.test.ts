import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldBinary } from '../../../../projections/binary/fold.js';
import { foldStatusResults } from '../../../../projections/binary/status-results.js';
import { DeleteTable } from '../../../../projections/removal/delete-table.js';
import { covers, deleteTarget } from '../../../../projections/removal/delete-target.js';
import { InsertTable } from '../../../../projections/removal/insert-table.js';
import type { Tables } from '../../../../projections/removal/tables.js';
import { eventKeyToken, insertToken, linkToken, recordKeyToken } from '../../../../projections/tokens.js';
import type { Contribution, FoldResult } from '../../../../projections/types.js';
import type { BinaryEvent, DeleteEvent, InsertEvent } from '../../../../schemas/events.js';
import { parseTime } from '../../../../schemas/time.js';
import { deletes, insertEvent } from '../removal/events.js';
import { deepFrozen, NOW, recordOf, SETTINGS } from '../support.js';
import { author, binaryEvent, node } from './events.js';

const test = suite('fold of binaries with deletes and inserts');

const TIME = parseTime('2026-03-01T01:00:00Z');

function tablesOf(inserts: readonly InsertEvent[], ...deleteEvents: readonly DeleteEvent[]): Tables {
  const tables = { deletes: new DeleteTable(), inserts: new InsertTable() };
  for (const [i, event] of inserts.entries()) tables.inserts.set({ key: event.kafka_key, offset: i, event });
  for (const [i, event] of deleteEvents.entries()) tables.deletes.add(`d${i}`, event);
  return tables;
}

function fold(event: BinaryEvent, tables: Tables, settings = SETTINGS): FoldResult {
  return foldBinary(deepFrozen(recordOf(event, { key: 'record', offset: 7 })), settings, NOW, tables);
}

/** Insert `key`: `child` below `parent`, at the given time after all events. */
const link = (key: string, parent: string, child: string, after = 0n): InsertEvent =>
  insertEvent({
    parent,
    child: { sha256: child },
    event: { kafka_key: key, timestamp: TIME + after },
    history: { timestamp: TIME + after },
  });

const shas = ({ writes }: FoldResult): string[] => writes.map(({ routing, contribution }) => `${routing ?? ''} ${contribution.insertKeys.join('+')}`); // prettier-ignore
const skips = (result: FoldResult): unknown[] => result.skips.map(({ reason, by, insertKeys }) => [reason, by, insertKeys]);

const CHAIN = [link('i1', 'aa01', 'bb02', 1n), link('i2', 'bb02', 'cc03', 2n)];

test('gives the children of a chain, each with the inserts applied and the record that it comes from', () => {
  const result = fold(binaryEvent(), tablesOf(CHAIN));
  assert.equal(shas(result), ['aa01 ', 'bb02 i1', 'cc03 i1+i2']);
  const { contribution } = result.writes[2]!;
  assert.equal([contribution.recordKey, contribution.offset, contribution.insertOffsets], ['record', 7, [0, 1]]);
  assert.is(contribution.timestamp, TIME + 2n);
  assert.is(contribution.recordTimestamp, binaryEvent().timestamp);
  assert.not.equal(contribution.eventKey, result.writes[1]!.contribution.eventKey);
});

test('leaves tokens of everything that a derived child comes from', () => {
  const { writes } = fold(binaryEvent({ event: { track_links: ['stored'] } }), tablesOf(CHAIN));
  const [parent, child, grandchild] = writes.map(({ contribution }) => contribution) as [Contribution, Contribution, Contribution];
  for (const token of [
    eventKeyToken('key'),
    eventKeyToken(child.eventKey),
    linkToken('stored'),
    insertToken('i1'),
    insertToken('i2'),
    recordKeyToken('record'),
  ]) {
    // prettier-ignore
    assert.ok(grandchild.tokens.includes(token), token);
  }
  assert.equal(grandchild.tokens, [...new Set(grandchild.tokens)].sort());
  assert.equal(grandchild.lineage?.map(({ timestamp }) => timestamp), [parent.timestamp, child.timestamp]); // prettier-ignore
  assert.not('lineage' in parent);
});

const DELETED: readonly [string, (result: FoldResult) => DeleteEvent, readonly string[], unknown[]][] = [
  ['the parent by its key', () => deletes.ids('key'), [], [['deleted', 'd0', undefined]]],
  ['a child by its key', (result) => deletes.ids(result.writes[1]!.contribution.eventKey), ['aa01 '], [['deleted', 'd0', ['i1']]]],
  ['a grandchild by its link', () => deletes.link('bb02.cc03.2026_03_01T01_00_00Z_00.user.ann.'), ['aa01 ', 'bb02 i1'], [['deleted', 'd0', ['i1', 'i2']]]],
  ['the submission', () => deletes.submission('s2.ee'), [], [['deleted', 'd0', undefined]]],
  ['the author of the parent, before the insert', () => deletes.author('user.bob.1', TIME), [], [['deleted', 'd0', undefined]]],
  ['the author of the inserts, before the second', () => deletes.author('user.ann.', TIME + 2n), ['aa01 '], [['deleted', 'd0', ['i1']]]],
]; // prettier-ignore

for (const [what, deletion, left, skipped] of DELETED) {
  test(`derives nothing from what is deleted: ${what}`, () => {
    const before = fold(binaryEvent(), tablesOf(CHAIN));
    const event = deletion(before);
    const after = fold(binaryEvent(), tablesOf(CHAIN, event));
    assert.equal(shas(after), left);
    assert.equal(skips(after), skipped);
    // What was written before the delete came is found by its target, and nothing else is.
    const target = deleteTarget(event)!;
    assert.equal(shas({ ...before, writes: before.writes.filter(({ contribution }) => !covers(target, contribution)) }), left);
  });
}

test('tells by the time of the event that an author stands in, not of what was derived from it', () => {
  // Later than the parent, earlier than its child: the child's own time would save it.
  const { writes } = fold(binaryEvent(), tablesOf(CHAIN));
  const coveredBy = (name: string, before: bigint): number =>
    writes.filter(({ contribution }) => covers(deleteTarget(deletes.author(name, before))!, contribution)).length;
  const { timestamp } = binaryEvent();
  assert.equal([timestamp, timestamp + 1n].map((before) => coveredBy('user.bob.1', before)), [0, 3]); // prettier-ignore
  assert.equal([timestamp + 1n, TIME + 1n, TIME + 2n, TIME + 3n].map((before) => coveredBy('user.ann.', before)), [0, 0, 2, 2]); // prettier-ignore
});

test('ends a cycle of inserts when it comes back to a node', () => {
  const cycle = [link('i1', 'aa01', 'bb02'), link('i2', 'bb02', 'aa01')];
  assert.equal(shas(fold(binaryEvent(), tablesOf(cycle))), ['aa01 ', 'bb02 i1', 'aa01 i1+i2']);
  assert.equal(shas(fold(binaryEvent({ entity: { sha256: 'bb02' }, source: { path: [node({ sha256: 'bb02' })] } }), tablesOf(cycle))), [
    'bb02 ',
    'aa01 i2',
    'bb02 i2+i1',
  ]);
});

test('goes down to eleven nodes and counts what is deeper', () => {
  const names = Array.from({ length: 14 }, (_, i) => `aa${String(i + 1).padStart(2, '0')}`);
  const chain = names.slice(1).map((name, i) => link(`i${i}`, names[i]!, name));
  const result = fold(binaryEvent(), tablesOf(chain));
  assert.is(result.writes.length, 11);
  assert.equal(skips(result), [['too-deep', undefined, chain.slice(0, 11).map(({ kafka_key }) => kafka_key)]]);
});

test('derives from a parent whose own document is refused, and says which child is', () => {
  const refused = binaryEvent({ event: { track_authors: [] } });
  const result = fold(refused, tablesOf(CHAIN));
  assert.equal(shas(result), ['bb02 i1', 'cc03 i1+i2']);
  assert.equal(result.refusals.map(({ class: name, insertKeys }) => [name, insertKeys]), [['BaseAzulException', undefined]]); // prettier-ignore
  const nameless = insertEvent({ history: { author: author({ category: undefined }) } });
  const child = fold(binaryEvent(), tablesOf([nameless]));
  assert.equal(shas(child), ['aa01 ']);
  assert.equal(child.refusals.map(({ class: name, insertKeys }) => [name, insertKeys]), [['KeyError', ['insert']]]); // prettier-ignore
});

test('derives nothing from an invalid child, and counts it', () => {
  const invalid = insertEvent({ child: { datastreams: [] } });
  const result = fold(binaryEvent(), tablesOf([invalid, link('i2', 'bb02', 'cc03')]));
  assert.equal(shas(result), ['aa01 ']);
  assert.equal(skips(result), [['invalid-child', undefined, ['insert']]]);
});

test('derives nothing from an event that is too deep, has no key, or has expired', () => {
  const deep = binaryEvent({ source: { path: Array.from({ length: 12 }, (_, i) => node({ sha256: `n${i}` })) } });
  const expiring = { ...SETTINGS, sources: new Map([['s2', { priorityReferences: [], expireAfterMs: 1 }]]) };
  const events: [BinaryEvent, typeof SETTINGS][] = [[deep, SETTINGS], [binaryEvent({ event: { kafka_key: '' } }), SETTINGS], [binaryEvent(), expiring]]; // prettier-ignore
  const results = events.map(([event, settings]) => fold(event, tablesOf(CHAIN), settings));
  assert.equal(results.map(skips), [[['too-deep', undefined, undefined]], [['no-key', undefined, undefined]], [['expired', undefined, undefined]]]); // prettier-ignore
  assert.equal(results.flatMap(shas), []);
});

test('skips what is both deleted and of an unknown source: it is not kept in a dead letter', () => {
  const result = fold(binaryEvent({ source: { name: 'nowhere' } }), tablesOf([], deletes.ids('key')));
  assert.equal([skips(result), result.refusals], [[['deleted', 'd0', undefined]], []]);
});

test('derives from the results of statuses, and deletes each by its own key', () => {
  const results = [binaryEvent({ event: { kafka_key: 'r1' } }), binaryEvent({ event: { kafka_key: 'r2' } })];
  const status = recordOf({ kafka_key: 'status', timestamp: TIME + 9n, status: 'completed', results }, { offset: 3 });
  const folded = foldStatusResults(status, SETTINGS, NOW, tablesOf(CHAIN.slice(0, 1), deletes.ids('r1')));
  assert.equal(shas(folded), ['aa01 ', 'bb02 i1']);
  assert.equal(skips(folded), [['deleted', 'd0', undefined]]);
  const [own, child] = folded.writes.map(({ contribution }) => contribution);
  assert.equal([own?.eventKey, child?.recordKey, child?.recordTimestamp], ['r2', 'status', TIME + 9n]);
  assert.ok(covers(deleteTarget(deletes.ids('r2'))!, child!));
  assert.not(covers(deleteTarget(deletes.ids('r1'))!, child!));
});

test.run();
