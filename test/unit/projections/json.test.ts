import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson, rawJson } from '../../../projections/json.js';

const test = suite('documents as JSON');

test('writes plain bodies as JSON.stringify does, without undefined fields', () => {
  assert.is(documentJson({ a: 1, b: undefined, c: [null, true, 'x"\n'], d: {} }), '{"a":1,"c":[null,true,"x\\"\\n"],"d":{}}');
});

test('writes integers beyond 2^53 with all their digits', () => {
  assert.is(documentJson({ a: { b: [18446744073709551615n, 2] } }), '{"a":{"b":[18446744073709551615,2]}}');
});

test('puts raw texts in as they stand', () => {
  assert.is(documentJson({ a: 1, info: rawJson('{"n": 1.0}'), b: 2 }), '{"a":1,"info":{"n": 1.0},"b":2}');
  assert.is(documentJson({ a: { x: rawJson('1.0') }, info: rawJson('{}') }), '{"a":{"x":1.0},"info":{}}');
  assert.is(documentJson({ size: 1n, info: rawJson('{"n": 1.0}') }), '{"size":1,"info":{"n": 1.0}}');
});

test('is not confused by data that looks like its placeholder', () => {
  const marker = JSON.parse(JSON.stringify(rawJson('0'))) as string;
  assert.is(documentJson({ a: marker }), `{"a":${JSON.stringify(marker)}}`);
  assert.is(documentJson({ a: marker, info: rawJson('{"n":1}') }), `{"a":${JSON.stringify(marker)},"info":{"n":1}}`);
  assert.is(documentJson({ info: rawJson('{"n":1}'), a: [marker] }), `{"info":{"n":1},"a":[${JSON.stringify(marker)}]}`);
  assert.is(documentJson({ a: marker, big: 1n, info: rawJson('{"n":1}') }), `{"a":${JSON.stringify(marker)},"big":1,"info":{"n":1}}`);
  const dollars = rawJson('"$&$1$$"');
  assert.is(documentJson({ info: dollars }), '{"info":"$&$1$$"}');
});

test('keeps a key called __proto__', () => {
  const map = Object.create(null) as Record<string, string>;
  map['__proto__'] = 'x';
  assert.is(documentJson({ map, big: 1n }), '{"map":{"__proto__":"x"},"big":1}');
  assert.is(documentJson({ map }), '{"map":{"__proto__":"x"}}');
});

test.run();
