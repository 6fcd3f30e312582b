/**
 * What no longer counts is taken out of documents that a worker has folded: losers, winners, last ones; the next contribution is read from the log
 * again. In the end the documents are those of a fold of what survives.
 */
import * as assert from 'uvu/assert';
import { eventKeyToken } from '../../projections/tokens.js';
import { retractRecord, retractTokens, type Retraction } from '../../src/removal/retraction.js';
import { parseTime } from '../../schemas/time.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { binaryTopic, systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences, documentMap } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { createQuicklyCompactedTopic, deleteRecordsBefore, waitForCompaction } from '../helpers/log.js';
import { author, binaryRecord, enrichedEvent, feature } from '../helpers/records.js';
import { binaries, openRemoving, type Removing, type StoredBinary } from '../helpers/removing.js';
import { testStack } from '../helpers/stack.js';

const test = integration('removal');
let arena: Arena;
/** Folds what survives; its topics are its own. */
let model: Arena;
let removing: Removing;
/** One list for each case: its records, by key, that are to survive. */
const survivors: ((prefix: string) => OutgoingRecord)[] = [];

interface Wish {
  readonly sha256: string;
  readonly key: string;
  /** The order of contributions. */
  readonly second: number;
  readonly plugin?: string;
  readonly source?: string;
  readonly expedited?: boolean;
  /** An integer that OpenSearch refuses. */
  readonly poison?: boolean;
  readonly survives?: boolean;
}

/** A contribution to the document of (sha256, plugin), which shows its key in the feature `f`. */
function made(
  prefix: string,
  { sha256, key, second, plugin = 'meta', source = 's2', expedited = false, poison = false }: Wish,
): OutgoingRecord {
  const by = author({ name: plugin, category: 'plugin' });
  const features = [feature({ value: key }), feature({ name: 'size', type: 'integer', value: '9007199254740993' })];
  if (poison) features.push(feature({ name: 'poison', type: 'integer', value: '99999999999999999999' }));
  const event = enrichedEvent(key, {
    event: {
      timestamp: parseTime(`2026-03-01T00:00:0${String(second)}Z`),
      author: by,
      track_authors: ['user.bob.1', `plugin.${plugin}.1`],
      flags: { bypass_cache: false, expedite: expedited, retry: false },
    },
    entity: { sha256, features, info: '{"big":18446744073709551617,"ratio":1.50,"list":[0.1]}', size: 18446744073709551615n },
    source: { name: source },
  });
  return binaryRecord(prefix, event, expedited);
}

function wish(one: Wish): OutgoingRecord {
  if (one.survives) survivors.push((prefix) => made(prefix, one));
  return made(arena.prefix, one);
}

const FEATURE_TOPIC = 'incidents';

test.setup(async () => {
  arena = createArena({ METAFOLD_MAX_CONTRIBUTIONS: '3' });
  model = createArena({ METAFOLD_MAX_CONTRIBUTIONS: '3' });
  test.closing(() => Promise.all([arena.close(), model.close()]));
  const { brokers } = testStack();
  await createQuicklyCompactedTopic(brokers, binaryTopic(arena.prefix, FEATURE_TOPIC, 'enriched'));
  await arena.send([
    wish({ sha256: '01', key: '01-stays', second: 9, survives: true }),
    wish({ sha256: '01', key: '01-goes', second: 5 }),
    wish({ sha256: '02', key: '02-goes', second: 9 }),
    wish({ sha256: '02', key: '02-next', second: 5, survives: true }),
    wish({ sha256: '02', key: '02-last', second: 3, survives: true }),
    wish({ sha256: '03', key: '03-goes', second: 9 }),
    wish({ sha256: '04', key: '04-goes', second: 9, plugin: 'one' }),
    wish({ sha256: '04', key: '04-stays', second: 9, plugin: 'two', survives: true }),
    wish({ sha256: '05', key: '05-goes', second: 9 }),
    wish({ sha256: '05', key: '05-poison', second: 7, poison: true }),
    wish({ sha256: '05', key: '05-last', second: 3, survives: true }),
    wish({ sha256: '06', key: '06-goes', second: 9 }),
    wish({ sha256: '06', key: '06-aged', second: 7, expedited: true }),
    wish({ sha256: '06', key: '06-last', second: 3, survives: true }),
    wish({ sha256: '07', key: '07-goes', second: 9 }),
    wish({ sha256: '07', key: '07-replaced', second: 7, source: FEATURE_TOPIC }),
    wish({ sha256: '07', key: '07-last', second: 3, survives: true }),
    ...[1, 2, 3, 4, 5].map((second) => wish({ sha256: '08', key: `08-${String(second)}`, second })),
    wish({ sha256: '09', key: '09-goes', second: 9 }),
    wish({ sha256: '09', key: '09-aged', second: 7, expedited: true }),
    wish({ sha256: '10', key: '10-overruled', second: 5, source: 'test' }),
    wish({ sha256: '10', key: '10-goes', second: 9 }),
    wish({ sha256: '10', key: '10-last', second: 3, survives: true }),
  ]);
  await arena.fold();
  removing = await openRemoving(arena);
  test.closing(() => removing.close());
});

const byKeys = (...keys: string[]): Retraction[] => retractTokens(keys.map(eventKeyToken));

async function ofBinary(sha256: string): Promise<StoredBinary[]> {
  return (await binaries(arena)).filter(({ _routing }) => _routing === sha256);
}

/** The one metadata document of a binary, whose parent must stand: what it shows, and of which contributions. */
async function shown(sha256: string): Promise<{ shows: string | undefined; of: string[] }> {
  const documents = await ofBinary(sha256);
  assert.equal(documents.map(({ _source }) => _source.sha256).sort(), [sha256, undefined]);
  const { _source } = documents.find((document) => document._source.sha256 === sha256)!;
  assert.is(_source.fold?.owed, undefined);
  return { shows: _source.features_map?.['f']?.[0], of: _source.fold!.contributions.map(({ k }) => k) };
}

const nothingDropped = { compacted: 0, retention: 0, bound: 0, overruled: 0 };

test('a loser leaves the list, the body stays', async () => {
  const result = await removing.removal.retract(byKeys('01-goes'));
  assert.equal(result, { changed: 1, deleted: 0, dropped: nothingDropped, parentsRemoved: 0 });
  assert.equal(await shown('01'), { shows: '01-stays', of: ['01-stays'] });
});

test('the next contribution takes the place of a winner', async () => {
  const result = await removing.removal.retract(byKeys('02-goes'));
  assert.equal(result, { changed: 1, deleted: 0, dropped: nothingDropped, parentsRemoved: 0 });
  assert.equal(await shown('02'), { shows: '02-next', of: ['02-next', '02-last'] });
});

test('the last contribution takes the document and its parent with it', async () => {
  const topic = binaryTopic(arena.prefix, 's2', 'enriched');
  const [child] = (await ofBinary('03')).filter(({ _source }) => _source.sha256 !== undefined);
  const { k, o } = child!._source.fold!.contributions[0]!;
  const result = await removing.removal.retract([retractRecord({ topic, partition: 0, recordKey: k, offset: o })]);
  assert.equal(result, { changed: 0, deleted: 1, dropped: nothingDropped, parentsRemoved: 1 });
  assert.equal(await ofBinary('03'), []);
});

test('a parent stays while another child does', async () => {
  const result = await removing.removal.retract(byKeys('04-goes'));
  assert.equal(result, { changed: 0, deleted: 1, dropped: nothingDropped, parentsRemoved: 0 });
  assert.equal(await shown('04'), { shows: '04-stays', of: ['04-stays'] });
});

test('a contribution that OpenSearch refuses goes to the dead letter, and the one after it is shown', async () => {
  const result = await removing.removal.retract(byKeys('05-goes'));
  assert.equal(result, { changed: 1, deleted: 0, dropped: { ...nothingDropped, overruled: 1 }, parentsRemoved: 0 });
  assert.equal(await shown('05'), { shows: '05-last', of: ['05-last'] });
  assert.equal(
    removing.refused.map(({ contender, type }) => [contender.contribution.eventKey, type]),
    [['05-poison', 'mapper_parsing_exception']],
  );
});

test('a contribution whose record retention has taken is dropped and counted', async () => {
  await deleteRecordsBefore(testStack().brokers, { topic: systemTopic(arena.prefix, 'expedite'), partition: 0, offset: 2 });
  const result = await removing.removal.retract(byKeys('06-goes'));
  assert.equal(result, { changed: 1, deleted: 0, dropped: { ...nothingDropped, retention: 1 }, parentsRemoved: 0 });
  assert.equal(await shown('06'), { shows: '06-last', of: ['06-last'] });
  assert.equal(removing.dropped.splice(0), ['overruled', 'retention']);
});

test('a contribution whose record is compacted away is dropped and counted', async () => {
  const topic = binaryTopic(arena.prefix, FEATURE_TOPIC, 'enriched');
  await arena.send([{ topic, key: '07-replaced', value: null }]);
  await waitForCompaction(testStack().brokers, { topic, partition: 0, offset: 0 });
  const result = await removing.removal.retract(byKeys('07-goes'));
  assert.equal(result, { changed: 1, deleted: 0, dropped: { ...nothingDropped, compacted: 1 }, parentsRemoved: 0 });
  assert.equal(await shown('07'), { shows: '07-last', of: ['07-last'] });
});

test('a cut list that runs empty takes the document, and says that there may have been more', async () => {
  const keys = [1, 2, 3, 4, 5].map((second) => `08-${String(second)}`);
  const [child] = (await ofBinary('08')).filter(({ _source }) => _source.sha256 !== undefined);
  assert.is(child!._source.fold!.contributions.length, 3);
  const result = await removing.removal.retract(byKeys(...keys));
  assert.equal(result, { changed: 0, deleted: 1, dropped: { ...nothingDropped, bound: 1 }, parentsRemoved: 1 });
  assert.equal(await ofBinary('08'), []);
});

test('a document goes when nothing of what is left can be read', async () => {
  const result = await removing.removal.retract(byKeys('09-goes'));
  assert.equal(result, { changed: 0, deleted: 1, dropped: { ...nothingDropped, retention: 1 }, parentsRemoved: 1 });
  assert.equal(await ofBinary('09'), []);
});

test('a contribution that the settings refuse by now is passed over', async () => {
  delete arena.settings.metastore_sources['test'];
  arena.saveSettings();
  const stricter = await openRemoving(arena);
  try {
    // The winner would be the next one: the order is 9, 5, 3.
    const result = await stricter.removal.retract(byKeys('10-goes'));
    assert.equal(result, { changed: 1, deleted: 0, dropped: { ...nothingDropped, overruled: 1 }, parentsRemoved: 0 });
    assert.equal(await shown('10'), { shows: '10-last', of: ['10-last'] });
  } finally {
    await stricter.close();
  }
});

test('finds nothing the second time', async () => {
  const again = await removing.removal.retract(byKeys('01-goes', '02-goes', '03-goes', '04-goes'));
  assert.equal(again, { changed: 0, deleted: 0, dropped: nothingDropped, parentsRemoved: 0 });
});

test('leaves the documents of a fold of what survives, numbers exact', async () => {
  await model.send(survivors.map((record) => record(model.prefix)));
  await model.fold();
  const expected = documentMap((await model.run(['export'])).stdout.replaceAll(model.partition, arena.partition));
  const actual = await arena.documents();
  const text = [...actual.values()].map((document) => document.text).join('\n');
  assert.match(text, /"big": 18446744073709551617/);
  assert.equal(differences(actual, expected), []);
});
