import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  featureMatchBody,
  featureSourcesBody,
  sourcesByAuthor,
  type FeatureSourceHit,
} from '../../../../src/search/similarity/features.js';

const test = suite('search by features');

function source(author: string, featuresMap: Record<string, string[]> | undefined, index = 'i1'): FeatureSourceHit {
  return { _index: index, _source: { author: { name: author }, features: [], ...(featuresMap && { features_map: featuresMap }) } };
}

test('asks for the documents of the binary that have enough values, equal ones once', () => {
  assert.equal(featureSourcesBody('aa'), {
    _source: { includes: ['author.name', 'features.name', 'features.value', 'features_map'] },
    query: { bool: { filter: [{ range: { num_feature_values: { gt: 4 } } }, { term: { sha256: 'aa' } }] } },
    size: 1000,
    collapse: { field: 'uniq_features' },
  });
});

test('groups documents by author in order of appearance', () => {
  const hits = [source('b', undefined), source('a', undefined, 'i2'), source('b', undefined, 'i3')];
  assert.equal(
    [...sourcesByAuthor(hits)],
    [
      ['b', [hits[0], hits[2]]],
      ['a', [hits[1]]],
    ],
  );
});

test("asks for the author's documents of other binaries like the given ones, which are not taken by id", () => {
  const sources = [
    source('unzip', { mime: ['a/b'], 'x.y': ['1', '2'] }),
    source('unzip', { mime: ['c/d'] }, 'i2'),
    source('unzip', undefined),
  ];
  assert.equal(featureMatchBody('unzip', sources, 'aa'), {
    timeout: '20s',
    _source: { includes: ['sha256', 'features.name', 'features.value'] },
    query: {
      bool: {
        filter: [
          { range: { num_feature_values: { gt: 4 } } },
          { term: { 'author.name': 'unzip' } },
          {
            more_like_this: {
              fields: ['features_map.mime', 'features_map.x.y'],
              like: [
                { _index: 'i1', routing: 'aa', doc: { features_map: { mime: ['a/b'], 'x.y': ['1', '2'] } } },
                { _index: 'i2', routing: 'aa', doc: { features_map: { mime: ['c/d'] } } },
                { _index: 'i1', routing: 'aa', doc: { features_map: {} } },
              ],
              min_term_freq: 1,
              min_doc_freq: 1,
              max_query_terms: 1000,
              minimum_should_match: 4,
            },
          },
        ],
        must_not: [{ term: { sha256: 'aa' } }],
      },
    },
    size: 1000,
    collapse: { field: 'sha256' },
  });
});

test('asks for nothing when the index could map none of the names', () => {
  assert.is(featureMatchBody('unzip', [source('unzip', undefined), source('unzip', {})], 'aa'), undefined);
});

test.run();
