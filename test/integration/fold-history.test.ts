/** A whole history through Kafka into OpenSearch, published in different ways: the documents are the expected ones, none missing, none more. */
import * as assert from 'uvu/assert';
import type { BinaryEvent } from '../../schemas/events.js';
import { JsonObject } from '../../schemas/json-text.js';
import { parseTime } from '../../schemas/time.js';
import { inArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { binaryRecord, enrichedEvent, feature } from '../helpers/records.js';

const HISTORY = 'history-plain';
const test = integration('fold of a history');

async function assertExpected(arena: Arena): Promise<void> {
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
}

test('gives exactly the expected documents, and the same when everything is read a second time', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY);
    await arena.fold();
    await assertExpected(arena);
    const again = await arena.fold({ METASTORE_INGESTOR_VERSION_SUFFIX: '1' });
    assert.match(again.stderr, /"records":1014,/);
    await assertExpected(arena);
    const nothingLeft = await arena.fold();
    assert.match(nothingLeft.stderr, /"records":0,/);
  }));

test('gives them from version 5, framed with schemas of the registry, shuffled', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY, '--model-version', '5', '--framed', '--shuffle', '7');
    await arena.fold();
    await assertExpected(arena);
  }));

test('gives them when every record comes twice, in seven partitions, to three workers at once', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY, '--repeat', '2', '--shuffle', '8', '--partitions', '7');
    const workers = await Promise.all([arena.fold(), arena.fold(), arena.fold()]);
    await assertExpected(arena);
    assert.is(workers.map(recordsRead).reduce((a, b) => a + b) >= 2 * 1014, true);
  }));

test('gives them without source settings from version 4, which has none', () =>
  inArena(async (arena) => {
    await arena.publish(HISTORY, '--model-version', '4');
    await arena.fold();
    const expected = expectedDocuments(HISTORY, arena.partition);
    let settings = 0;
    for (const document of expected.values()) {
      const source = (document.entries.get('source') as JsonObject).entries.get('source');
      if (source instanceof JsonObject && source.entries.delete('settings')) settings++;
      if (source instanceof JsonObject) source.entries.delete('encoded_settings');
    }
    assert.ok(settings > 10);
    assert.equal(differences(await arena.documents(), expected), []);
  }));

test('stores numbers as they were written, also when the document is merged', () =>
  inArena(async (arena) => {
    const event = (key: string, second: number): BinaryEvent =>
      enrichedEvent(key, {
        event: { timestamp: parseTime(`2026-03-01T00:00:0${String(second)}Z`) },
        entity: {
          size: 18446744073709551615n,
          info: '{"one":1.0,"big":12345678901234567890123,"exponent":1E22,"zero":-0.0}',
          features: [feature({ name: 'n', type: 'integer', value: '9007199254740993' })],
        },
      });
    const numbers = async (): Promise<string> => {
      const { stdout } = await arena.run(['export', 'binary2']);
      return [/"size":\d+/, /"integer":\d+/, /"info":\{.*?\}/].map((part) => part.exec(stdout)?.[0]).join(' ');
    };
    await arena.send([binaryRecord(arena.prefix, event('k1', 1))]);
    await arena.fold();
    const asSent = '"size":18446744073709551615 "integer":9007199254740993 "info":{"one": 1.0, "big": 12345678901234567890123, "exponent": 1e+22, "zero": -0.0}'; // prettier-ignore
    assert.is(await numbers(), asSent);
    await arena.send([binaryRecord(arena.prefix, event('k2', 2))]);
    await arena.fold();
    // OpenSearch writes a document anew when it runs a script: the same numbers, in its own spelling.
    assert.match(
      await numbers(),
      /"size":18446744073709551615 "integer":9007199254740993 "info":\{(?=.*"one":1\.0)(?=.*"big":12345678901234567890123)(?=.*"exponent":1\.0E22)(?=.*"zero":-0\.0)/,
    );
  }));

test('folds a record of nearly 3 MiB, whose document is ten times as large, beside a small one', () =>
  inArena(async (arena) => {
    const features = Array.from({ length: 9_000 }, (_, n) =>
      feature({ name: `f${String(n % 7)}`, value: `${String(n)} ${'\u0001'.repeat(300)}` }),
    );
    const large = binaryRecord(arena.prefix, enrichedEvent('large', { entity: { sha256: 'a1', features } }));
    assert.ok(large.value!.length > 2_700_000);
    await arena.send([large, binaryRecord(arena.prefix, enrichedEvent('small', { entity: { sha256: 'b1' } }))]);
    const { stderr } = await arena.fold();
    assert.match(stderr, /"documents":2,"deadLetters":0/);
    assert.is((await arena.documents()).size, 4);
  }));

function recordsRead({ stderr }: { readonly stderr: string }): number {
  return Number(/"records":(\d+),/.exec(stderr)?.[1]);
}
