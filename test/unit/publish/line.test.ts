import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BinaryEvent } from '../../../schemas/events.js';
import { parseLine, writtenModel } from '../../../src/publish/line.js';

const test = suite('history lines');
const EVENT = readFileSync(new URL('../../fixtures/events/v6/binary/enriched_w_info_dict.json', import.meta.url), 'utf8');
const TOPIC = 'azul.qa01.s1.binary.enriched';

function line(fields: Readonly<Record<string, string>>): string {
  return `{${Object.entries({ topic: `"${TOPIC}"`, key: '"k"', event: EVENT, ...fields })
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `"${name}":${text}`)
    .join(',')}}`;
}

test('reads topic, key and event', () => {
  const { topic, key, model, event } = parseLine(line({ key: '"record key"' }));
  assert.is(topic, TOPIC);
  assert.is(key, 'record key');
  assert.is(model, 'binary');
  assert.is((event as BinaryEvent).action, 'enriched');
});

test('keeps number texts of info and sizes of 64 bits', () => {
  const sized = EVENT.replace(/("entity":[^]*?"size":\s*)\d+/, (_match, before: string) => `${before}18446744073709551615`);
  const text = sized.replace(/"info":\s*\{/, '"info":{"a":5.0,"b":1e400,');
  const { entity } = parseLine(line({ event: text })).event as BinaryEvent;
  assert.match(entity.info!, '"a":5.0,"b":1e400');
  assert.is(entity.size, 18_446_744_073_709_551_615n);
});

test('takes null for a tombstone, on topics of metafold too', () => {
  assert.is(parseLine(line({ event: 'null' })).event, undefined);
  assert.is(parseLine(line({ event: 'null', topic: '"azul.qa01.system.dead-letter"' })).model, undefined);
});

test('knows the model of each topic that carries events', () => {
  const models = [
    'a.s.binary.mapped',
    'a.system.expedite',
    'a.system.error',
    'a.system.status',
    'a.system.delete',
    'a.system.report',
    'a.system.binary',
    'nope',
  ];
  assert.equal(
    models.map((topic) => writtenModel(`azul.${topic}`)),
    ['binary', 'binary', 'binary', 'status', 'delete', undefined, 'binary', undefined],
  );
});

const WRONG: readonly (readonly [text: string, message: RegExp])[] = [
  ['{', /JSON ends/],
  ['[]', /line: \[\], expected an object/],
  [line({ topic: '' }), /topic: missing/],
  [line({ topic: '5' }), /topic: 5, expected a topic/],
  [line({ topic: '"azul.qa01.system.report"' }), /topic: "azul.qa01.system.report", expected a topic of events/],
  [line({ key: '' }), /key: missing/],
  [line({ key: '""' }), /key: "", expected/],
  [line({ event: '' }), /event: missing/],
  [line({ event: '"x"' }), /event: "x", expected an event/],
  [line({ extra: '1' }), /unknown field "extra"/],
  [line({ event: EVENT.replace('"action"', '"actoin"') }), /act/],
  [line({ event: EVENT.replace(/"model_version":\s*6/, '"model_version":5') }), /model_version: 5, expected 6/],
];

for (const [text, message] of WRONG) {
  test(`refuses ${text.slice(0, 60)} with ${message.source}`, () => {
    assert.throws(() => parseLine(text), message);
  });
}

test.run();
