import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createReadRule } from '../../../src/access/read-rule.js';
import { bodyOf, secureBody, type SecuredBody } from '../../../src/access/secured-body.js';
import { MetafoldError } from '../../../src/errors.js';
import { assertSecured } from '../../helpers/assert-secured.js';
import { deeper, type Json } from '../../helpers/arbitrary-body.js';
import { policyWith } from '../projections/security/configurations.js';

const test = suite('secured body');
const policy = policyWith();
const GRANTED = ['s-any', 's-low'];
const rule = createReadRule(policy, GRANTED, [], []);
const F = rule.filter;
const A = { term: { letter: 'a' } };
const B = { term: { letter: 'b' } };
const child = (query: Json, more: Json = {}): Json => ({ has_child: { type: 'metadata', query, ...more } });

function secure(body: Json, kind: 'plain' | 'complex' = 'plain', using = rule): Json {
  return bodyOf(secureBody(using, body, kind));
}

const TOPS: [string, Json, Json][] = [
  ['no query', {}, { must: [], must_not: [], filter: [F] }],
  ['another query, which keeps its scores', { query: A }, { must: [A], must_not: [], filter: [F] }],
  [
    'a bool',
    { query: { bool: { must: A, filter: [B], must_not: [B], boost: 2 } } },
    { must: [A], must_not: [B], filter: [B, F], boost: 2 },
  ],
  [
    'a bool with alternatives of which one must match',
    { query: { bool: { should: [A, B], minimum_should_match: 1 } } },
    { should: [A, B], minimum_should_match: 1, must: [], must_not: [], filter: [F] },
  ],
  [
    'a bool with optional alternatives',
    { query: { bool: { should: [A], filter: B } } },
    { should: [A], must: [], must_not: [], filter: [B, F] },
  ],
  [
    'a bool whose alternatives would become optional beside a filter',
    { query: { bool: { should: [A], must_not: [B] } } },
    { must: [{ bool: { should: [A], must_not: [B] } }], must_not: [], filter: [F] },
  ],
  [
    'a bool whose alternatives would stop to count',
    { query: { bool: { should: [A, B], minimum_should_match: 0 } } },
    { must: [{ bool: { should: [A, B], minimum_should_match: 0 } }], must_not: [], filter: [F] },
  ],
  [
    'a bool whose share of alternatives is not known to be one',
    { query: { bool: { should: [A], minimum_should_match: '50%' } } },
    { must: [{ bool: { should: [A], minimum_should_match: '50%' } }], must_not: [], filter: [F] },
  ],
  [
    'a bool whose minimum would begin to count',
    { query: { bool: { minimum_should_match: 1 } } },
    { must: [{ bool: { minimum_should_match: 1 } }], must_not: [], filter: [F] },
  ],
];

for (const [what, body, bool] of TOPS) {
  test(`limits ${what}`, () => assert.equal(secure(body), { query: { bool } }));
}

test('keeps the rest of a body', () => {
  const rest = {
    size: 0,
    sort: [{ _score: 'asc' }, { timestamp: { order: 'desc' } }, 'name'],
    track_total_hits: true,
    collapse: { field: 'sha256' },
  };
  assert.equal(secure({ query: A, ...rest }), { ...rest, query: { bool: { must: [A], must_not: [], filter: [F] } } });
});

test('filters inside of joins, at any depth', () => {
  const limited = (query: Json): Json => ({ bool: { must: [query], filter: [F] } });
  const body = secure({ query: { bool: { must_not: child({ has_parent: { parent_type: 'binary', query: child(A) } }) } } });
  const inner = { has_parent: { parent_type: 'binary', query: limited(child(limited(A))) } };
  assert.equal(body, { query: { bool: { must_not: [child(limited(inner))], must: [], filter: [F] } } });
});

test('adds its filter to the bool of a join', () => {
  assert.equal(secure({ query: child({ bool: { must: [A], filter: B, must_not: [B] } }) }), {
    query: { bool: { must: [child({ bool: { must: [A], filter: [B, F], must_not: [B] } })], must_not: [], filter: [F] } },
  });
});

test('filters inside of a kNN search', () => {
  const knn = (filter?: Json): Json => ({ knn: { v: { vector: [1], k: 2, ...(filter && { filter }) } } });
  assert.equal(secure({ query: knn() }), { query: knn({ bool: { filter: [F] } }) });
  const filter = { bool: { must_not: [A] } };
  assert.equal(secure({ query: knn(filter) }, 'complex'), { query: knn({ bool: { must_not: [A], filter: [F] } }) });
  assert.equal(secure({ query: { bool: { must: knn(filter) } } }), {
    query: { bool: { must: [knn({ bool: { must_not: [A], filter: [F] } })], must_not: [], filter: [F] } },
  });
});

test('filters the joins of aggregations', () => {
  const limited = child({ bool: { must: [A], filter: [F] } });
  const aggs = (query: Json): Json => ({
    T: { terms: { field: 'letter' }, aggs: { F: { filter: query }, S: { filters: { filters: [B, query] } } } },
  });
  assert.equal(secure({ aggs: aggs(child(A)) })['aggs'], aggs(limited));
});

const terms = (kind: string, ...labels: string[]): Json => ({ terms: { [`encoded_security.${kind}`]: labels } });
const inclusive = (label: string): Json => ({ term: { 'encoded_security.inclusive': label } });

const choose = (x: string[], i: string[]) => createReadRule(policy, GRANTED, x, i);
const X = ['MEDIUM', 'REL:CAR'];
const I = ['REL:APPLE', 'REL:BEE'];
const OR = [
  terms('inclusive', 's-medium', 's-rel-car'),
  terms('exclusive', 's-medium', 's-rel-car'),
  terms('markings', 's-medium', 's-rel-car'),
];
const AND = OR.slice(1);
const INCLUDED = [inclusive('s-rel-apple'), inclusive('s-rel-bee')];

const PLAIN: [string, string[], string[], Json][] = [
  ['without excluded labels', X, [], { must: [A], must_not: OR, filter: [F] }],
  ['with included labels', [], I, { must: [A], must_not: [], filter: [F, ...INCLUDED] }],
  ['with both', X, I, { must: [A], must_not: [...AND, inclusive('s-rel-car')], filter: [F, ...INCLUDED] }],
];

for (const [what, x, i, bool] of PLAIN) {
  test(`limits a plain query ${what}`, () => assert.equal(secure({ query: A }, 'plain', choose(x, i)), { query: { bool } }));
}

test('limits a kNN search by the labels inside of its field', () => {
  for (const kind of ['plain', 'complex'] as const) {
    const { query } = secure({ query: { knn: { v: { vector: [1], k: 2 } } } }, kind, choose(X, I));
    const bool = { filter: [F, ...INCLUDED], must_not: [...AND, inclusive('s-rel-car')] };
    assert.equal(query, { knn: { v: { vector: [1], k: 2, filter: { bool } } } });
  }
});

const found = child({ exists: { field: 'source.name' } });
const limitedFound = child({ bool: { must: [{ exists: { field: 'source.name' } }], filter: [F] } });
const limitedChild = child({ bool: { must: [A], filter: [F] } });

const COMPLEX: [string, string[], string[], Json][] = [
  ['without excluded labels', X, [], { must_not: OR, filter: [A, limitedFound, limitedChild, F] }],
  [
    'with included labels, in its first join',
    [],
    I,
    {
      must_not: [],
      filter: [A, child({ bool: { must: [{ exists: { field: 'source.name' } }], filter: [F, ...INCLUDED] } }), limitedChild, F],
    },
  ],
  [
    'with both',
    X,
    I,
    {
      must_not: AND,
      filter: [
        A,
        child({
          bool: { must: [{ exists: { field: 'source.name' } }], must_not: [inclusive('s-rel-car')], filter: [F, ...INCLUDED] },
        }),
        limitedChild,
        F,
      ],
    },
  ],
];

for (const [what, x, i, bool] of COMPLEX) {
  test(`limits a query for parents ${what}`, () => {
    assert.equal(secure({ query: { bool: { filter: [A, found, child(A)] } } }, 'complex', choose(x, i)), { query: { bool } });
  });
}

test('does nothing with included labels on a query for parents without a join among its filters', () => {
  const join = { bool: { filter: [limitedFound] } };
  assert.equal(secure({ query: { bool: { filter: [A, { bool: { filter: [found] } }] } } }, 'complex', choose([], I)), {
    query: { bool: { must_not: [], filter: [A, join, F] } },
  });
});

const highlight = { fields: { '*': {} } };
const UNSEARCHABLE: [string, Json][] = [
  ['a terms lookup', { terms: { letter: { index: 'i', id: '1', path: 'p' } } }],
  ['a document to be like by its id', { more_like_this: { fields: ['letter'], like: [{ _index: 'i', _id: '1' }] } }],
  ['a document to be unlike by its id', { more_like_this: { fields: ['letter'], like: 'a', unlike: { _id: '1', doc: {} } } }],
  ['a query string', { query_string: { query: '*' } }],
  ['a script', { script: { script: 'true' } }],
  ['a percolation', { percolate: { field: 'q', document: {} } }],
  ['a parent by id', { parent_id: { type: 'metadata', id: '1' } }],
  ['a wrapped query', { wrapper: { query: 'e30=' } }],
  ['an unknown parameter of a bool', { bool: { filter: [], adjust_pure_negative: false } }],
  ['a join without a query', { has_child: { type: 'metadata' } }],
  ['inner hits that highlight', child(A, { inner_hits: { highlight } })],
  ['inner hits that highlight a join', child(A, { inner_hits: { highlight: { ...highlight, highlight_query: child(A) } } })],
  ['inner hits that sort by a nested query', child(A, { inner_hits: { sort: [{ number: { order: 'asc', nested: { filter: A } } }] } })],
  ['inner hits with scripts', child(A, { inner_hits: { script_fields: {} } })],
  ['two vectors', { knn: { v: { vector: [1], k: 1 }, w: { vector: [1], k: 1 } } }],
  ['a query of two types', { ...A, match_all: {} }],
  ['no type', {}],
  ['the filter of another caller', createReadRule(policy, ['s-any'], [], []).filter],
];

const UNCOUNTABLE: [string, Json][] = [
  ['children', { children: { type: 'metadata' } }],
  ['parents', { parent: { type: 'metadata' } }],
  ['all documents', { global: {} }],
  ['significant terms', { significant_terms: { field: 'letter' } }],
  ['terms of no document', { terms: { field: 'letter', min_doc_count: 0 } }],
  ['combined terms of no document', { multi_terms: { terms: [{ field: 'letter' }, { field: 'name' }], min_doc_count: '0' } }],
  ['by script', { scripted_metric: {} }],
  ['hits that highlight', { top_hits: { highlight } }],
  ['two types', { max: { field: 'number' }, min: { field: 'number' } }],
  ['no type', { aggs: {} }],
];

const UNSENDABLE: [string, Json][] = [
  ['suggestions', { suggest: { text: 'a', s: { term: { field: 'letter' } } } }],
  ['a filter after aggregations', { post_filter: child(A) }],
  ['a second score', { rescore: { query: { rescore_query: child(A) } } }],
  ['a highlight without its query', { highlight }],
  ['a highlight of a field by another query', { highlight: { highlight_query: A, fields: { letter: { highlight_query: B } } } }],
  ['a sort by script', { sort: [{ _script: { type: 'number', script: '1' } }] }],
  ['groups with inner hits', { collapse: { field: 'letter', inner_hits: { name: 'h' } } }],
  ['an explanation', { explain: true }],
  ['a script', { script_fields: {} }],
];

function refuses(body: Json): void {
  assert.throws(
    () => secureBody(rule, body, 'plain'),
    (error: unknown) => error instanceof MetafoldError && error.code === 'MF_INTERNAL' && error.message.startsWith('cannot secure body'),
  );
}

for (const [what, query] of UNSEARCHABLE) {
  test(`does not search by ${what}, wherever`, () => {
    refuses({ query });
    for (const wrap of deeper) refuses({ query: wrap(query) });
    for (const wrap of deeper) refuses({ aggs: { A: { terms: { field: 'letter' }, aggregations: { F: { filter: wrap(query) } } } } });
    refuses({ query: A, aggs: { F: { filters: { filters: [A, query] } } } });
    refuses({ highlight: { highlight_query: query, fields: {} } });
  });
}

for (const [what, aggregation] of UNCOUNTABLE) {
  test(`does not aggregate ${what}, wherever`, () => {
    refuses({ aggs: { A: aggregation } });
    refuses({ aggregations: { A: { terms: { field: 'letter' }, aggs: { B: { filter: A, aggregations: { C: aggregation } } } } } });
  });
}

for (const [what, body] of UNSENDABLE) {
  test(`does not send ${what}`, () => refuses({ query: A, ...body }));
}

test('names the place of what it refuses', () => {
  const query = { bool: { filter: [A, child({ query_string: { query: '*' } })] } };
  assert.throws(
    () => secureBody(rule, { query }, 'plain'),
    /^cannot secure body\.query\.bool\.filter\.1\.has_child\.query: unknown query "query_string"$/,
  );
});

test('lets inner hits highlight by a query of their own', () => {
  const inner_hits = { name: '1', _source: false, highlight: { ...highlight, order: 'score', highlight_query: A } };
  assert.equal(secure({ query: child(A, { inner_hits }) })['query'], {
    bool: { must: [child({ bool: { must: [A], filter: [F] } }, { inner_hits })], must_not: [], filter: [F] },
  });
});

test('takes plain texts and artificial documents for more like this', () => {
  const query = { more_like_this: { fields: ['letter'], like: ['a', { _index: 'i', doc: { letter: 'b' } }], min_doc_freq: 1 } };
  assert.equal((secure({ query })['query'] as { bool: { must: unknown } }).bool.must, [query]);
});

test('does not secure twice', () => {
  const secured = secureBody(rule, { query: A }, 'plain');
  refuses(bodyOf(secured));
  refuses({ query: bodyOf(secured)['query'], size: 3 });
  // @ts-expect-error a secured body is no body
  assert.throws(() => secureBody(rule, secured, 'plain'), /it is secured already/);
  // @ts-expect-error nor is a body a secured one
  const forged: SecuredBody = { query: A };
  assert.is(bodyOf(forged), undefined);
});

test('shares what it does not change', () => {
  const wanted = { terms: { sha256: ['a', 'b'] } };
  const bool = { should: [A, B], minimum_should_match: 1 };
  const aggs = { T: { terms: { field: 'letter' }, aggs: { F: { filter: { bool } } } } };
  const body = secure({ query: { bool: { filter: [wanted, { bool }] } }, aggs });
  const { filter } = (body['query'] as { bool: { filter: Json[] } }).bool;
  assert.is(filter[0], wanted);
  assert.is(filter[1]!['bool'], bool);
  assert.is(body['aggs'], aggs);
});

test('is recognised as secured only by its own filter', () => {
  const body = secure({ query: child(A) });
  assertSecured(rule, JSON.stringify(body));
  assert.throws(() => assertSecured(createReadRule(policy, ['s-any'], [], []), body), /lacks the filter/);
  assert.throws(() => assertSecured(rule, { query: A }), /query lacks the filter/);
});

test.run();
