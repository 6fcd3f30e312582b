/**
 * azul-client, unmodified, reads from `metafold serve`: every call of it that reads metadata, checked against the documents. The client
 * refuses keys that it does not know and misses what it needs, so an answer that it takes has the right shape.
 */
import * as assert from 'uvu/assert';
import { apiHistory } from '../helpers/api-history.js';
import { startAzulClient, type AzulClient } from '../helpers/azul-client.js';
import { factsOf, instant, newest, unique, type BinarySource, type Facts } from '../helpers/azul-client-facts.js';
import { integration, waitFor } from '../helpers/integration.js';

const test = integration('azul-client');
const UNKNOWN = 'f'.repeat(64);
/** What the read API does not serve (spec 04 §1: kinds S, A and C). */
const OUT_OF_SCOPE: Readonly<Record<string, readonly string[]>> = {
  'reads the stream store': ['check_data', 'download', 'download_augmented_stream', 'download_bulk', 'download_hex', 'get_strings', 'search_hex'].map((name) => `binaries_data.${name}`), // prettier-ignore
  'submits or expedites': ['expedite_processing', 'upload', 'upload_child', 'upload_dataless'].map((name) => `binaries_data.${name}`),
  'writes annotations': ['binaries_meta.create_tag_on_binary', 'binaries_meta.delete_tag_on_binary', 'features.create_feature_value_tag', 'features.delete_feature_value_tag'], // prettier-ignore
  purges: ['purge.purge_link', 'purge.purge_submission'],
};

let client: AzulClient;
let facts: Facts;
let sources: readonly string[];
/** The binary with the most documents of plugins. */
let rich: string;

test.setup(async () => {
  const { arena, documents } = await apiHistory();
  facts = factsOf(documents);
  sources = Object.keys(arena.settings.metastore_sources);
  rich = facts.richest(({ features }) => (features?.length ?? 0) > 0);
  const settings = { RESTAPI_PORT: '0', RESTAPI_HOST: '127.0.0.1', RESTAPI_SECURITY: 'none', METAFOLD_LABEL_SOURCE: 'all' };
  const server = arena.start(['serve', '--log-level', 'info'], settings);
  test.closing(async () => {
    server.process.kill('SIGTERM');
    await server.outcome;
  });
  const address = await waitFor(() => /"address":"([^"]+)\/api"/.exec(server.log())?.[1], {
    timeoutMs: 60_000,
    what: 'the address of the server',
  });
  client = await startAzulClient(address!);
  test.closing(() => client.close());
});

async function ask<T>(method: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Promise<T> {
  return (await client.call({ method, args, kwargs })).value as T;
}

interface Items<T> {
  readonly items: readonly T[];
}

test('knows its user, labels and rules', async () => {
  const user = await ask<Record<string, unknown>>('users.get_user_info');
  assert.equal([user['username'], user['org'], user['roles']], ['anony-moose', 'testing', ['validated']]);
  const access = await ask<{ security_enabled: boolean; security: { labels: string[] } }>('users.get_opensearch_user_info');
  assert.is(access.security_enabled, false);
  for (const label of ['LOW', 'TOP HIGH', 'MOD3', 'REL:CAR']) assert.ok(access.security.labels.includes(label), label);
  assert.is((await ask<{ default: string }>('security.get_security_settings')).default, 'LOW');
  assert.is(await ask('security.normalise', ['TLP:AMBER low']), 'LOW TLP:AMBER');
  assert.is(await ask('security.get_max_security_string', [['LOW', 'HIGH', 'MEDIUM']]), 'HIGH');
  assert.is(await ask('security.get_is_user_an_admin'), false);
});

test('counts binaries and knows which are there', async () => {
  assert.equal(await ask('statistics.get_statistics'), { binary_count: facts.binaries.size });
  for (const sha256 of facts.binaries.keys()) assert.ok(await ask<boolean>('binaries_meta.check_meta', [sha256]), sha256);
  assert.is(await ask('binaries_meta.check_meta', [UNKNOWN]), false);
});

interface Found {
  readonly key: string;
  readonly exists: boolean;
  readonly has_content: boolean;
  readonly is_duplicate_find?: boolean;
  readonly sha256?: string;
  readonly md5?: string;
  readonly file_size?: number;
  readonly sources?: readonly { readonly name: string }[];
}

interface Find extends Items<Found> {
  readonly items_count?: number;
}

test('finds by a term, and tells of each binary what it is', async () => {
  const kwargs = { max_entities: 1_000, count_entities: true };
  const expected = facts.where(({ file_format }) => file_format === 'image/gif');
  const { items, items_count } = await ask<Find>('binaries_meta.find', ['file_format:"image/gif"'], kwargs);
  assert.equal([unique(items.map(({ key }) => key)), items.length, items_count], [expected, expected.length, expected.length]);
  for (const { key, exists, sha256, md5, file_size, sources: found = [] } of items) {
    const documents = facts.binaries.get(key)!.map(({ source }) => source);
    assert.equal([exists, sha256], [true, key]);
    assert.ok(
      documents.some((source) => source.md5 === md5 && source.size === file_size),
      key,
    );
    assert.equal(unique(found.map(({ name }) => name)), unique(documents.map(({ source }) => source?.name)), key);
  }
  await assertRaises(client.call({ method: 'binaries_meta.find', args: ['no_such_key:1'] }), /BadResponse: .* 422 .*no_such_key/s);
});

test('finds by what its own options say, newest first', async () => {
  const [from] = facts.children.map(({ source }) => source.source?.timestamp).filter((time) => time !== undefined).sort().slice(20); // prettier-ignore
  // Different documents of a binary may satisfy the parts of a term. The client sends times in milliseconds.
  const options = { sources: 'virustotal', source_timestamp_newer_or_equal: from, greater_than_size_bytes: 100_000 };
  const some = (sha256: string, matches: (source: BinarySource) => boolean): boolean =>
    facts.binaries.get(sha256)!.some(({ source }) => matches(source));
  const expected = [...facts.binaries.keys()].filter(
    (sha256) =>
      some(sha256, ({ source }) => source?.name === 'virustotal') &&
      some(sha256, ({ source }) => source !== undefined && instant(source.timestamp) >= instant(from!)) &&
      some(sha256, ({ size = 0 }) => size > 100_000),
  );
  const call = { max_entities: 1_000, sort_prop: 'source.timestamp' };
  const { items } = await ask<Find>('binaries_meta.find_simple', [{ $options: options }], call);
  assert.ok(expected.length > 0);
  assert.equal(unique(items.map(({ key }) => key)), expected.sort());
  // The time is a score, which OpenSearch computes with 32 bits: exact to some two minutes.
  const times = items.map(({ key }) =>
    Math.fround(newest(facts.binaries.get(key)!.flatMap(({ source }) => source.source?.timestamp ?? []))),
  );
  assert.equal(
    times,
    [...times].sort((a, b) => b - a),
  );
});

test('finds hashes, in their order', async () => {
  const md5 = facts.binaries.get(rich)!.find(({ source }) => source.md5 !== undefined)!.source.md5!;
  const [other] = [...facts.binaries.keys()].filter((sha256) => sha256 !== rich);
  const { items } = await ask<Find>('binaries_meta.find_hashes', [[rich.toUpperCase(), UNKNOWN, other, md5]]);
  assert.equal(
    items.map(({ key, exists, is_duplicate_find }) => [key, exists, is_duplicate_find ?? false]),
    [
      [rich, true, false],
      [UNKNOWN, false, false],
      [other, true, false],
      [md5, true, true],
    ],
  );
});

test('finds all, in order of their hashes', async () => {
  interface All extends Items<{ sha256: string }> {
    readonly approx_total: number;
  }
  const hashes = ({ items }: All): string[] => items.map(({ sha256 }) => sha256);
  const sourced = facts.where(({ source }) => source !== undefined);
  const all = await ask<All>('binaries_meta.find_all', [{ $options: {} }]);
  assert.equal(hashes(all), sourced);
  assert.ok(Math.abs(all.approx_total - sourced.length) <= 2, String(all.approx_total));
  const large = facts.where(({ size = 0 }) => size > 5_000_000);
  assert.equal(hashes(await ask<All>('binaries_meta.find_all', [{ $options: { greater_than_size_bytes: 5_000_000 } }])), large);
  assert.equal(hashes(await ask<All>('binaries_meta.find_all', [{ $options: {} }], { max_binaries: 7 })), sourced.slice(0, 7));
});

test('is told the model, and what stands at the end of a term', async () => {
  const { keys } = await ask<{ keys: Record<string, string> }>('binaries_meta.get_model');
  assert.equal([keys['sha256'], keys['size'], keys['binary.tag'], keys['feature.tag']], ['keyword', 'unsigned_long', 'keyword', 'keyword']);
  assert.equal(
    Object.keys(keys).filter((key) => /^fold\b|(^|\.)security$/.test(key)),
    [],
  );
  const field = { type: 'FieldValue', key: 'file_format', prefix: 'te', prefix_type: 'case-insensitive' };
  assert.equal(await ask('binaries_meta.find_autocomplete', ['file_format:te']), field);
  assert.equal(await ask('binaries_meta.find_autocomplete', ['']), { type: 'Initial' });
  assert.is((await ask<{ type: string }>('binaries_meta.find_autocomplete', ['size:(']) ).type, 'Error'); // prettier-ignore
});

interface Meta {
  readonly documents: { readonly count: number; readonly newest?: string };
  readonly security: readonly string[];
  readonly sources: readonly { readonly source: string }[];
  readonly instances: readonly { readonly key: string; readonly num_feature_values: number }[];
  readonly features: readonly { readonly name: string; readonly value: string; readonly tags?: readonly { readonly tag: string }[] }[];
  readonly streams: readonly { readonly sha256: string; readonly label: readonly string[] }[];
  readonly info: readonly { readonly instance: string }[];
  readonly parents: readonly { readonly sha256: string }[];
  readonly children: readonly { readonly sha256: string }[];
  readonly tags: readonly { readonly tag: string }[];
}

const DETAILS = ['total_hits', 'documents', 'security', 'sources', 'features', 'info', 'datastreams', 'instances', 'parents', 'children', 'tags', 'feature_tags']; // prettier-ignore

test('reads all details of binaries', async () => {
  const parent = facts.richest(({ parent }) => parent !== undefined);
  const child = facts.binaries.get(parent)!.find(({ source }) => source.parent !== undefined)!.source.parent!.sha256;
  const tagged = facts.tags('entity_tag')[0]!.sha256!;
  for (const sha256 of unique([rich, parent, child, tagged])) {
    const documents = (facts.binaries.get(sha256) ?? []).map(({ source }) => source);
    const meta = await ask<Meta>('binaries_meta.get_meta', [sha256], { details: DETAILS, bucket_size: 1_000 });
    assert.is(meta.documents.count, documents.length, sha256);
    assert.is(instant(meta.documents.newest!), newest(documents.map(({ timestamp }) => timestamp)));
    const sets: [string, Iterable<string | undefined>, Iterable<string | undefined>][] = [
      ['security', meta.security, documents.map(({ security }) => security)],
      ['sources', meta.sources.map(({ source }) => source), documents.map(({ source }) => source?.name)],
      ['instances', meta.instances.map(({ key }) => key), documents.map(({ sha256_author_action: key }) => key)],
      ['features', meta.features.map(featureKey), documents.flatMap(({ features = [] }) => features.map(featureKey))],
      ['streams', meta.streams.map((one) => one.sha256), documents.flatMap(({ datastreams = [] }) => datastreams.map((one) => one.sha256))],
      [
        'info',
        meta.info.map(({ instance }) => instance),
        documents.flatMap((one) => (one.info === undefined ? [] : one.sha256_author_action)),
      ],
      ['parents', meta.parents.map((one) => one.sha256), documents.map(({ parent }) => parent?.sha256)],
      ['children', meta.children.map((one) => one.sha256), facts.where(({ parent }) => parent?.sha256 === sha256)],
      ['tags', meta.tags.map(({ tag }) => tag), facts.tags('entity_tag').flatMap((one) => (one.sha256 === sha256 ? one.tag : []))],
    ];
    for (const [what, actual, expected] of sets) assert.equal(unique(actual), unique(expected), `${what} of ${sha256}`);
    for (const feature of meta.features) {
      const tags = facts.tags('fv_tag').flatMap((one) => (one.feature_name === feature.name && one.feature_value === feature.value ? one.tag : [])); // prettier-ignore
      assert.equal(unique(feature.tags?.map(({ tag }) => tag) ?? []), unique(tags), `tags of ${featureKey(feature)}`);
    }
  }
  await assertRaises(client.call({ method: 'binaries_meta.get_meta', args: [UNKNOWN] }), /BadResponse404/);
});

function featureKey({ name, value }: { readonly name: string; readonly value: string }): string {
  return `${name}=${value}`;
}

test('leaves out labels and other authors when it asks for that', async () => {
  const isMedium = (source: BinarySource): boolean => source.encoded_security.exclusive.includes('s-medium');
  const [sha256] = facts.where(isMedium).filter((one) => facts.where((source) => !isMedium(source)).includes(one));
  const documents = facts.binaries.get(sha256!)!.map(({ source }) => source);
  const rest = documents.filter((source) => !isMedium(source));
  const call = { method: 'binaries_meta.get_meta', args: [sha256], kwargs: { details: ['security', 'total_hits'] } };
  const without = await client.call({ ...call, exclude: ['MEDIUM'] });
  assert.is((without.value as Meta).documents.count, rest.length);
  assert.ok(rest.length < documents.length);
  const { value, meta } = await client.call(call);
  assert.is((value as Meta).documents.count, documents.length);
  assert.is(meta?.sec_filter, null);
  const author = documents[0]!.author.name;
  const ofAuthor = await ask<Meta>('binaries_meta.get_meta', [sha256], { author });
  assert.is(ofAuthor.documents.count, documents.filter((source) => source.author.name === author).length);
});

test('reads what is newer, the documents themselves, tags and statuses of a binary', async () => {
  const documents = facts.binaries.get(rich)!;
  const times = documents.map(({ source }) => source.timestamp).sort();
  const middle = times[times.length >> 1]!;
  const later = await ask<{ count: number }>('binaries_meta.get_has_newer_metadata', [rich, middle]);
  assert.is(later.count, documents.filter(({ source }) => instant(source.timestamp) > instant(middle)).length);

  const raw = await ask<Items<{ _id: string }> & { total_docs: number }>('binaries_meta.get_binary_documents', [rich]);
  assert.is(raw.total_docs, documents.length);
  assert.equal(unique(raw.items.map(({ _id }) => _id)), unique(documents.map(({ id }) => id)));
  const enriched = await ask<Items<unknown>>('binaries_meta.get_binary_documents', [rich], { action: 'enriched', size: 2 });
  assert.is(enriched.items.length, Math.min(2, documents.filter(({ source }) => source.action === 'enriched').length));

  const { sha256 } = facts.tags('entity_tag').at(-1)!;
  const tags = await ask<Items<{ tag: string }>>('binaries_meta.get_binary_tags', [sha256]);
  assert.equal(
    unique(tags.items.map(({ tag }) => tag)),
    unique(facts.tags('entity_tag').flatMap((one) => (one.sha256 === sha256 ? one.tag : []))),
  );
});

interface Status {
  readonly timestamp: string;
  readonly author: { readonly name: string; readonly version?: string };
  readonly entity: { readonly status: string; readonly input: { readonly entity: { readonly sha256: string } } };
  readonly completed?: number;
}

test('reads how the plugins fared with a binary, and with all', async () => {
  const statuses = facts.of('status').map(({ source }) => source as unknown as Status);
  const sha256 = statuses.map(({ entity }) => entity.input.entity.sha256).find((hash) => facts.binaries.has(hash))!;
  const expected = new Map<string, Status>();
  for (const status of statuses.filter(({ entity }) => entity.input.entity.sha256 === sha256)) {
    const key = authorKey(status);
    if (instant(status.timestamp) > instant(expected.get(key)?.timestamp ?? '1970-01-01T00:00:00Z')) expected.set(key, status);
  }
  const shown = ({ status }: Status['entity']): string => (status === 'heartbeat' ? 'heartbeat-lost' : status);
  const { items } = await ask<Items<Status>>('binaries_meta.get_binary_status', [sha256]);
  assert.equal(
    new Map(items.map((status) => [authorKey(status), status.entity.status])),
    new Map([...expected].map(([key, status]) => [key, shown(status.entity)])),
  );
  for (const item of items) {
    const done = statuses.filter((one) => one.entity.input.entity.sha256 === sha256 && authorKey(one) === authorKey(item) && one.entity.status.startsWith('completed')); // prettier-ignore
    assert.is(item.completed, done.length, authorKey(item));
  }

  const plugins = facts.of('plugin').map(({ source }) => source['entity'] as { name: string; version: string });
  const rows = await ask<{ versions: string[]; newest_version: { name: string; version: string } }[]>('plugins.get_all_plugins');
  assert.equal(rows.map(({ newest_version: { name } }) => name), unique(plugins.map(({ name }) => name))); // prettier-ignore
  for (const { versions, newest_version: plugin } of rows) {
    assert.equal(unique(versions), unique(plugins.flatMap(({ name, version }) => (name === plugin.name ? version : []))));
    assert.is(plugin.version, versions[0]);
  }
  const counted = await ask<{ newest_version: { name: string } }[]>('plugins.get_all_plugin_statuses');
  assert.equal(counted.map(({ newest_version: { name } }) => name), rows.map(({ newest_version: { name } }) => name)); // prettier-ignore
  const { name, version } = plugins[0]!;
  const one = await ask<{ num_entities: number; plugin: { name: string; version: string } }>('plugins.get_plugin', [name, version]);
  assert.equal([one.plugin.name, one.plugin.version], [name, version]);
  assert.is(one.num_entities, facts.where(({ author }) => author.name === name && author.version === version).length);
  await assertRaises(client.call({ method: 'plugins.get_plugin', args: [name, '0.0-none'] }), /BadResponse404/);
});

function authorKey({ author: { name, version } }: Pick<Status, 'author'>): string {
  return `${name}-${version ?? ''}`;
}

interface Matches {
  readonly matches: readonly { readonly sha256: string; readonly score: number }[];
}

/** The hash with another character in its middle. */
function altered(hash: string): string {
  const middle = hash.length >> 1;
  const other = hash[middle] === 'A' ? 'B' : 'A';
  return hash.slice(0, middle) + other + hash.slice(middle + 1);
}

test('finds similar binaries', async () => {
  for (const kind of ['ssdeep', 'tlsh'] as const) {
    const hashes = unique(facts.children.map(({ source }) => source[kind]));
    let found = 0;
    for (const known of hashes.slice(0, 30)) {
      // Like one that is known: what is equal is no answer.
      const hash = altered(known);
      const { matches } = await ask<Matches>(`binaries_meta.get_similar_${kind}_entities`, [hash], { max_matches: 5 });
      assert.ok(matches.length <= 5);
      assert.equal(matches.map(({ score }) => score), matches.map(({ score }) => score).sort((a, b) => b - a)); // prettier-ignore
      for (const { sha256 } of matches)
        assert.ok(
          facts.binaries.get(sha256)!.some(({ source }) => (source[kind] ?? hash) !== hash),
          sha256,
        );
      found += matches.length;
    }
    assert.ok(found > 0, kind);
  }
  interface Features {
    readonly status: string;
    readonly num_feature_values: number;
    readonly matches: readonly { sha256: string; score_sum: number; score_percent?: number; contributions: [string, number][] }[];
  }
  const similar = await waitFor(
    async () => {
      const answer = await ask<Features>('binaries_meta.get_similar_feature_entities', [rich]);
      return answer.status === 'complete' ? answer : undefined;
    },
    { timeoutMs: 60_000, what: 'similar binaries' },
  );
  assert.ok(similar!.num_feature_values > 0);
  assert.ok(similar!.matches.length > 0);
  for (const { sha256, score_sum, contributions } of similar!.matches) {
    assert.ok(sha256 !== rich && facts.binaries.has(sha256));
    assert.is(score_sum, contributions.reduce((sum, [, n]) => sum + n, 0)); // prettier-ignore
  }
});

test('draws the binaries around one', async () => {
  interface Link {
    readonly child: string;
    readonly parent?: string;
    readonly source?: { readonly name: string };
  }
  const focus = facts.richest(({ parent }) => parent !== undefined);
  const related = facts.binaries.get(focus)!.filter(({ source }) => ['sourced', 'extracted', 'mapped'].includes(source.action));
  const seen = await ask<{ id_focus: string; links: Link[] }>('binaries_meta.get_nearby_entities', [focus]);
  const own = seen.links.filter(({ child }) => child === focus);
  assert.is(seen.id_focus, focus);
  assert.equal(unique(own.map(({ parent }) => parent)), unique(related.map(({ source }) => source.parent?.sha256)));
  const roots = related.filter(({ source }) => source.depth === 0);
  assert.equal(unique(own.map(({ source }) => source?.name)), unique(roots.map(({ source }) => source.source?.name)));
  const small = { include_cousins: { $model: 'IncludeCousinsEnum', fields: 'no' } };
  const without = await ask<{ links: Link[] }>('binaries_meta.get_nearby_entities', [focus], small);
  assert.ok(without.links.length <= seen.links.length);
});

test('reads sources and what was submitted to them', async () => {
  assert.equal(Object.keys(await ask<object>('sources.get_all_sources')).sort(), [...sources].sort());
  assert.equal([await ask('sources.check_source_exists', ['s1']), await ask('sources.check_source_exists', ['nope'])], [true, false]);
  const roots = facts.children.filter(({ source }) => source.depth === 0 && source.source?.name === 's1').map(({ source }) => source);
  const { newest: last, num_entities: count } = await ask<{ newest: string; num_entities: number }>('sources.read_source', ['s1']);
  assert.equal(
    [instant(last), count],
    [newest(roots.map(({ source }) => source!.timestamp)), unique(roots.map((one) => one.sha256)).length],
  );
  interface Reference {
    readonly track_source_references: string;
    readonly num_entities: number;
    readonly values: Readonly<Record<string, string>>;
  }
  const { items } = await ask<Items<Reference>>('sources.read_source_references', ['s1']);
  assert.equal(items.map((one) => one.track_source_references).sort(), unique(roots.map((one) => one.track_source_references)));
  for (const { track_source_references: track, num_entities, values } of items) {
    const same = roots.filter((source) => source.track_source_references === track);
    assert.equal([num_entities, values], [unique(same.map(({ sha256 }) => sha256)).length, same[0]!.source!.references], track);
  }
});

test('reads features, their values, counts and tags', async () => {
  const registered = facts.of('plugin').flatMap(({ source }) => (source['entity'] as { features: { name: string }[] }).features);
  const features = await ask<Items<{ name: string }>>('features.find_features');
  assert.equal(features.items.map(({ name }) => name), unique(registered.map(({ name }) => name))); // prettier-ignore
  const name = 'tag_19';
  const values = unique(
    facts.children.flatMap(({ source }) => (source.features ?? []).flatMap((one) => (one.name === name ? one.value : []))),
  );
  const holders = (value?: string): number =>
    facts.where((source) => source.features?.some((one) => one.name === name && (value ?? one.value) === one.value) === true).length;
  const found: string[] = [];
  interface Page {
    readonly values: readonly { readonly value: string }[];
    readonly after?: string;
    readonly is_search_complete?: boolean;
  }
  for (let after = '', pages = 0; pages < 100; pages++) {
    const page = await ask<Page>('features.find_values_in_feature', [name], { num_values: 3, after });
    found.push(...page.values.map(({ value }) => value));
    if (page.is_search_complete === true || page.after === undefined) break;
    after = page.after;
  }
  assert.equal(found, values);

  const [value] = values;
  const count = <T>(what: string, item: unknown): Promise<T> => ask<T>(`features.count_unique_${what}`, [[item]]);
  assert.equal(await count('values_in_feature', name), { [name]: { name, values: values.length } });
  assert.equal(await count('entities_in_features', name), { [name]: { name, entities: holders() } });
  const ofValue = { [name]: { [value!]: { name, value, entities: holders(value) } } };
  assert.equal(await count('entities_in_featurevalues', { $model: 'ValueCountItem', fields: { name, value } }), ofValue);
  const part = 'filepath';
  const file = facts.children
    .flatMap(({ source }) => source.features ?? [])
    .find(({ type }) => type === 'filepath')!
    .value.replaceAll('\\', '/');
  const same = facts.where(({ features: list = [] }) =>
    list.some((one) => one.type === 'filepath' && one.value.replaceAll('\\', '/') === file),
  );
  const ofPart = await count('entities_in_featurevalueparts', { $model: 'ValuePartCountItem', fields: { value: file, part } });
  assert.equal(ofPart, { [file]: { [part]: { value: file, part, entities: same.length } } });

  const tags = facts.tags('fv_tag');
  const all = await ask<{ tags: { tag: string }[]; num_tags: number }>('features.get_all_feature_value_tags');
  assert.equal([unique(all.tags.map(({ tag }) => tag)), all.num_tags], [unique(tags.map(({ tag }) => tag)), all.tags.length]);
  const { items } = await ask<Items<{ feature_name: string; feature_value: string }>>('features.get_feature_values_in_tag', ['c2']);
  assert.equal(
    items.map((one) => featureKey({ name: one.feature_name, value: one.feature_value })).sort(),
    tags.filter(({ tag }) => tag === 'c2').map((one) => featureKey({ name: one.feature_name!, value: one.feature_value! })).sort(), // prettier-ignore
  );
});

test('has no other method that reads metadata', async () => {
  const known = [...client.called(), ...Object.values(OUT_OF_SCOPE).flat()];
  assert.equal(await client.methods(), known.sort());
});

/** The call must fail in the client with an exception whose class and text are like this. */
async function assertRaises(call: Promise<unknown>, pattern: RegExp): Promise<void> {
  const failure = await call.then(() => 'nothing was raised', (error: unknown) => (error as Error).message); // prettier-ignore
  assert.match(failure, pattern);
}
