import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentLine, readDocuments } from '../../../src/export/response.js';

const test = suite('exported documents');

const SOURCE =
  '{"size":18446744073709551615,"fold":{"tokens":["k1"]},"f":5.0,"e":1E+2,"s":"\\u00e9\\ud800 \\"","a":[1.0, {"b":-0}],"n":null}';
const answer = (source: string, extra = ''): string =>
  `{"docs":[{"_index":"i","_id":"a","found":true,"_source":${source}${extra}},{"_id":"gone","found":false}]}`;

test('keeps the text of a document and passes over those that are gone', () => {
  assert.equal(readDocuments(answer(SOURCE), true), [{ id: 'a', routing: null, source: SOURCE }]);
});

test('leaves out fold, and only at the top', () => {
  const [document] = readDocuments(answer('{"a":{"fold":1.0},"fold":{"x":{}},"b":2.50}', ',"_routing":"r"'), false);
  assert.equal(document, { id: 'a', routing: 'r', source: '{"a":{"fold":1.0},"b":2.50}' });
  assert.is(readDocuments(answer('{"fold":{}}'), false)[0]!.source, '{}');
});

test('keeps the text of every value when fold goes', () => {
  const [document] = readDocuments(answer(SOURCE), false);
  assert.is(document!.source, '{"size":18446744073709551615,"f":5.0,"e":1E+2,"s":"\\u00e9\\ud800 \\"","a":[1.0, {"b":-0}],"n":null}');
});

test('passes over strings with brackets and quotes, whatever the white space', () => {
  const source = '{ "a" : "}\\\\" , "fold" : [ "{\\"", { } ] , "b\\"]":[ ] , "" : -1.5e3 }';
  assert.equal(
    readDocuments(
      ` { "took":1 , "docs" : [ {"_id":"\\"x","found":true, "_source": ${source} } , {"_id":"y", "error":{"a":[]}} ] } `,
      false,
    ),
    [{ id: '"x', routing: null, source: '{"a" : "}\\\\","b\\"]":[ ],"" : -1.5e3}' }],
  );
  assert.equal(readDocuments('{"docs":[]}', false), []);
  assert.equal(readDocuments(answer('{}'), false)[0]!.source, '{}');
});

test('refuses an answer that is cut off or another one', () => {
  assert.throws(() => readDocuments('{"docs":[{"_id":"a","found":true,"_source":{"a":1', false), /ends within/);
  assert.throws(() => readDocuments('{"error":"x"}', false), /unexpected answer/);
});

test('is one line, whatever white space a document was stored with', () => {
  const line = documentLine('azul.x', { id: 'a"\n', routing: null, source: '{\r\n  "a" : "b  \\n",\n "c": [ 1 ]}' });
  assert.is(line, '{"index":"azul.x","id":"a\\"\\n","routing":null,"source":{"a":"b  \\n","c":[1]}}\n');
});

test.run();
