import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { compareCodePoints } from '../../projections/code-points.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const test = integration('export');
let arena: Arena;
test.setup(() => {
  arena = createArena();
  test.closing(() => arena.close());
});

/** An index whose documents are kept as they are, behind the read alias of a docname. */
async function createIndex(own: Arena, name: string, docname: string): Promise<string> {
  const index = `azul.${name}`;
  await opensearch('PUT', `/${encodeURIComponent(index)}`, {
    settings: { number_of_shards: 2, number_of_replicas: 0 },
    mappings: { dynamic: false },
    aliases: { [`azul.${own.partition}.${docname}`]: {} },
  });
  return index;
}

interface Stored {
  readonly id: string;
  readonly source: string;
  readonly routing?: string;
}

/** Indexes JSON texts as they stand. */
async function store(index: string, documents: readonly Stored[]): Promise<void> {
  const body = documents.map(({ id, source, routing }) => `${JSON.stringify({ index: { _id: id, routing } })}\n${source}\n`).join('');
  const response = await fetch(`${testStack().opensearchUrl}/${encodeURIComponent(index)}/_bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  assert.is(((await response.json()) as { errors: boolean }).errors, false);
}

const lines = (stdout: string): string[] => stdout.split('\n').filter((line) => line !== '');
const idOf = (line: string): string => (JSON.parse(line) as { id: string }).id;

test('sorts by index and id in code points, without generation, each document as it is stored', async () => {
  // Hexadecimal ids, ids of digits and others are kept in three encodings by the server, each with an order of its own.
  const ids = [
    '0a',
    '00',
    'ff',
    'F',
    '10',
    '9',
    'abc',
    'abcd',
    'Z',
    '_',
    '~',
    'é',
    '\uffee',
    '😀',
    'a.b',
    'a/b?c#d%',
    'a b',
    '"',
    '1'.repeat(500),
  ];
  const source = '{"size":18446744073709551615,"half":5.0,"e":1E+2,"s":"\\u00e9","fold":{"tokens":["k"]},"nested":{"fold":-0.0}}';
  const second = await createIndex(arena, `x.${arena.partition}-g2.binary2.b`, 'binary2');
  const first = await createIndex(arena, `x.${arena.partition}-g2.binary2.a`, 'binary2');
  await store(second, [{ id: 'child', source: '{"a":1.50}', routing: 'parent' }]);
  await store(
    first,
    ids.map((id) => ({ id, source })),
  );
  const { stdout } = await arena.run(['export', 'binary2', '--quiet']);
  const found = lines(stdout);
  assert.equal(found.slice(0, -1).map(idOf), [...ids].sort(compareCodePoints));
  assert.ok(found.map(idOf).indexOf('😀') > found.map(idOf).indexOf('\uffee'));
  for (const line of found.slice(0, -1)) {
    assert.ok(line.startsWith(`{"index":"azul.x.${arena.partition}.binary2.a","id":`), line);
    assert.ok(
      line.endsWith('"routing":null,"source":{"size":18446744073709551615,"half":5.0,"e":1E+2,"s":"\\u00e9","nested":{"fold":-0.0}}}'),
      line,
    );
  }
  assert.is(found.at(-1), `{"index":"azul.x.${arena.partition}.binary2.b","id":"child","routing":"parent","source":{"a":1.50}}`);
});

test('includes the provenance when asked, as stored to the letter', async () => {
  const { stdout } = await arena.run(['export', 'binary2', '--with-fold', '--quiet']);
  assert.ok(
    lines(stdout)[0]!.endsWith(
      '"source":{"size":18446744073709551615,"half":5.0,"e":1E+2,"s":"\\u00e9","fold":{"tokens":["k"]},"nested":{"fold":-0.0}}}',
    ),
  );
});

test('sees what was written a moment ago, and nothing of another partition', async () => {
  const own = createArena();
  test.closing(() => own.close());
  const index = await createIndex(own, `o.${own.partition}.plugin`, 'plugin');
  const other = await createIndex(own, `o.${own.partition}x.plugin`, 'other');
  await opensearch('PUT', `/${encodeURIComponent(index)}/_settings`, { index: { refresh_interval: '-1' } });
  await store(index, [{ id: 'a', source: '{}' }]);
  await store(other, [{ id: 'b', source: '{}' }]);
  assert.equal(lines((await own.run(['export', 'plugin', '--quiet'])).stdout).map(idOf), ['a']);
});

test('exports all kinds by default, those that exist', async () => {
  const own = createArena();
  test.closing(() => own.close());
  for (const docname of ['status.2026-01-w01', 'plugin', 'annotation', 'cache']) {
    const index = await createIndex(own, `o.${own.partition}.${docname}`, docname.split('.')[0]!);
    await store(index, [{ id: docname, source: '{}' }]);
  }
  assert.equal(lines((await own.run(['export', '--quiet'])).stdout).map(idOf), ['annotation', 'plugin', 'status.2026-01-w01']);
});

test('fails for a partition without indices, and for a kind that is not there', async () => {
  const own = createArena();
  test.closing(() => own.close());
  const { stderr, stdout } = await own.run(['export'], {}, 1);
  assert.is(stdout, '');
  assert.match(stderr, /MF_OPENSEARCH_INDEX: .*binary2/);
  assert.match((await arena.run(['export', 'status'], {}, 1)).stderr, /MF_OPENSEARCH_INDEX/);
});

test('says so when OpenSearch does not answer', async () => {
  const { stderr } = await arena.run(['export'], { METASTORE_OPENSEARCH_URL: 'http://127.0.0.1:1' }, 1);
  assert.match(stderr, /^metafold export: MF_OPENSEARCH: .*\n$/m);
});

test('writes many documents of very different sizes to a file, and reports the result', async () => {
  const own = createArena();
  test.closing(() => own.close());
  const index = await createIndex(own, `x.${own.partition}.status.all`, 'status');
  const documents = Array.from({ length: 12_000 }, (_, number) => ({
    id: (number * 2_654_435_761).toString(16),
    source: JSON.stringify({ number, text: number % 400 === 0 ? 'x'.repeat(300_000) : 'y' }),
  }));
  for (let start = 0; start < documents.length; start += 3_000) await store(index, documents.slice(start, start + 3_000));
  const file = join(own.folder, 'out.jsonl');
  const { stdout } = await own.run(['export', '--output', file, '--json']);
  const { result } = JSON.parse(stdout) as { result: { documents: number; indices: Record<string, number> } };
  assert.is(result.documents, documents.length);
  assert.equal(result.indices, { [index]: documents.length });
  const found = lines(readFileSync(file, 'utf8'));
  assert.equal(found.map(idOf), documents.map(({ id }) => id).sort(compareCodePoints));
  const sources = new Map(documents.map(({ id, source }) => [id, source]));
  for (const line of found) {
    const id = idOf(line);
    assert.is(line, `{"index":"${index}","id":"${id}","routing":null,"source":${sources.get(id)!}}`);
  }
});
