import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ApiError } from '../../../../src/api/api-error.js';
import { afterText, containing, pageBody, parseAfter } from '../../../../src/api/features/value-pages.js';

const test = suite('pages of values');

test('escapes all that has a meaning in a regular expression', () => {
  assert.is(containing('a.b'), '.*a\\.b.*');
  assert.is(containing('Zé 9'), '.*Zé 9.*');
  for (const character of '.?+*|{}[]()"\\#@&<>~^-$_!/') assert.is(containing(character), `.*\\${character}.*`);
});

for (const [text, after] of [
  [undefined, undefined],
  [null, undefined],
  ['', undefined],
  ['{"VALUE": ""}', ''],
  ['{"VALUE":"\\u00e9"}', 'é'],
] as const) {
  test(`reads the cursor ${String(text)}`, () => assert.is(parseAfter(text), after));
}

for (const text of ['{', 'null', '5', '[]', '"a"', '{}', '{"VALUE": 5}', '{"VALUE": null}', '{"SHA256": "a"}', '{"VALUE": "a", "B": 1}']) {
  test(`refuses the cursor ${text}`, () =>
    assert.throws(
      () => parseAfter(text),
      (error: unknown) => error instanceof ApiError && error.status === 422,
    ));
}

test('writes a cursor as the peer does, and reads it again', () => {
  assert.is(afterText('a"é'), '{"VALUE": "a\\"\\u00e9"}');
  assert.is(parseAfter(afterText('a"é\u{1F600}')), 'a"é\u{1F600}');
});

test('counts with the first request only', () => {
  const wanted = {
    feature: 'f',
    term: '',
    caseInsensitive: false,
    ascending: false,
    count: 5,
    filters: [{ term: { a: 'b' } }],
    after: undefined,
  };
  const sources = [{ VALUE: { terms: { field: 'features_map.f', order: 'desc' } } }];
  const newest = { newest: { max: { field: 'timestamp' } } };
  const first = pageBody(wanted, 5, undefined);
  assert.equal(first['query'], { bool: { filter: [{ exists: { field: 'features_map.f' } }, { term: { a: 'b' } }] } });
  assert.equal(first['aggs'], {
    values: { composite: { size: 5, sources }, aggs: newest },
    total: { cardinality: { field: 'features_map.f', precision_threshold: 1_000 } },
  });
  const second = pageBody({ ...wanted, term: 'x', caseInsensitive: true, ascending: true }, 9, 'v');
  assert.equal(second['aggs'], {
    values: {
      composite: { size: 9, sources: [{ VALUE: { terms: { field: 'features_map.f', order: 'asc' } } }], after: { VALUE: 'v' } },
      aggs: newest,
    },
  });
  assert.equal((second['query'] as { bool: { filter: unknown[] } }).bool.filter[0], {
    regexp: { 'features_map.f': { value: '.*x.*', case_insensitive: true } },
  });
});

test.run();
