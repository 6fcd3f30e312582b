/**
 * The document filter on a real OpenSearch: it finds exactly what the rule in memory lets through, and a secured search answers as
 * if nothing else were in the index (spec 03 §10).
 */
// test-timeout-s: 300
import { randomBytes } from 'node:crypto';
import { Client } from '@opensearch-project/opensearch';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { INTEGER, rootMapping, type Mapping } from '../../projections/mapping.js';
import type { EncodedSecurity, SecurityPolicy } from '../../projections/security/policy.js';
import { createReadRule, type ReadRule } from '../../src/access/read-rule.js';
import { bodyOf, secureBody } from '../../src/access/secured-body.js';
import { arbitraryBody, BODY_MAPPING, type Json } from '../helpers/arbitrary-body.js';
import { opensearch } from '../helpers/arena.js';
import { assertSecured } from '../helpers/assert-secured.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';
import { enforcedPolicy } from '../unit/projections/security/configurations.js';
import { READERS } from '../unit/projections/security/readers.js';

const test = integration('read rule');
const prefix = `read-rule-${randomBytes(4).toString('hex')}`;
const policy = enforcedPolicy();
const { table } = policy;
const SAFE = [...table.toLabel.keys()];
const SEED = 20_260_117;
let client: Client;
let everySecurity: string;
let everyone: string;

test.setup(async () => {
  client = new Client({ node: testStack().opensearchUrl });
  test.closing(() => client.close());
  test.closing(() => opensearch('DELETE', `/${prefix}-*`));
  const unlabelled = { id: 'unlabelled', source: { number: SECURITIES.length } };
  const labelled = SECURITIES.map((security, number) => numbered(policy, security, number));
  everySecurity = await createIndex('securities', { number: INTEGER }, [...labelled, unlabelled]);
  everyone = await createIndex('family', BODY_MAPPING, FAMILY);
});

interface Document {
  readonly id: string;
  readonly routing?: string;
  readonly source: Json;
}

async function createIndex(name: string, properties: Mapping, documents: readonly Document[]): Promise<string> {
  const index = `${prefix}-${name}`;
  const settings = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1', 'index.knn': true };
  await opensearch('PUT', `/${index}`, { settings, mappings: rootMapping(properties) });
  const body = documents.flatMap(({ id, routing, source }) => [{ index: { _id: id, ...(routing !== undefined && { routing }) } }, source]);
  if (body.length > 0) assert.is((await client.bulk({ index, body })).body.errors, false);
  await opensearch('POST', `/${index}/_refresh`);
  return index;
}

interface Response {
  readonly status: number;
  readonly error?: unknown;
  readonly hits?: { readonly hits?: readonly { readonly fields?: { readonly [name: string]: readonly unknown[] } }[] };
  readonly aggregations?: unknown;
}

async function searches(index: string, bodies: readonly Json[], filterPath: string): Promise<readonly Response[]> {
  const body = bodies.flatMap((one) => [{}, one]);
  const { responses } = (await client.msearch({ index, body, filter_path: `responses.status,responses.error,${filterPath}` }))
    .body as unknown as { responses: readonly Response[] };
  assert.is(responses.length, bodies.length);
  for (const { status, error } of responses) assert.is(status, 200, JSON.stringify(error));
  return responses;
}

function values(response: Response, field: string): unknown[] {
  return (response.hits?.hits ?? []).flatMap((hit) => hit.fields?.[field] ?? []);
}

/** Every combination of up to `size` items. */
function combinations<T>(items: readonly T[], size: number): T[][] {
  if (size === 0 || items.length === 0) return [[]];
  const [first, ...others] = items;
  return [...combinations(others, size), ...combinations(others, size - 1).map((rest) => [first!, ...rest])];
}

/** Each security string that a document can carry. */
function allSecurities(): string[] {
  const strings = new Set(['s-any']);
  const extras = [...table.tlps, ...combinations(table.releasabilities.slice(1), 2).map((some) => [table.origin, ...some].join(' ')), ''];
  for (const classification of table.classifications) {
    for (const caveats of combinations(table.caveats, table.caveats.length)) {
      for (const extra of extras) {
        if (extra.startsWith(table.prefix) && !table.releasable.has(classification)) continue;
        strings.add(policy.normalise([classification, ...caveats, extra].join('  ')));
      }
    }
  }
  return [...strings];
}

const SECURITIES = allSecurities();

const numbered = (owner: SecurityPolicy, security: string, number: number): Document => ({
  id: String(number),
  source: { number, encoded_security: owner.encode(security) },
});

async function numbersRead(index: string, rules: readonly ReadRule[]): Promise<number[][]> {
  const bodies = rules.map((rule) => {
    const body = bodyOf(secureBody(rule, { size: 1000, _source: false, docvalue_fields: ['number'] }, 'plain'));
    assertSecured(rule, body);
    return body;
  });
  const responses = await searches(index, bodies, 'responses.hits.hits.fields');
  return responses.map((response) => (values(response, 'number') as number[]).sort((a, b) => a - b));
}

/** Compares what is found with the rule in memory, for each rule and security; answers with the number of such pairs. */
async function comparePairs(rules: readonly ReadRule[]): Promise<number> {
  const encoded = SECURITIES.map((security) => policy.encode(security));
  const BATCH = 250;
  for (let start = 0; start < rules.length; start += BATCH) {
    const batch = rules.slice(start, start + BATCH);
    const read = await numbersRead(everySecurity, batch);
    for (const [position, rule] of batch.entries()) {
      const expected = encoded.flatMap((one, number) => (rule.mayRead(one) ? [number] : []));
      assert.equal(read[position], expected, JSON.stringify(rule.filter));
    }
  }
  return rules.length * SECURITIES.length;
}

test('finds what each reader of the examples may read', async () => {
  const documents = READERS.map(({ policy: owner, security }, number) => numbered(owner, security, number));
  const index = await createIndex('examples', { number: INTEGER }, documents);
  const rules = READERS.map(({ policy: owner, granted }) => createReadRule(owner, granted, [], []));
  const read = await numbersRead(index, rules);
  for (const [number, { reads, title }] of READERS.entries()) assert.is(read[number]!.includes(number), reads, title);
});

test('finds exactly what may be read, for 5 148 828 pairs of grants and documents', async () => {
  const granted = combinations(SAFE, 4).flatMap((some) => [some, ['s-any', ...some]]);
  assert.is(await comparePairs(granted.map((some) => createReadRule(policy, some, [], []))), 5_148_828);
});

test('finds exactly what many labels read, without excluded and with included ones', async () => {
  const labels = fc.subarray([...table.toSafe.keys()], { maxLength: 3 });
  const releasabilities = fc.subarray([...table.releasabilities], { maxLength: 2 });
  const choices = fc.tuple(fc.subarray(SAFE, { minLength: 8 }), labels, releasabilities);
  const rules = fc.sample(choices, { seed: SEED, numRuns: 500 }).map(([some, x, i]) => createReadRule(policy, ['s-any', ...some], x, i));
  assert.ok(rules.filter((rule) => SECURITIES.some((security) => rule.mayRead(policy.encode(security)))).length > 200);
  await comparePairs(rules);
});

const FAMILY_SECURITIES = ['LOW', 'LOW TLP:AMBER', 'LOW MOD1', 'MEDIUM', 'MEDIUM REL:APPLE,BEE', 'HIGH'];

/** Parents, which everyone may read, and under each of them children with several labels. */
function family(): Document[] {
  const parents = Array.from({ length: 6 }, (_, p): Document => ({
    id: `p${p}`,
    source: { relation: 'binary', name: `p${p}`, encoded_security: policy.encode('s-any') },
  }));
  const children = Array.from({ length: 48 }, (_, c): Document => {
    const parent = `p${c % 6}`;
    const security = FAMILY_SECURITIES[Math.floor((c * 7) / 5) % FAMILY_SECURITIES.length]!;
    const own = { letter: 'abcd'[(c * 5 + Math.floor(c / 6)) % 4], ...(c % 3 > 0 && { number: (c * 11) % 6 }) };
    const source = { relation: { name: 'metadata', parent }, name: `c${c}`, ...own, encoded_security: policy.encode(security) };
    return { id: `c${c}`, routing: parent, source };
  });
  return [...parents, ...children];
}

const FAMILY = family();
const GRANTS = [['s-any'], ['s-any', 's-low'], ['s-any', 's-low', 's-mod1', 's-medium'], ['s-any', 's-medium', 's-rel-bee', 's-high']];
const SORTED = { size: 100, sort: [{ name: 'asc' }], _source: false, docvalue_fields: ['name'] };

/** An answer without what differs between two indices of the same documents. */
function comparable(response: Response): unknown {
  const aggregations = JSON.stringify(response.aggregations ?? null, (key, value: unknown) => (key === '_index' ? undefined : value));
  return { names: values(response, 'name'), aggregations };
}

test('answers any search as if only what may be read were in the index', async () => {
  const bodies = fc.sample(arbitraryBody, { seed: SEED, numRuns: 300 });
  const answers = new Set<string>();
  for (const [number, granted] of GRANTS.entries()) {
    const rule = createReadRule(policy, granted, [], []);
    const readable = FAMILY.filter(({ source }) => rule.mayRead(source['encoded_security'] as EncodedSecurity));
    const alone = await createIndex(`family-${number}`, BODY_MAPPING, readable);
    const limited = bodies.map((body) => bodyOf(secureBody(rule, { ...body, ...SORTED }, 'plain')));
    const parts = 'responses.hits.hits.fields,responses.aggregations';
    const found = await searches(everyone, limited, parts);
    const expected = await searches(
      alone,
      bodies.map((body) => ({ ...body, ...SORTED })),
      parts,
    );
    for (const [position, response] of found.entries()) {
      assert.equal(comparable(response), comparable(expected[position]!), JSON.stringify(bodies[position]));
    }
    for (const response of expected) answers.add(JSON.stringify(values(response, 'name')));
  }
  assert.ok(answers.size > 50, `only ${answers.size} different answers`);
});

test('shows inner hits that may be read, and marks no label in them', async () => {
  const rule = createReadRule(policy, ['s-any', 's-low'], ['HIGH'], []);
  const term = { term: { letter: 'a' } };
  const highlight = { fields: { '*': {} }, pre_tags: [''], post_tags: [''], highlight_query: term };
  const query = {
    has_child: { type: 'metadata', query: term, inner_hits: { name: '1', size: 50, _source: ['encoded_security'], highlight } },
  };
  const body = bodyOf(secureBody(rule, { query, size: 100 }, 'complex'));
  interface Inner {
    readonly _source: { readonly encoded_security: EncodedSecurity };
    readonly highlight: unknown;
  }
  const { hits } = await opensearch<{ hits: { hits: { inner_hits: { 1: { hits: { hits: Inner[] } } } }[] } }>(
    'POST',
    `/${everyone}/_search`,
    body,
  );
  const inner = hits.hits.flatMap((hit) => hit.inner_hits[1].hits.hits);
  assert.ok(inner.length > 0);
  for (const hit of inner) {
    assert.is(rule.mayRead(hit._source.encoded_security), true);
    assert.equal(hit.highlight, { letter: ['a'] });
  }
});

test('finds the nearest of what may be read, not what may be read of the nearest', async () => {
  const securities = Array.from({ length: 30 }, (_, number) => FAMILY_SECURITIES[(number * 5) % FAMILY_SECURITIES.length]!);
  const vector = { type: 'knn_vector', dimension: 2, data_type: 'byte', space_type: 'l2', method: { name: 'hnsw', engine: 'lucene' } };
  const documents = securities.map((security, number): Document => {
    const { id, source } = numbered(policy, security, number);
    return { id, source: { ...source, vector: [number, 0] } };
  });
  const index = await createIndex('vectors', { number: INTEGER, vector }, documents);
  const query = { knn: { vector: { vector: [0, 0], k: 3 } } };
  const rules = GRANTS.map((granted) => createReadRule(policy, granted, ['MOD1'], []));
  const bodies = rules.map((rule) => bodyOf(secureBody(rule, { query, _source: false, docvalue_fields: ['number'] }, 'plain')));
  const responses = await searches(index, bodies, 'responses.hits.hits.fields');
  for (const [position, rule] of rules.entries()) {
    const readable = documents.flatMap(({ source }, number) =>
      rule.mayRead(source['encoded_security'] as EncodedSecurity) ? [number] : [],
    );
    assert.equal(values(responses[position]!, 'number'), readable.slice(0, 3));
  }
});
