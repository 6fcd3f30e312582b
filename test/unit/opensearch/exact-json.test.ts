import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExactSerializer, parseExactly } from '../../../src/opensearch/exact-json.js';

const test = suite('exact JSON of answers');

test('keeps integers that a number cannot hold', () => {
  const text = '{"max":18446744073709551615,"min":[-9223372036854775808, 9007199254740993],"n":{"safe":9007199254740991}}';
  const expected = { max: 18446744073709551615n, min: [-9223372036854775808n, 9007199254740993n], n: { safe: 9007199254740991 } };
  assert.equal(parseExactly(text), expected);
});

test('reads all else as JSON.parse does', () => {
  const texts = [
    '{"a":1.5,"b":[1772323870999,-0.0],"c":"9007199254740993","d":null,"e":true,"f":{}}',
    '{"id":9007199254740993000.5,"e":12345678901234567890e3,"big":1e300,"s":",1234567890123456789"}',
    '{"__proto__":{"x":1},"2":1,"1":[[],[{}]],"long":[1234567890123456]}',
  ];
  for (const text of texts) assert.is(JSON.stringify(parseExactly(text)), JSON.stringify(JSON.parse(text)), text);
});

test('fails as the client expects', () => {
  for (const text of ['', '{"a":', '{"a":9007199254740993,}']) {
    assert.throws(
      () => new ExactSerializer().deserialize(text),
      (error: Error) => error.name === 'DeserializationError',
      text,
    );
  }
});

test.run();
