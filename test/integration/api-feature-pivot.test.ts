/** What binaries with given feature values have in common, among what the caller may see (spec 04 §9.4, 05 §8.2). */
import * as assert from 'uvu/assert';
import { createArena } from '../helpers/arena.js';
import type { StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Envelope } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { makeBinaries, registerFeatures } from '../helpers/made-binaries.js';

const test = integration('api feature pivot');

interface Feature {
  readonly name: string;
  readonly value: string;
}

interface Pivot {
  readonly feature_value_counts: readonly {
    readonly feature_name: string;
    readonly feature_description: string;
    readonly values_and_counts: readonly { readonly feature_value: string; readonly entity_count: string }[];
  }[];
  readonly incomplete_query: boolean;
  readonly reason: string;
}

const featuresOf = ({ source }: StoredDocument) => source['features'] as readonly Feature[];
const labelsOf = ({ source }: StoredDocument) => Object.values(source['encoded_security'] as Record<string, unknown>).flat();
const ordered = (texts: Iterable<string>) => [...texts].sort();

/** Values of known features in at least two of the visible documents of the binaries that have all of the pairs. */
function expectedPivot(documents: readonly StoredDocument[], pairs: readonly (readonly [string, string])[], known: readonly string[]) {
  const sets = pairs.map(([name, value]) => binariesWith(documents, name, value));
  const counts = new Map<string, Map<string, number>>();
  for (const document of documents.filter(({ source }) => sets.every((set) => set.has(source['sha256'])))) {
    for (const pair of new Set(featuresOf(document).map(({ name, value }) => JSON.stringify([name, value])))) {
      const [name, value] = JSON.parse(pair) as [string, string];
      const ofName = counts.get(name) ?? new Map<string, number>();
      counts.set(name, ofName.set(value, (ofName.get(value) ?? 0) + 1));
    }
  }
  return ordered(counts.keys()).flatMap((name) => {
    const common = [...counts.get(name)!].filter(([value, count]) => count > 1 && value !== '');
    if (!known.includes(name) || common.length === 0) return [];
    // OpenSearch orders equal counts by value.
    common.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    const values_and_counts = common.slice(0, 10).map(([value, count]) => ({ feature_value: value, entity_count: String(count) }));
    return [{ feature_name: name, feature_description: `about ${name}`, values_and_counts }];
  });
}

function binariesWith(documents: readonly StoredDocument[], name: string, value: string): Set<unknown> {
  const having = documents.filter((one) => featuresOf(one).some((feature) => feature.name === name && feature.value === value));
  return new Set(having.map(({ source }) => source['sha256']));
}

test('counts what binaries with given values have in common', async () => {
  const arena = createArena();
  const SECURITIES = ['LOW', 'MEDIUM', 'MEDIUM MOD1 REL:APPLE', 'HIGH MOD2 REL:BEE,APPLE'];
  const names = Array.from({ length: 230 }, (_, n) => `f${String(n).padStart(3, '0')}`);
  const made = Array.from({ length: 24 }, (_, n) => ({
    sha256: 'ab'[n % 2]! + String(n % 8).repeat(63),
    author: `p${n % 3}`,
    security: SECURITIES[n % 3 === 0 ? 0 : n % 4]!,
    values: [
      ['common', 'all'],
      ['common', ''],
      ['f000', `v${n % 5}`],
      ['f001', `v${n % 2}`],
      ['f229', `v${n % 3}`],
      ['unknown', 'v'],
      ...Array.from({ length: 12 }, (_, k) => [`f100`, `w${(n + k) % 14}`] as const),
    ] as const,
  }));
  const documents = await makeBinaries(arena, made);
  await registerFeatures(arena, 'LOW', [...names, 'common']);
  const pivots = await startTestApi(arena);
  try {
    const answers = new Set<string>();
    for (const caller of CALLER_NAMES) {
      for (const [query, passes] of [
        ['', () => true],
        ['?x=MEDIUM', (document: StoredDocument) => !labelsOf(document).includes('s-medium')],
      ] as const) {
        for (const pairs of [
          [['common', 'all']],
          [['f000', 'v1']],
          [
            ['f000', 'v1'],
            ['f001', 'v0'],
          ],
          [
            ['f229', 'v2'],
            ['unknown', 'v'],
          ],
          [['f000', 'none']],
        ] as const) {
          const seen = documents.filter((document) => sees(caller, document));
          // Binaries are found through parents, which x leaves alone; what they have in common is counted in what x leaves.
          const binaries = pairs
            .map(([name, value]) => binariesWith(seen, name, value))
            .reduce((a, b) => new Set([...a].filter((one) => b.has(one))));
          const left = seen.filter(({ source }) => binaries.has(source['sha256'])).filter(passes);
          const expected = expectedPivot(left, [], [...names, 'common']);
          const body = { feature_values: pairs.map(([feature_name, feature_value]) => ({ feature_name, feature_value })) };
          const { body: answer } = await pivots.ask<Envelope<Pivot>>(caller, `/v0/features/pivot${query}`, { method: 'POST', body });
          const order = (pivot: Pivot['feature_value_counts']) => pivot.toSorted((a, b) => (a.feature_name < b.feature_name ? -1 : 1));
          assert.equal(order(answer.data.feature_value_counts), order(expected), `${caller} ${query} ${JSON.stringify(pairs)}`);
          assert.equal([answer.data.incomplete_query, answer.data.reason], [false, binaries.size === 0 ? 'No matches found' : '']);
          answers.add(JSON.stringify(expected));
        }
      }
    }
    assert.ok(answers.size > 12, `${answers.size} different answers`);
    const body = { feature_values: [{ feature_name: 'common', feature_value: 'all' }] };
    const included = await pivots.ask<Envelope<Pivot>>('all', '/v0/features/pivot?i=REL:BEE', { method: 'POST', body });
    assert.is(included.body.data.reason, 'No matches found', 'parents have no releasability');
  } finally {
    await pivots.close();
    await arena.close();
  }
});

test('refuses a pivot on nothing, and finds nothing where nothing is', async () => {
  const arena = createArena();
  const empty = await startTestApi(arena);
  try {
    for (const ask of [{ method: 'POST' }, { method: 'POST', body: { feature_values: [] } }] as const) {
      const { status, body } = await empty.ask<{ ref: string }>('low', '/v0/features/pivot', ask);
      assert.equal([status, body.ref], [422, 'feature_values not valid']);
    }
    const { body } = await empty.ask<Envelope<Pivot>>('low', '/v0/features/pivot', {
      method: 'POST',
      body: { feature_values: [{ feature_name: 'no', feature_value: 'such' }] },
    });
    assert.equal(body.data, { feature_value_counts: [], incomplete_query: false, reason: 'No matches found' });
  } finally {
    await empty.close();
    await arena.close();
  }
});
