/** Binaries around one, against a walk over the stored documents (spec 04 §6.10, 05 §10). */
// test-timeout-s: 300
import * as assert from 'uvu/assert';
import { apiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Envelope, type TestApi } from '../helpers/api.js';
import { binaryDocuments, groupsBy, json, nodeFrom, order, sourceFrom, text, type Json, type MaySee } from '../helpers/expected-summary.js';
import { integration } from '../helpers/integration.js';

const test = integration('api nearby');
let documents: readonly StoredDocument[];
let api: TestApi;

test.setup(async () => {
  const history = await apiHistory();
  documents = history.documents;
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

const MODES = [
  ['no', 0, 0],
  ['yes_small', 100, 1],
  ['yes', 100, 2],
  ['yes_large', 250, 4],
] as const;

/** Documents that link. */
function linking(maySee: MaySee): Json[] {
  return binaryDocuments(documents, maySee).filter((d) => ['sourced', 'extracted', 'mapped'].includes(text(d['action'])));
}

/** The document that stands for several: smallest, last format, newest; what is missing comes last. */
function chosen(same: readonly Json[]): Json {
  const size = (d: Json): number => (d['size'] as number | undefined) ?? Infinity;
  const format = (d: Json): string => text(d['file_format'] ?? '');
  return [...same].sort(
    (a, b) =>
      (size(a) === size(b) ? 0 : size(a) - size(b)) || order(format(b), format(a)) || order(text(b['timestamp']), text(a['timestamp'])),
  )[0]!;
}

function parentOf(document: Json): string | undefined {
  return json(document['parent'])['sha256'] as string | undefined;
}

interface Edge {
  readonly child: string;
  readonly parent: string;
  readonly link: Json;
}

class Walk {
  readonly links = new Map<string, Json>();
  readonly edges: readonly Edge[];

  constructor(readonly all: readonly Json[]) {
    const pairs = groupsBy(all, (d) => (parentOf(d) === undefined ? undefined : `${text(d['sha256'])} ${parentOf(d)!}`));
    this.edges = [...pairs.values()].map((same) => {
      const document = chosen(same);
      const parent = json(document['parent']);
      const id = `${text(document['sha256_author_action'])}.${text(json(parent['encoded'])['sha256_author_action'])}`;
      const child = text(document['sha256']);
      return { child, parent: parentOf(document)!, link: { id, child, parent: parentOf(document), child_node: nodeFrom(document) } };
    });
  }

  childrenOf(binaries: readonly string[]): Edge[] {
    return this.followed(this.edges.filter(({ parent }) => binaries.includes(parent)));
  }

  parentsOf(binaries: readonly string[]): Edge[] {
    const submitted = this.all.filter((d) => binaries.includes(text(d['sha256'])) && d['depth'] === 0);
    for (const same of groupsBy(submitted, (d) => `${text(d['sha256'])} ${text(json(d['source'])['name'])}`).values()) {
      const document = chosen(same);
      const source = sourceFrom(document);
      const id = text(document['sha256_author_action']) + text(source['name']);
      this.links.set(id, { id, child: document['sha256'], child_node: nodeFrom(document), source });
    }
    return this.followed(this.edges.filter(({ child }) => binaries.includes(child)));
  }

  private followed(edges: readonly Edge[]): Edge[] {
    const others = edges.filter(({ child, parent }) => child !== parent);
    for (const { link } of others) this.links.set(text(link['id']), link);
    return others;
  }
}

/** The walk in the words of the specification, with its six lists a round. */
function expectedLinks(focus: string, maySee: MaySee, maxCousins: number, distance: number): Json[] {
  const walk = new Walk(linking(maySee));
  let found = [...walk.childrenOf([focus]), ...walk.parentsOf([focus])];
  let parents = found.filter(({ child }) => child === focus).map(({ parent }) => parent);
  let children = found.filter(({ child, parent }) => parent === focus && child !== focus).map(({ child }) => child);
  let cousins = found.flatMap(({ child, parent }) => [child, parent]).filter((id) => !parents.includes(id) && !children.includes(id));
  const seen = { parents: [focus], children: [focus], cousins: [] as string[] };
  for (let round = 1; round <= 10; round++) {
    const around = maxCousins > 0 && new Set(seen.cousins).size < maxCousins && round <= distance;
    if (!around && parents.length + children.length === 0) break;
    if (parents.length + children.length + cousins.length === 0) break;
    found = [...walk.childrenOf(children), ...walk.parentsOf(parents)];
    if (around) {
      found.push(...walk.childrenOf(parents), ...walk.parentsOf(children), ...walk.childrenOf(cousins), ...walk.parentsOf(cousins));
    }
    seen.parents.push(...parents);
    seen.children.push(...children);
    seen.cousins.push(...cousins);
    const [up, down, aside]: [string[], string[], string[]] = [[], [], []];
    for (const { child, parent } of found) {
      if (parents.includes(child)) {
        up.push(parent);
        aside.push(child);
      } else if (children.includes(parent)) {
        down.push(child);
        aside.push(parent);
      } else aside.push(child, parent);
    }
    cousins = aside.filter((id) => ![up, down, seen.parents, seen.children, seen.cousins].some((ids) => ids.includes(id)));
    parents = up.filter((id) => !seen.parents.includes(id));
    children = down.filter((id) => !seen.children.includes(id));
  }
  const rank = (link: Json): string[] => [
    text(link['child']),
    json(link['child_node'])['file_format'] ? '1' : '0',
    text(json(link['source'])['name'] ?? ''),
    text(link['parent'] ?? ''),
  ];
  return [...walk.links.values()].sort(
    (a, b) =>
      rank(a)
        .map((part, n) => order(part, rank(b)[n]!))
        .find((result) => result !== 0) ?? 0,
  );
}

function focuses(): string[] {
  const all = linking(() => true);
  const related = new Map<string, number>();
  for (const document of all) {
    for (const id of parentOf(document) === undefined ? [] : [text(document['sha256']), parentOf(document)!]) {
      related.set(id, (related.get(id) ?? 0) + 1);
    }
  }
  assert.ok(Math.max(...related.values()) < 30, 'no limit is reached');
  const connected = [...related].sort(([a, as], [b, bs]) => bs - as || order(a, b)).map(([id]) => id);
  const alone = all.map((d) => text(d['sha256'])).find((id) => !related.has(id))!;
  return [...connected.slice(0, 12), ...connected.slice(-4), alone];
}

test('links of every mode as each caller sees them', async () => {
  const counts = new Map<string, number>();
  for (const caller of CALLER_NAMES) {
    for (const focus of focuses()) {
      for (const [mode, maxCousins, distance] of MODES) {
        const expected = expectedLinks(focus, (d) => sees(caller, d), maxCousins, distance);
        assert.ok(expected.length <= 200, 'no limit is reached');
        const path = `/v0/binaries/${focus.toUpperCase()}/nearby?include_cousins=${mode}`;
        const { status, body } = await api.ask<Envelope<Json>>(caller, path);
        assert.is(status, 200);
        assert.equal(body.data, { id_focus: focus, links: expected }, `${caller} ${focus} ${mode}`);
        counts.set(mode, (counts.get(mode) ?? 0) + expected.length);
      }
    }
  }
  const [no, small, standard, large] = MODES.map(([mode]) => counts.get(mode)!);
  assert.ok(no! > 0 && no! < small! && small! <= standard! && standard! <= large!, JSON.stringify([...counts]));
});

test('by default as far as `yes`; with x less; at most two searches a round; nothing around what is not there', async () => {
  const [focus] = focuses() as [string];
  const standard = await api.ask<Envelope<Json>>('all', `/v0/binaries/${focus}/nearby?include_queries=true`);
  assert.equal(
    standard.body.data['links'],
    expectedLinks(focus, (d) => sees('all', d), 100, 2),
  );
  const queries = standard.body.meta.queries as readonly { readonly query: readonly object[] }[];
  assert.ok(queries.length > 1 && queries.length <= 11);
  for (const { query } of queries) assert.ok(query.length <= 2);
  const hidden = (d: StoredDocument): boolean => (json(d.source['encoded_security'])['exclusive'] as string[]).includes('s-medium');
  const less = await api.ask<Envelope<Json>>('all', `/v0/binaries/${focus}/nearby?x=MEDIUM`);
  assert.equal(
    less.body.data['links'],
    expectedLinks(focus, (d) => sees('all', d) && !hidden(d), 100, 2),
  );
  const unknown = '0'.repeat(64);
  const none = await api.ask<Envelope<Json>>('all', `/v0/binaries/${unknown}/nearby`);
  assert.equal([none.status, none.body.data], [200, { id_focus: unknown, links: [] }]);
  const other = await api.ask('all', `/v0/binaries/${focus}/nearby?include_cousins=maybe`);
  assert.is(other.status, 422);
});
