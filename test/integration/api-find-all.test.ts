/** Listings of all binaries and of families, in pages and as lines (spec 04 §6.2, §6.3, §15). */
import * as assert from 'uvu/assert';
import type { ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { carries, hasSource, valuesAt, visibleAnnotations, type Fields } from '../helpers/find-model.js';
import { openFindHistory, type FindHistory } from '../helpers/find-requests.js';
import { integration } from '../helpers/integration.js';

const test = integration('api find all');
let history: ApiHistory;
let api: TestApi;
let children: FindHistory['children'];

test.setup(async () => {
  ({ history, api, children } = await openFindHistory(test));
});

interface Item {
  readonly sha256: string;
}

interface Page {
  readonly items: readonly Item[];
  readonly after?: string;
  readonly total?: number;
}

type Parameters = Readonly<Record<string, string>>;

function ask(caller: CallerName, parameters: Parameters = {}, after?: string | null, route = '') {
  const path = `/v0/binaries/all${route}?${new URLSearchParams(parameters).toString()}`;
  return api.ask<Envelope<Page> & { readonly message: string }>(caller, path, {
    method: 'POST',
    ...(after !== undefined && { body: { after } }),
  });
}

/** All pages, the empty one at the end included. */
async function pagesOf(caller: CallerName, parameters: Parameters, route = ''): Promise<Page[]> {
  const pages: Page[] = [];
  for (let after: string | undefined; ;) {
    const { status, body, text } = await ask(caller, parameters, after, route);
    assert.is(status, 200, text);
    pages.push(body.data);
    if (body.data.after === undefined) return pages;
    after = body.data.after;
  }
}

function checkPages(pages: readonly Page[], size: number, wanted: readonly string[]): void {
  assert.equal(
    pages.flatMap(({ items }) => items.map(({ sha256 }) => sha256)),
    wanted,
  );
  assert.equal(pages.at(-1), { items: [] }, 'the last page is empty and leads nowhere');
  assert.ok(
    pages.slice(0, -2).every(({ items }) => items.length === size),
    'pages are full',
  );
  assert.equal(
    pages.map(({ total }) => total),
    pages.map((_, n) => (n === 0 && wanted.length > 0 ? wanted.length : undefined)),
  );
}

function expected(caller: CallerName, matches: (documents: readonly Fields[]) => boolean): string[] {
  return [...children.get(caller)!]
    .filter(([, documents]) => matches(documents))
    .map(([sha256]) => sha256)
    .sort();
}

const submitted = (documents: readonly Fields[]): boolean => documents.some(hasSource);
const by =
  (name: string) =>
  (documents: readonly Fields[]): boolean =>
    documents.some((child) => valuesAt(child, 'author.name').includes(name));

test('lists each binary that a caller may read once, in pages of seven', async () => {
  for (const caller of CALLER_NAMES) {
    for (const term of [undefined, '', ' ']) {
      const pages = await pagesOf(caller, { num_binaries: '7', ...(term !== undefined && { term }) });
      checkPages(pages, 7, expected(caller, submitted));
      const [first] = pages;
      assert.is(first!.after, `{"SHA256": "${first!.items.at(-1)!.sha256}"}`);
    }
  }
});

test('lists all on one page, and the first thousand without being told', async () => {
  const wanted = expected('all', submitted);
  assert.equal(
    (await ask('all')).body.data.items.map(({ sha256 }) => sha256),
    wanted,
  );
  assert.equal((await ask('all', {}, null)).body.data.items.length, wanted.length);
  assert.equal((await ask('all', {}, '')).body.data.total, wanted.length);
});

test('lists by a term also binaries of which no source is seen', async () => {
  let sourceless = 0;
  for (const caller of CALLER_NAMES) {
    for (const name of ['plugin04', 'plugin05']) {
      const wanted = expected(caller, by(name));
      sourceless += wanted.filter((sha256) => !submitted(children.get(caller)!.get(sha256)!)).length;
      checkPages(await pagesOf(caller, { num_binaries: '20', term: `author.name:${name}` }), 20, wanted);
    }
  }
  assert.ok(sourceless > 0);
  const both = expected('medium', (documents) => by('plugin04')(documents) && by('plugin05')(documents));
  assert.ok(both.length > 0);
  checkPages(await pagesOf('medium', { term: 'author.name:plugin04 author.name:plugin05' }), 1_000, both);
});

test('lists by tags that the caller may read', async () => {
  for (const caller of ['medium', 'all'] as const) {
    const tagged = new Set(
      visibleAnnotations(history, caller, 'entity_tag').flatMap(({ source }) => (source['tag'] === 'malicious' ? [source['sha256']] : [])),
    );
    const wanted = expected(caller, (documents) => documents.some(({ sha256 }) => tagged.has(sha256)));
    assert.ok(wanted.length > 0);
    checkPages(await pagesOf(caller, { term: 'binary.tag:malicious' }), 1_000, wanted);
  }
  const { status, body } = await ask('low', { term: 'binary.tag:benign' });
  assert.equal([status, body.message], [400, 'tag does not exist in opensearch']);
});

test('refuses bad terms, keys and pages', async () => {
  const refused: [Parameters, string | undefined, number, RegExp][] = [
    [{ term: 'a:b)' }, undefined, 400, /^Failed to parse term: Unexpected token '\)' at line 1, column 4/],
    [{ term: '[1 TO 5]' }, undefined, 400, /^Failed to parse term: A range needs a key/],
    [{ term: 'size:10MB' }, undefined, 400, /\[size\]/],
    [{ term: 'bad_key:x' }, undefined, 422, /^The following term query key could not be found: \[bad_key\]/],
    [{ term: 'size:1' }, '{', 422, /^Invalid after provided '\{', after must be valid JSON!$/],
    [{}, '{"sha256": "a"}', 422, /^Invalid after provided/],
  ];
  for (const [parameters, after, status, message] of refused) {
    const answer = await ask('medium', parameters, after);
    assert.is(answer.status, status, answer.text);
    assert.match(answer.body.message, message);
  }
  for (const size of ['0', '10001', 'x']) assert.is((await ask('medium', { num_binaries: size })).status, 422);
  assert.equal((await ask('medium', { term: 'size:1' })).body.data, { items: [] }, 'a known key may match nothing');
  const mixed = 'bad_key:x OR file_format:document*';
  assert.is((await ask('medium', { term: mixed })).status, 200, 'keys are not looked at when there are items');
  checkPages(
    await pagesOf('medium', { term: mixed }),
    1_000,
    expected('medium', (all) => all.some(({ file_format: format }) => String(format).startsWith('document'))),
  );
});

const RELATIONS = { parents: ['sha256', 'parent.sha256'], children: ['parent.sha256', 'sha256'] } as const;

/** What must be told of each relative; a list where several documents are equally new. */
function relatives(caller: CallerName, relation: keyof typeof RELATIONS, sha256: string): Map<string, object[]> {
  const [own, other] = RELATIONS[relation];
  const links = [...children.get(caller)!.values()]
    .flat()
    .filter((child) => valuesAt(child, own).includes(sha256) && valuesAt(child, other).length > 0);
  const hashes = [...new Set(links.map((child) => valuesAt(child, other)[0] as string))].sort();
  return new Map(
    hashes.map((hash) => {
      const documents = links.filter((child) => valuesAt(child, other).includes(hash));
      const newest = Math.max(...documents.map(({ timestamp }) => Date.parse(timestamp as string)));
      const items = documents
        .filter(({ timestamp }) => Date.parse(timestamp as string) === newest)
        .map((child) => {
          const author = (relation === 'parents' ? (child['parent'] as Fields)['author'] : child['author']) as Fields;
          return {
            sha256: hash,
            track_link: child['track_link'],
            author_name: author['name'],
            author_category: author['category'],
            timestamp: child['timestamp'],
          };
        });
      return [hash, items];
    }),
  );
}

test('lists parents and children by their newest visible link', async () => {
  const linked = [...children.get('all')!.values()]
    .flat()
    .flatMap((child) => [child['sha256'], ...valuesAt(child, 'parent.sha256')]) as string[];
  const some = [...new Set(linked)].filter((sha256) => relatives('all', 'children', sha256).size > 0).slice(0, 12);
  const hiddenFrom = new Set<CallerName>();
  for (const caller of CALLER_NAMES) {
    for (const relation of ['parents', 'children'] as const) {
      for (const sha256 of [...some, ...[...children.get('all')!.keys()].slice(0, 8)]) {
        const wanted = relatives(caller, relation, sha256);
        if (wanted.size < relatives('all', relation, sha256).size) hiddenFrom.add(caller);
        const { status, body } = await ask(caller, { family_sha256: sha256.toUpperCase() }, undefined, `/${relation}`);
        assert.is(status, 200);
        assert.equal(
          body.data.items.map((item) => item.sha256),
          [...wanted.keys()],
          `${caller} ${relation} ${sha256}`,
        );
        for (const item of body.data.items) {
          assert.ok(
            wanted.get(item.sha256)!.some((one) => JSON.stringify(one) === JSON.stringify(item)),
            JSON.stringify([item, wanted.get(item.sha256)]),
          );
        }
        const last = body.data.items.at(-1);
        assert.is(body.data.after, last && `{"sha256": "${last.sha256}"}`);
        assert.is(body.data.total, last && wanted.size);
        if (last !== undefined)
          assert.equal((await ask(caller, { family_sha256: sha256 }, body.data.after, `/${relation}`)).body.data, { items: [] });
      }
    }
  }
  assert.ok(hiddenFrom.has('low') && hiddenFrom.has('medium'));
});

test('knows no family of an unknown hash, and needs a hash', async () => {
  for (const route of ['/parents', '/children']) {
    assert.equal((await ask('all', { family_sha256: 'f'.repeat(64) }, undefined, route)).body.data, { items: [] });
    for (const parameters of [{}, { family_sha256: 'x' }, { family_sha256: 'f'.repeat(65) }] as Parameters[]) {
      assert.is((await ask('all', parameters, undefined, route)).status, 422);
    }
    assert.is((await ask('all', { family_sha256: 'f'.repeat(64) }, 'x', route)).status, 422);
  }
});

test('leaves out relatives whose links carry an excluded label', async () => {
  let fewer = 0;
  for (const sha256 of [...children.get('all')!.keys()].slice(0, 60)) {
    const { body } = await ask('all', { family_sha256: sha256, x: 'MEDIUM' }, undefined, '/parents');
    const left = children
      .get('all')!
      .get(sha256)!
      .filter((child) => !carries(child, ['s-medium']));
    const wanted = [...new Set(left.flatMap((child) => valuesAt(child, 'parent.sha256') as string[]))].sort();
    fewer += relatives('all', 'parents', sha256).size - wanted.length;
    assert.equal(
      body.data.items.map((item) => item.sha256),
      wanted,
    );
  }
  assert.ok(fewer > 0);
});

test('finds no parent document that is released to a label, as the peer', async () => {
  const { body } = await ask('all', { i: 'REL:APPLE' });
  assert.equal(body.data, { items: [] });
  assert.is(body.meta.sec_filter, 'AND');
});

const LINES = { accept: 'application/x-ndjson' };

test('streams all pages as lines that end with the meta', async () => {
  for (const caller of ['low', 'all'] as const) {
    const path = '/v0/binaries/all?num_binaries=25&include_queries=true';
    const { status, headers, text } = await api.ask(caller, path, { method: 'POST', headers: LINES });
    assert.is(status, 200);
    assert.is(headers['content-type'], 'application/x-ndjson');
    assert.ok(text.endsWith('\n'));
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Item & Envelope<never>);
    assert.equal(
      lines.slice(0, -1),
      expected(caller, submitted).map((sha256) => ({ sha256 })),
    );
    const { meta } = lines.at(-1)!;
    assert.is(meta.security, headers['x-azul-security']);
    assert.ok(meta.queries!.length >= Math.ceil((lines.length - 1) / 25));
  }
  const some = expected('all', submitted)[3]!;
  const after = JSON.stringify({ SHA256: some });
  const rest = await api.ask('all', '/v0/binaries/all?term=', { method: 'POST', headers: LINES, body: { after } });
  assert.is(rest.text.split('\n')[0], JSON.stringify({ sha256: expected('all', submitted)[4] }));
});

test('streams families as lines', async () => {
  const parent = [...children.get('all')!.keys()].find((sha256) => relatives('all', 'parents', sha256).size > 0)!;
  const path = `/v0/binaries/all/parents?family_sha256=${parent}`;
  const [lines, page] = [
    await api.ask('all', path, { method: 'POST', headers: LINES }),
    await ask('all', { family_sha256: parent }, undefined, '/parents'),
  ];
  const items = page.body.data.items.map((item) => JSON.stringify(item));
  assert.equal(lines.text.trimEnd().split('\n').slice(0, -1), items);
  const none = await api.ask('all', `/v0/binaries/all/children?family_sha256=${'f'.repeat(64)}`, { method: 'POST', headers: LINES });
  assert.match(none.text, /^\{"meta":\{[^\n]*\}\}\n$/);
});

test('answers with a status what is wrong before the first line', async () => {
  for (const [query, status] of [
    ['term=a:b)', 400],
    ['term=bad_key:x', 422],
    ['x=NOPE', 422],
  ] as const) {
    const answer = await api.ask('all', `/v0/binaries/all?${query}`, { method: 'POST', headers: LINES });
    assert.is(answer.status, status);
    assert.match(String(answer.headers['content-type']), /^application\/json/);
  }
});

test('stops reading when the caller leaves', async () => {
  const pages = expected('all', submitted).length;
  const address = await api.listen();
  const leave = new AbortController();
  const before = api.searches();
  const answer = await fetch(`${address}/v0/binaries/all?num_binaries=1`, {
    method: 'POST',
    headers: { ...LINES, authorization: `Bearer ${await api.tokenOf('all')}` },
    signal: leave.signal,
  });
  assert.is(answer.status, 200);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^\{"sha256":/);
  leave.abort();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const stopped = api.searches() - before;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.is(api.searches() - before, stopped, 'no more searches');
  assert.ok(stopped < pages, `${stopped} searches of ${pages}`);
});
