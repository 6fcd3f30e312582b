/** Wrapping for a search of parents (spec 05 §2.3). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Query } from '../../../../src/search/term/translate.js';
import { wrapTerm } from '../../../../src/search/term/wrap.js';
import { M, NOT, OR, queryOf, T, X } from './queries.js';

const test = suite('term wrapping');

function highlighted(name: string, query: Query): Query {
  const highlight = { order: 'score', fields: { '*': {} }, pre_tags: [''], post_tags: [''], encoder: 'default', highlight_query: query };
  return { has_child: { type: 'metadata', query, inner_hits: { _source: false, name, highlight } } };
}

function wrapped(text: string, highlight: boolean): Query[] {
  return wrapTerm(queryOf(text)!, { highlight });
}

test('lets another child meet each demand of an AND at the top, with counted inner hits', () => {
  const [a, or, not] = [T('a', 'b'), OR(T('c', 'd'), T('e', 'f')), NOT(X('g'), X('g'))];
  const term = 'a:b AND (c:d OR e:f) AND NOT g:';
  assert.equal(wrapped(term, true), [{ bool: { filter: [highlighted('1', a), highlighted('2', or), highlighted('3', not)] } }]);
  assert.equal(wrapped(term, false), [{ bool: { filter: [M(a), M(or), M(not)] } }]);
});

for (const term of ['a:b', 'a:b OR c:d', 'a:b OR (c:d AND e:f)', 'a:b DOCAND c:d', 'NOT a:b', 'NOT (a:b AND c:d)', 'foo']) {
  test(`asks one child for all of ${term}`, () => {
    assert.equal(wrapped(term, true), [highlighted('1', queryOf(term)!)]);
    assert.equal(wrapped(term, false), [M(queryOf(term)!)]);
  });
}

test.run();
