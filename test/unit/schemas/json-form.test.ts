import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BinaryEvent, type Model, MODELS, ZERO_TIME } from '../../../schemas/events.js';
import { eventFromJson, eventToJson } from '../../../schemas/json-form.js';
import type { JsonObject } from '../../../schemas/json-text.js';
import { parseJson } from '../../../schemas/json-text.js';
import { arbitraryEvent } from './arbitrary-event.js';
import { golden, goldens } from './golden.js';

const test = suite('json-form');

function fromText(model: Model, text: string): unknown {
  return eventFromJson(model, parseJson(text) as JsonObject);
}

interface Json {
  [key: string]: unknown;
}

/** JSON text of a golden event with members replaced by their dotted paths; `undefined` removes one. */
function edited(name: string, changes: Json): string {
  const event = JSON.parse(golden(name).json.text) as Json;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    const parent = keys.reduce((node, key) => node[key] as Json, event);
    parent[last] = value;
  }
  return JSON.stringify(event);
}

for (const { name, model, json } of goldens) {
  test(`reads and writes ${name} without a difference`, () => {
    assert.equal(JSON.parse(eventToJson(model, eventFromJson(model, json))), JSON.parse(json.text));
  });
}

for (const model of MODELS) {
  test(`takes any ${model} event through text and back`, () => {
    fc.assert(
      fc.property(arbitraryEvent(model), (event) => {
        const back = fromText(model, eventToJson(model, event));
        // `undefined` where the wire has "" is the one difference that JSON can't show: these fields may be missing.
        assert.ok(isDeepStrictEqual(parseJson(eventToJson(model, back as never)), parseJson(eventToJson(model, event))));
      }),
      { numRuns: 100 },
    );
  });
}

const BINARY = 'v6/binary/enriched';

test('writes keys of maps in UTF-8 order', () => {
  const references = Object.assign(Object.create(null) as object, { é: '4', b: '3', a: '2', B: '1', 10: 'x' }) as Record<string, string>;
  const event = eventFromJson('binary', golden(BINARY).json);
  const text = eventToJson('binary', { ...event, source: { ...event.source, references } });
  assert.ok(text.includes('"references":{"10":"x","B":"1","a":"2","b":"3","é":"4"}'), text);
});

test('drops what spec 01 §4 says and keeps what it says', () => {
  const text = edited(BINARY, {
    entity: { datastreams: [{ label: 'content' }] },
    flags: { expedite: false, retry: true },
    retries: 0,
    track_links: [],
    dequeued: '',
  });
  const written = JSON.parse(eventToJson('binary', fromText('binary', text) as BinaryEvent)) as Json;
  assert.equal(written['flags'], { retry: true });
  assert.equal(written['entity'], {
    sha256: '',
    datastreams: [{ label: 'content', size: 0, sha512: '', sha256: '', sha1: '', md5: '', mime: '', magic: '' }],
  });
  for (const key of ['retries', 'track_links', 'dequeued']) assert.not.ok(key in written, key);
});

test('drops the zero time of exactly three fields', () => {
  const remove = eventFromJson('delete', golden('v6/delete/link').json);
  assert.equal(remove.entity.submission.timestamp, ZERO_TIME);
  assert.not.match(eventToJson('delete', remove), /0001-01-01/);
  const download = { ...eventFromJson('download', golden('v6/download/example1').json), timestamp: ZERO_TIME };
  assert.is(download.entity.direct_expiry, ZERO_TIME);
  const written = eventToJson('download', download);
  assert.ok(written.includes('"timestamp":"0001-01-01T00:00:00Z"'));
  assert.not.match(written, /direct_expiry/);
});

test('keeps sizes exactly up to 2^64 - 1', () => {
  for (const size of ['9007199254740991', '9007199254740993', '18446744073709551615']) {
    const event = fromText('binary', golden(BINARY).json.text.replace('"size": 35054,', `"size": ${size},`)) as BinaryEvent;
    assert.ok(eventToJson('binary', event).includes(`"size":${size}`), size);
  }
});

test('keeps the text of info, but on one line', () => {
  const info = '{ "n" : 5.0,\n  "k": [1e2, "two\\n lines  kept"] }';
  const text = golden(BINARY).json.text.replace('"entity": {', `"entity": { "info": ${info},`);
  const event = fromText('binary', text) as BinaryEvent;
  assert.is(event.entity.info, info);
  assert.ok(eventToJson('binary', event).includes('"info":{"n":5.0,"k":[1e2,"two\\n lines  kept"]}'));
});

test('takes model_version 6 whatever nested events say', () => {
  const text = edited('v6/status/example1', { 'entity.input.model_version': 4 });
  assert.is((fromText('status', text) as { entity: { input: BinaryEvent } }).entity.input.model_version, 6);
});

for (const [what, path, value, message] of [
  ['an older model version', 'model_version', 5, /^model_version: 5, expected 6$/],
  ['no model version', 'model_version', undefined, /^model_version: missing, expected 6$/],
  ['an unknown key', 'entity.colour', 1, /^entity: unknown key "colour", expected sha256, /],
  ['an unknown key at the top', 'x', null, /^unknown key "x", expected model_version, /],
  ['a missing author name', 'author.name', undefined, /^author\.name: missing, expected a string$/],
  ['a number for a string', 'source.path.1.action', 7, /^source\.path\[1\]\.action: 7, expected a string$/],
  ['null where nothing may be missing', 'action', null, /^action: null, expected a string$/],
  ['a fractional size', 'entity.size', 1.5, /^entity\.size: 1\.5, expected an integer from 0 to 18446744073709551615$/],
  ['a negative size', 'entity.size', -1, /^entity\.size: -1, expected an integer/],
  ['too many retries', 'retries', 4294967296, /^retries: 4294967296, expected an integer from 0 to 4294967295$/],
  ['a time without offset', 'timestamp', '2021-02-14T12:12:21', /^timestamp: time "2021-02-14T12:12:21" is not RFC 3339/],
  ['a number in references', 'source.references.n', 1, /^source\.references\.n: 1, expected a string$/],
  ['an object for a list', 'entity.features', {}, /^entity\.features: \{\}, expected an array$/],
  ['a string for an object', 'source', 'x', /^source: "x", expected an object$/],
] as [string, string, unknown, RegExp][]) {
  test(`refuses ${what} with its path`, () => {
    let found = 'accepted';
    try {
      fromText('binary', edited(BINARY, { [path]: value }));
    } catch (error) {
      found = (error as Error).message;
    }
    assert.match(found, message);
  });
}

test('takes null for a key that may be missing', () => {
  const text = edited(BINARY, { 'entity.md5': null, 'entity.features': null, 'entity.size': null });
  const event = fromText('binary', text) as BinaryEvent;
  assert.is(event.entity.md5, undefined);
  assert.is(event.entity.size, undefined);
  assert.equal(event.entity.features, []);
});

test.run();
