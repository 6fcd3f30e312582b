/** What explain shows (spec 04 §15). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson } from '../../../../projections/json.js';
import { TermError } from '../../../../src/search/term/errors.js';
import { explainTerm } from '../../../../src/search/term/explain.js';

const test = suite('term explanation');

/** As a caller gets it. */
function explained(term: string): unknown {
  const { ast, query } = explainTerm(term);
  return JSON.parse(documentJson({ ast, query }));
}

test('shows nodes and query', () => {
  assert.equal(explained('a:"b" NOT size:(1kb TO 5] OR x'), {
    ast: {
      type: 'and',
      start: 0,
      end: 30,
      children: [
        { type: 'tag', start: 0, end: 5, key: 'a', op: ':', value: 'b', quotes: 'double' },
        {
          type: 'or',
          start: 6,
          end: 30,
          children: [
            {
              type: 'not',
              start: 6,
              end: 25,
              children: [{ type: 'range', start: 10, end: 25, key: 'size', op: ':', value: { gt: 1000, lte: 5 } }],
            },
            { type: 'raw', start: 29, end: 30, value: 'x', quotes: 'none' },
          ],
        },
      ],
    },
    query: {
      bool: {
        filter: [
          { term: { a: { value: 'b', case_insensitive: false } } },
          {
            bool: {
              should: [
                { bool: { filter: [{ exists: { field: 'size' } }], must_not: [{ range: { size: { gt: 1000, lte: 5 } } }] } },
                {
                  bool: {
                    should: [{ prefix: { 'ssdeep.hash': 'x' } }, { prefix: { file_format: 'x' } }, { prefix: { magic: 'x' } }],
                    minimum_should_match: 1,
                  },
                },
              ],
              minimum_should_match: 1,
            },
          },
        ],
      },
    },
  });
});

test('shows existence and numbers, those exactly', () => {
  assert.equal(explained('size:'), { ast: { type: 'tag', start: 0, end: 5, key: 'size', op: ':' }, query: { exists: { field: 'size' } } });
  const { ast } = explainTerm('size:>=18446744073709551617');
  assert.is(documentJson(ast!), '{"type":"tag","start":0,"end":27,"key":"size","op":":>=","value":18446744073709551617}');
});

test('shows tags without looking them up', () => {
  const { query } = explainTerm('Binary.tag:x OR feature.tag:"y z"');
  const should = [{ terms: { sha256: ['<binary.tag:x>'] } }, { terms: { sha256: ['<feature.tag:y z>'] } }];
  assert.equal(query, { bool: { should, minimum_should_match: 1 } });
});

test('has nothing to show of a blank term', () => {
  assert.equal(explainTerm('  '), { ast: null, query: null });
});

for (const term of ['a=b', '[1 TO 2]', 'binary.tag:', '"\\x"']) {
  test(`refuses ${term} as find does`, () => {
    assert.throws(
      () => explainTerm(term),
      (error: unknown) => error instanceof TermError,
    );
  });
}

test.run();
