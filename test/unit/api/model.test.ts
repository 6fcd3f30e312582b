/** Fields whose values may be shown as what matched (spec 05 §2.3). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { highlightFieldsOf } from '../../../src/api/model.js';

const test = suite('model');
const keyword = { type: 'keyword' };

function mapping(features: readonly string[]) {
  return {
    properties: {
      security: keyword,
      encoded_security: { properties: { exclusive: keyword, num_exclusive: { type: 'integer' } } },
      fold: { properties: { tokens: keyword } },
      magic: keyword,
      features_map: { properties: Object.fromEntries(features.map((name) => [name, keyword])) },
    },
  };
}

test('highlights in fields that every index has', () => {
  const fields = highlightFieldsOf([mapping(['a', 'b']), mapping(['b', 'c'])]);
  assert.equal([...fields].sort(), ['binary.tag', 'feature.tag', 'features_map.b', 'magic']);
});

test('highlights nothing where there is no index', () => {
  assert.is(highlightFieldsOf([]).size, 0);
});

test.run();
