/** Documents of an answer stay text, and their numbers what they are. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson, rawJson } from '../../../projections/json.js';
import type { DocumentBody, RawJson } from '../../../projections/types.js';
import { exactValue, memberText, parseWithSourceTexts } from '../../../src/opensearch/source-texts.js';

const test = suite('source texts');

interface Answer {
  readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source: RawJson }[] };
}

test('keeps each document as its text, wherever it stands, and parses the rest', () => {
  const documents = ['{"size":18446744073709551615,"info":{"a":5.0,"_source":[1.0,"}\\"]"]}}', '{}', '{"b": "\\"_source\\":{"}'];
  const hits = documents.map((source, n) => `{"_id":"${n}","_source":${source},"sort":[1.5]}`);
  const text = `{"took":3,"hits":{"total":{"value":3},"hits":[${hits.join(',')}]},"aggregations":{"_source x":{"buckets":[]}}}`;
  const answer = parseWithSourceTexts(text) as Answer;
  assert.equal(
    answer.hits.hits.map(({ _source }) => _source.rawJson),
    documents,
  );
  assert.equal(
    answer.hits.hits.map(({ _id }) => _id),
    ['0', '1', '2'],
  );
  assert.is(documentJson(answer as unknown as DocumentBody), text, 'written again it is the same text');
});

test('parses an answer without documents', () => {
  assert.equal(parseWithSourceTexts('{"took":1,"note":"\\"_source\\":{"}'), { took: 1, note: '"_source":{' });
  assert.throws(() => parseWithSourceTexts('{"hits":[{"_source":{"a":'), /JSON/);
});

test('gives numbers that JavaScript has as numbers, others as their text', () => {
  const lexemes = ['0', '-1', '1.5', '9007199254740991', '1e+21', '5.0', '-0', '1E5', '9007199254740993', '18446744073709551615', '0.10'];
  const values = exactValue(rawJson(`[${lexemes.join(',')}]`)) as (number | RawJson)[];
  assert.equal(
    values.map((value) => typeof value),
    ['number', 'number', 'number', 'number', 'number', 'object', 'object', 'object', 'object', 'object', 'object'],
  );
  assert.is(documentJson({ values }), `{"values":[${lexemes.join(',')}]}`);
});

test('gives objects with every key, also one that JavaScript has a meaning for', () => {
  const text = '{"__proto__":{"a":1},"constructor":null,"b":[true,"x",{"c":1.0}]}';
  const value = exactValue(rawJson(text)) as DocumentBody;
  assert.is(documentJson(value), text);
  assert.is(Object.getPrototypeOf(value), Object.prototype);
});

test('cuts one member out of a document', () => {
  const document = rawJson('{"info": {"2": 1.0, "1": {"x" : [1e400]}}, "other": 5}');
  assert.is(memberText(document, 'info')?.rawJson, '{"2": 1.0, "1": {"x" : [1e400]}}');
  assert.is(memberText(document, 'x'), undefined);
});

test.run();
