/** A later record of a key that ranks lower than the one it replaces: the document ends up showing the next contribution, read again from the log. */
import * as assert from 'uvu/assert';
import { parseTime } from '../../schemas/time.js';
import type { JsonObject } from '../../schemas/json-text.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { documentMap } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { deleteRecordsBefore } from '../helpers/log.js';
import { binaryRecord, enrichedEvent, feature } from '../helpers/records.js';
import { testStack } from '../helpers/stack.js';

const test = integration('replaced winner');
let arena: Arena;

test.setup(() => {
  arena = createArena();
  test.closing(() => arena.close());
});

/** A contribution to the one document of the test, shown by its feature's value. */
function contribution(key: string, second: number, value: string, expedited = false): OutgoingRecord {
  const timestamp = parseTime(`2026-03-01T00:00:0${String(second)}Z`);
  const event = enrichedEvent(key, { event: { timestamp }, entity: { features: [feature({ name: 'f', value })] } });
  return binaryRecord(arena.prefix, event, expedited);
}

async function shown(): Promise<{ value: string | undefined; fold: string }> {
  const documents = documentMap((await arena.run(['export', '--with-fold'])).stdout);
  const source = [...documents.values()]
    .map(({ entries }) => entries.get('source') as JsonObject)
    .find(({ entries }) => entries.has('features_map'))!;
  return { value: /"features_map":\{"f":\["(\w+)"\]\}/.exec(source.text)?.[1], fold: (source.entries.get('fold') as JsonObject).text };
}

test('shows the next contribution when the winner is replaced by a record that ranks lowest', async () => {
  await arena.send([contribution('a', 9, 'winner'), contribution('b', 5, 'next'), contribution('c', 3, 'last')]);
  await arena.fold();
  assert.is((await shown()).value, 'winner');
  await arena.send([contribution('a', 1, 'replaced')]);
  await arena.fold();
  const { value, fold } = await shown();
  assert.is(value, 'next');
  assert.not.match(fold, /owed/);
});

test('does so once more, and when everything is read again', async () => {
  await arena.send([contribution('b', 2, 'replaced')]);
  await arena.fold();
  assert.is((await shown()).value, 'last');
  await arena.fold({ METASTORE_INGESTOR_VERSION_SUFFIX: '1' });
  assert.is((await shown()).value, 'last');
});

test('does so when winner and replacement come in one batch', async () => {
  await arena.send([contribution('c', 8, 'short-lived'), contribution('c', 0, 'replaced')]);
  await arena.fold();
  assert.is((await shown()).value, 'replaced'); // b's second record, of second 2
  assert.match((await shown()).fold, /^\{"tokens":\[.*?\],"contributions":\[\{[^}]*"k":"b"/);
});

test('shows the one after the next when the record of the next is gone', async () => {
  await arena.send([contribution('d', 7, 'aged', true), contribution('e', 9, 'brief')]);
  await arena.fold();
  assert.is((await shown()).value, 'brief');
  await deleteRecordsBefore(testStack().brokers, { topic: systemTopic(arena.prefix, 'expedite'), partition: 0, offset: 1 });
  await arena.send([contribution('e', 0, 'lowest')]);
  await arena.fold();
  const { value, fold } = await shown();
  assert.is(value, 'replaced'); // b's second record
  assert.not.match(fold, /owed|"k":"d"/);
});
