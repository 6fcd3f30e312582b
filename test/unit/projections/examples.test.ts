import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldBinary } from '../../../projections/binary/fold.js';
import { foldDownload } from '../../../projections/download/project.js';
import { documentJson } from '../../../projections/json.js';
import type { FoldResult } from '../../../projections/types.js';
import { NO_TABLES } from '../../../projections/removal/tables.js';
import type { BinaryEvent } from '../../../schemas/events.js';
import { deepFrozen, eventOf, NOW, recordOf, SETTINGS, type ExpectedDocument } from './support.js';

const test = suite('worked examples');

const read = (file: string): string => readFileSync(new URL(`../../fixtures/examples/${file}`, import.meta.url), 'utf8').trim();

function assertDocument(result: FoldResult, name: string): void {
  const expected = JSON.parse(read(`${name}.document.json`)) as ExpectedDocument;
  assert.is(result.writes.length, 1, JSON.stringify(result.refusals));
  const { index, id, routing, body } = result.writes[0]!;
  assert.equal({ index, id, routing: routing ?? null, source: JSON.parse(documentJson(body)) as unknown }, expected);
}

/** Empty values of the events that the JSON reader drops, as a trip through Avro would; the projection has to keep or drop them itself. */
const KEPT: Readonly<Record<string, (event: BinaryEvent) => void>> = {
  a: ({ entity }) => {
    entity.sha1 = '';
    entity.datastreams[0]!.identify_version = 0;
    entity.info = '{}';
  },
  b: ({ source }) => {
    source.path[0]!.size = 0;
  },
  c: ({ entity }) => {
    entity.features[0]!.label = '';
  },
};

for (const [name, what] of [
  ['a', 'a sourced binary'],
  ['b', 'an extracted binary'],
  ['c', 'an enriched binary'],
] as const) {
  test(`${name.toUpperCase()}: ${what}`, () => {
    const event = eventOf('binary', read(`${name}.event.json`));
    KEPT[name]!(event);
    const record = deepFrozen(recordOf(event));
    const result = foldBinary(record, SETTINGS, NOW, NO_TABLES);
    assertDocument(result, name);
    assert.equal(foldBinary(record, SETTINGS, NOW, NO_TABLES), result);
  });
}

test('D: a download request', () => {
  const record = deepFrozen(recordOf(eventOf('download', read('d.event.json'))));
  assertDocument(foldDownload(record, SETTINGS), 'd');
});

test.run();
