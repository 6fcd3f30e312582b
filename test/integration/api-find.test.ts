/** Finding binaries over the fixture history: every expectation is worked out from the documents (spec 04 §6.1, 05 §6). */
import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import type { ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, type CallerName } from '../helpers/api.js';
import { both, has, some } from '../helpers/document-matchers.js';
import { carries, expectedSummaries, hasSource, valuesAt, visibleAnnotations, type Fields } from '../helpers/find-model.js';
import { openFind, type Find } from '../helpers/find-requests.js';
import { integration } from '../helpers/integration.js';

const test = integration('api find');
let history: ApiHistory;
let children: Find['children'];
let ask: Find['ask'];
let expected: Find['expected'];

test.setup(async () => {
  ({ history, children, ask, expected } = await openFind(test));
});

test('shows of each binary the best documents of its sources, with its tags', async () => {
  let several = 0;
  for (const caller of CALLER_NAMES) {
    const tags = visibleAnnotations(history, caller, 'entity_tag').map(({ source }) => source);
    const { body } = await ask(caller, { max_entities: '1000' });
    for (const { key, highlight, tags: shown, ...row } of body.data.items) {
      const summaries = expectedSummaries(key, children.get(caller)!.get(key)!);
      several += summaries.length - 1;
      assert.ok(
        summaries.some((summary) => isDeepStrictEqual(summary, row)),
        `${caller}: ${JSON.stringify(row)} is not ${JSON.stringify(summaries)}`,
      );
      assert.equal(highlight, {});
      const own = tags
        .filter((tag) => tag['sha256'] === key)
        .map(({ sha256, tag, type, owner, timestamp, security }) => ({ sha256, tag, type, owner, timestamp, security }));
      own.sort((a, b) => (`${a.tag as string} ${a.owner as string}` < `${b.tag as string} ${b.owner as string}` ? -1 : 1));
      assert.equal(shown, own.length === 0 ? undefined : own, `${caller}: tags of ${key}`);
    }
  }
  assert.ok(several < 20, 'nearly always one document is the best');
});

test('sorts by the newest document of a binary, as exactly as scores are, and then by hash', async () => {
  for (const caller of ['low', 'medium', 'all'] as const) {
    for (const sort of ['timestamp', 'source.timestamp']) {
      const newest = (sha256: string): number =>
        Math.max(
          0,
          ...children
            .get(caller)!
            .get(sha256)!
            .flatMap((child) => valuesAt(child, sort).map((at) => Math.fround(Date.parse(at as string)))),
        );
      for (const ascending of [true, false]) {
        const sign = ascending ? 1 : -1;
        const wanted = expected(caller, () => true).sort((a, b) => sign * (newest(a) - newest(b)) || (a < b ? -1 : 1));
        const { body } = await ask(caller, { sort, sort_asc: String(ascending), max_entities: '1000' });
        assert.equal(
          body.data.items.map(({ key }) => key),
          wanted,
          `${caller} ${sort} ${ascending}`,
        );
        const { body: first } = await ask(caller, { sort, sort_asc: String(ascending), max_entities: '5', count_entities: 'true' });
        assert.equal(
          first.data.items.map(({ key }) => key),
          wanted.slice(0, 5),
        );
        assert.is(first.data.items_count, wanted.length);
      }
    }
  }
});

/** Two digests of one visible binary with all of them, and a binary that this caller may not see. */
function digestsFor(caller: CallerName) {
  const documents = [...children.get(caller)!].find(([, all]) => {
    const [summary, ...others] = expectedSummaries('', all);
    return others.length === 0 && ['md5', 'sha1', 'sha512', 'ssdeep'].every((field) => summary![field] !== undefined);
  })!;
  const hidden = [...children.get('all')!.keys()].filter((sha256) => !children.get(caller)!.has(sha256));
  return { sha256: documents[0], summary: expectedSummaries(documents[0], documents[1])[0] as unknown as Record<string, string>, hidden };
}

test('answers hashes in their order, each binary once, nothing of hidden ones', async () => {
  for (const caller of ['low', 'medium', 'high'] as const) {
    const { sha256, summary, hidden } = digestsFor(caller);
    const other = expected(caller, () => true).find((one) => one !== sha256)!;
    const secret = children.get('all')!.get(hidden[0]!)!;
    const secretMd5 = valuesAt(secret.find(has('md5')) ?? {}, 'md5')[0] as string | undefined;
    const hashes = [
      summary['ssdeep']!,
      other.toUpperCase(),
      'ZZ',
      summary['sha1']!.toUpperCase(),
      hidden[0]!,
      secretMd5 ?? 'none',
      summary['md5']!,
      'ZZ',
    ];
    const { body, text } = await ask(caller, { max_entities: '1', count_entities: 'true' }, { hashes });
    const rows = body.data.items;
    assert.equal(
      rows.map(({ key }) => key),
      [summary['ssdeep'], other, 'zz', summary['sha1'], hidden[0], secretMd5 ?? 'none', summary['md5'], 'zz'],
    );
    assert.equal(
      rows.map(({ exists }) => exists),
      [true, true, false, true, false, false, true, false],
      caller,
    );
    assert.is(body.data.items_count, 2);
    const again = (key: string) => ({ exists: true, has_content: summary['has_content'], is_duplicate_find: true, key });
    assert.equal(rows[0], again(summary['ssdeep']!));
    assert.equal(rows[3], again(summary['sha1']!));
    assert.equal(rows[2], { exists: false, has_content: false, key: 'zz' });
    assert.equal(rows[4], { exists: false, has_content: false, key: hidden[0] });
    const { highlight, key, tags, ...shown } = rows[6]!;
    assert.equal(shown, summary);
    assert.is(key, summary['md5']);
    assert.ok(tags === undefined || tags.length > 0);
    assert.equal(highlight!['md5'], [summary['md5']]);
    assert.not.ok('sha256' in highlight!, 'the sha256 asked for is not highlighted');
    for (const one of hidden.slice(1)) assert.not.ok(text.includes(one));
  }
});

test('takes SHA-256 hashes alone as the binaries that are meant', async () => {
  for (const caller of ['low', 'medium', 'all'] as const) {
    const groups = children.get(caller)!;
    const all = [...children.get('all')!.keys()];
    const { body } = await ask(
      caller,
      { count_entities: 'true', term: ' ' },
      { hashes: [...all.map((one) => one.toUpperCase()), all[0]!] },
    );
    assert.is(body.data.items_count, all.length + 1, 'rows are counted');
    assert.equal(
      body.data.items.map(({ key }) => key),
      [...all, all[0]],
    );
    for (const row of body.data.items) {
      const documents = groups.get(row.key);
      assert.is(row.exists, documents?.some(hasSource) ?? false, `${caller} ${row.key}`);
      assert.is(row.sha256, documents === undefined ? undefined : row.key);
      assert.not.ok('highlight' in row);
    }
  }
  const { body } = await ask('low', { include_queries: 'true' }, { hashes: [[...children.get('low')!.keys()][0]!] });
  assert.is(body.meta.queries!.length, 1, 'one request');
});

test('searches hashes and a term together', async () => {
  const { sha256, summary } = digestsFor('medium');
  const found = await ask('medium', { term: `file_format:"${summary['file_format']!}"` }, { hashes: [sha256, summary['md5']!] });
  assert.equal(
    found.body.data.items.map(({ is_duplicate_find: again, exists }) => [exists, again]),
    [
      [true, undefined],
      [true, true],
    ],
  );
  const missed = await ask('medium', { term: 'NOT file_format:*' }, { hashes: [sha256] });
  assert.equal(missed.body.data.items, [{ exists: false, has_content: false, key: sha256 }]);
});

test('takes the body with GET as well', async () => {
  const { sha256 } = digestsFor('medium');
  const get = await ask('medium', {}, { hashes: [sha256, 'x'], method: 'GET' });
  const post = await ask('medium', {}, { hashes: [sha256, 'x'] });
  assert.is(get.status, 200);
  assert.equal(get.body, post.body);
  assert.is(get.body.data.items.length, 2);
  const without = await ask('medium', { max_entities: '3' }, { method: 'GET' });
  assert.is(without.body.data.items.length, 3);
});

test('leaves out what carries an excluded label, also where it was counted', async () => {
  const excluded = ['s-medium'];
  for (const caller of ['medium', 'all'] as const) {
    const wanted = expected(caller, () => true);
    const { body } = await ask(caller, { x: 'MEDIUM', max_entities: '1000', count_entities: 'true' });
    const kept = wanted.filter((sha256) =>
      children
        .get(caller)!
        .get(sha256)!
        .some((child) => !carries(child, excluded)),
    );
    assert.ok(kept.length < wanted.length);
    assert.equal(
      body.data.items.map(({ key }) => key),
      kept,
    );
    assert.is(body.data.items_count, wanted.length);
    assert.is(body.meta.sec_filter, 'OR');
    for (const { key, highlight, tags = [], ...row } of body.data.items) {
      const left = children
        .get(caller)!
        .get(key)!
        .filter((child) => !carries(child, excluded));
      assert.ok(
        expectedSummaries(key, left).some((summary) => isDeepStrictEqual(summary, row)),
        JSON.stringify(row),
      );
      assert.equal(highlight, {});
      assert.not.ok(tags.some(({ security }) => String(security).startsWith('MEDIUM')));
    }
  }
});

test('keeps with i what is released to all of the labels', async () => {
  for (const caller of ['medium', 'high', 'all'] as const) {
    for (const i of [['REL:APPLE'], ['REL:APPLE', 'REL:BEE']]) {
      const labels = i.map((label) => label.toLowerCase().replace(':', '-')).map((label) => `s-${label}`);
      const released = (child: Fields): boolean => labels.every((label) => valuesAt(child, 'encoded_security.inclusive').includes(label));
      const wanted = expected(caller, some(both(hasSource, released)));
      const { body } = await ask(caller, { i, max_entities: '1000', count_entities: 'true' });
      assert.equal(
        body.data.items.map(({ key }) => key),
        wanted,
        `${caller} ${i.join()}`,
      );
      assert.is(body.data.items_count, wanted.length);
      assert.is(body.meta.sec_filter, 'AND');
    }
  }
  assert.is((await ask('all', { i: 'REL:APPLE', max_entities: '1000' })).body.data.items.length > 0, true);
  assert.is((await ask('all', { x: 'NOPE' })).status, 422);
  assert.is((await ask('all', { i: 'NOPE' })).status, 422);
});

test('says what matched, in the words of documents that the caller may read', async () => {
  const terms: [string, string, string][] = [
    ['file_format:document*', 'file_format', 'document'],
    ['features_map.c2_url:https*', 'features_map.c2_url', 'https'],
    ['features.name:pe_import author.name:plugin0*', 'author.name', 'plugin0'],
    ['depth:0 OR magic:image*', 'magic', 'image'],
    ['text', 'magic', 'text'],
  ];
  for (const [term, field, begin] of terms) {
    for (const caller of ['low', 'medium', 'all'] as const) {
      const { body } = await ask(caller, { term, max_entities: '1000' });
      const told = body.data.items.filter(({ highlight }) => highlight![field] !== undefined);
      assert.ok(told.length > 0, `${caller}: ${term}`);
      for (const { key, highlight } of body.data.items) {
        for (const [name, values] of Object.entries(highlight!)) {
          assert.not.ok(/security/.test(name), `${name} is no field of the term`);
          const readable = children
            .get(caller)!
            .get(key)!
            .flatMap((child) => valuesAt(child, name));
          for (const value of values) assert.ok(readable.includes(value), `${caller} may not read ${name} ${value}`);
          assert.is(new Set(values).size, values.length);
        }
      }
      assert.ok(told.every(({ highlight }) => highlight![field]!.some((value) => value.startsWith(begin))));
    }
  }
});

test('shows no labels as matches, whatever is searched for', async () => {
  for (const term of ['encoded_security.exclusive:"s-medium"', 'encoded_security.inclusive:s-*', 'magic:* encoded_security.markings:*']) {
    const { body, text } = await ask('medium', { term, count_entities: 'true' });
    assert.ok(body.data.items.length > 0, text);
    assert.not.ok(/encoded_security|"s-/.test(text));
  }
});

test('needs at most three requests', async () => {
  for (const term of ['binary.tag:malicious OR feature.tag:c2', 'file_format:*']) {
    const { body } = await ask('all', { term, include_queries: 'true', sort: 'timestamp', count_entities: 'true' });
    assert.ok(body.meta.queries!.length <= 3);
    assert.ok(body.meta.queries!.length >= 2);
  }
  assert.not.ok('queries' in (await ask('all', {})).body.meta);
});

test('refuses {"max_entities":"1001"}', async () => {
  const answer = await ask('medium', { max_entities: '1001' });
  assert.is(answer.status, 400, answer.text);
  assert.match(answer.body.message, /^too many binaries have been requested max is 1001\/1000$/);
  assert.equal(Object.keys(answer.body), ['ref', 'message']);
});

test('refuses parameters that are none', async () => {
  for (const [name, value] of Object.entries({ sort: 'size', max_entities: '-1', sort_asc: 'maybe', count_entities: 'x' })) {
    assert.is((await ask('medium', { [name]: value })).status, 422, name);
  }
  assert.is((await ask('medium', {}, { body: { hashes: 'x' } })).status, 422);
  assert.is((await ask('medium', {}, { body: { hashes: [1] } })).status, 422);
  assert.is((await ask('medium', {}, { body: null })).status, 200);
});

test('tells no caller of binaries that it may not see', async () => {
  for (const caller of ['low', 'medium', 'high'] as const) {
    const hidden = [...children.get('all')!.keys()].filter((sha256) => !children.get(caller)!.has(sha256));
    assert.ok(hidden.length > 0);
    const { text } = await ask(caller, { max_entities: '1000', sort: 'timestamp' });
    for (const sha256 of hidden) assert.not.ok(text.includes(sha256));
    assert.not.ok(/encoded_|"fold"/.test(text));
  }
});
