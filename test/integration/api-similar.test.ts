/** Binaries that are like another, compared with what the documents that the caller may see say (spec 04 §6.13, 05 §11). */
import * as assert from 'uvu/assert';
import { compareSsdeep } from '../../src/search/similarity/ssdeep-compare.js';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Ask, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api similar');
let history: ApiHistory;
let api: TestApi;
let metadata: StoredDocument[];

interface Match {
  readonly sha256: string;
  readonly score: number;
}

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
  metadata = history.documents.filter(({ docname, source }) => docname === 'binary2' && source['sha256'] !== undefined);
});

const textOf = (document: StoredDocument, field: string) => document.source[field] as string;
const visible = (caller: CallerName, field: string) =>
  metadata.filter((one) => sees(caller, one) && one.source[field] !== undefined && one.source[field] !== null);

async function matches(caller: CallerName, path: string, ask: Ask = {}): Promise<readonly Match[]> {
  const { status, body, text } = await api.ask<Envelope<{ matches: Match[] }>>(caller, `/v0/binaries/${path}`, ask);
  assert.is(status, 200, `${caller} ${path} ${text}`);
  return body.data.matches;
}

/**
 * What is found is like the vector and is told with its score, and it is nearly all of it: a walk through a graph of neighbours
 * (HNSW) may pass by a few.
 */
class Found {
  readonly expected = new Map<CallerName, number>(CALLER_NAMES.map((caller) => [caller, 0]));
  private found = 0;

  constructor(private readonly tolerance: number) {}

  add(caller: CallerName, rows: readonly Match[], expected: ReadonlyMap<string, number>, what: string): void {
    for (const { sha256, score } of rows) {
      const right = expected.get(sha256);
      const isRight = right !== undefined && Math.abs(score - right) < this.tolerance;
      assert.ok(isRight, `${caller} ${what}: ${sha256} ${score}, expected ${right}`);
    }
    assertDescending(rows);
    this.expected.set(caller, this.expected.get(caller)! + expected.size);
    this.found += best(rows).size;
  }

  assertNearlyAll(): void {
    const all = [...this.expected.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(this.found >= 0.95 * all, `${this.found} of ${all} found`);
  }
}

/** The best score of each binary. */
function best(rows: readonly Match[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { sha256, score } of rows) found.set(sha256, Math.max(score, found.get(sha256) ?? 0));
  return found;
}

function assertDescending(rows: readonly Match[]): void {
  assert.equal(
    rows.map(({ score }) => score),
    rows.map(({ score }) => score).sort((a, b) => b - a),
  );
}

test('finds like ssdeep hashes of visible documents', async () => {
  const seen = new Map<CallerName, number>();
  const hashes = [...new Set(visible('all', 'ssdeep').map((one) => textOf(one, 'ssdeep')))].filter(
    (hash) => hash.split(':')[1]!.length > 20,
  );
  const grams = (hash: string) =>
    hash
      .split(':')
      .slice(1)
      .flatMap((part) => Array.from({ length: Math.max(0, part.length - 6) }, (_, n) => part.slice(n, n + 7)));
  for (const hash of hashes.slice(0, 25)) {
    const [blocksize, chunk, dchunk] = hash.split(':') as [string, string, string];
    const query = `${blocksize}:${chunk.slice(0, -1)}x:${dchunk}`;
    const sizes = [Number(blocksize), Number(blocksize) * 2, Number(blocksize) / 2];
    const asked = new Set(grams(query));
    for (const caller of CALLER_NAMES) {
      const candidates = visible(caller, 'ssdeep')
        .filter((one) => textOf(one, 'ssdeep') !== query && sizes.includes(Number(textOf(one, 'ssdeep').split(':')[0])))
        .filter((one) => grams(textOf(one, 'ssdeep')).some((gram) => asked.has(gram)))
        .map((one) => ({ sha256: textOf(one, 'sha256'), score: compareSsdeep(query, textOf(one, 'ssdeep')) }));
      const found = await matches(caller, `similar/ssdeep?ssdeep=${encodeURIComponent(query)}`);
      assert.equal(Object.fromEntries(best(found)), Object.fromEntries(best(candidates)), `${caller} ${query}`);
      assertDescending(found);
      seen.set(caller, (seen.get(caller) ?? 0) + found.length);
    }
  }
  assert.ok(seen.get('all')! >= 25 && seen.get('low')! < seen.get('all')!, JSON.stringify([...seen]));
  const exact = await matches('all', `similar/ssdeep?ssdeep=${encodeURIComponent(hashes[0]!)}`);
  assert.not(
    exact.some(({ sha256 }) =>
      visible('all', 'ssdeep').some((one) => textOf(one, 'sha256') === sha256 && textOf(one, 'ssdeep') === hashes[0]),
    ),
  );
});

/** The vector of a TLSH's 70 digits (spec 05 §11.2). */
function tlshVector(digits: string): number[] {
  const bytes = Array.from({ length: 35 }, (_, n) => Number.parseInt(digits.slice(2 * n, 2 * n + 2), 16));
  const swapped = (byte: number) => (byte & 15) * 16 + (byte >> 4);
  return [swapped(bytes[0]!), swapped(bytes[1]!), bytes[2]! >> 4, bytes[2]! & 15, ...bytes.slice(3)].map((byte) => byte - 128);
}

/** A TLSH that differs from a document's by one digit. */
function near(document: StoredDocument): string {
  const digits = textOf(document, 'tlsh').replace(/^T1/, '');
  return `${digits.slice(0, 40)}${digits[40] === '0' ? '8' : '0'}${digits.slice(41)}`;
}

test('finds like TLSH of visible documents', async () => {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, n) => sum + value * b[n]!, 0);
  const likeness = (a: readonly number[], b: readonly number[]) => (1 + dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) / 2;
  const found = new Found(0.011);
  for (const document of visible('all', 'tlsh_vector').slice(0, 20)) {
    const query = near(document);
    const vector = tlshVector(query);
    for (const caller of CALLER_NAMES) {
      const expected = best(
        visible(caller, 'tlsh_vector')
          .filter((one) => ![query, `T1${query}`].includes(textOf(one, 'tlsh')))
          .map((one) => ({ sha256: textOf(one, 'sha256'), score: 100 * likeness(vector, one.source['tlsh_vector'] as number[]) }))
          .filter(({ score }) => score >= 90),
      );
      for (const spelling of [query, `T1${query}`])
        found.add(caller, await matches(caller, `similar/tlsh?tlsh=${spelling}`), expected, spelling);
    }
  }
  found.assertNearlyAll();
  const [all, low] = [found.expected.get('all')!, found.expected.get('low')!];
  assert.ok(all >= 40 && low < all, `${all} ${low}`);
  const { source } = visible('all', 'tlsh_vector')[0]!;
  assert.not((await matches('all', `similar/tlsh?tlsh=${source['tlsh'] as string}`)).some(({ sha256 }) => sha256 === source['sha256']));
});

/** Bits of a byte vector. */
function bits(vector: readonly number[]): string {
  return vector.map((byte) => (byte & 255).toString(2).padStart(8, '0')).join('');
}

test('finds like entropy profiles of visible documents, without the binary itself', async () => {
  const found = new Found(0.01);
  for (const document of visible('all', 'entropy_vector').slice(0, 12)) {
    const own = bits(document.source['entropy_vector'] as number[]);
    // Each block has as many ones as it has quarters; one is changed by some quarters.
    const blocks = Array.from({ length: 40 }, (_, n) => own.slice(32 * n, 32 * (n + 1)).replaceAll('0', '').length / 4);
    blocks[7] = blocks[7]! > 4 ? blocks[7]! - 1 : blocks[7]! + 1;
    const query = blocks.map((value) => '1'.repeat(value * 4).padEnd(32, '0')).join('');
    const apart = (vector: string) => vector.split('').filter((bit, n) => bit !== query[n]).length;
    for (const sha256 of ['f'.repeat(64), textOf(document, 'sha256').toUpperCase()]) {
      for (const caller of CALLER_NAMES) {
        const expected = best(
          visible(caller, 'entropy_vector')
            .filter((one) => textOf(one, 'sha256') !== sha256.toLowerCase())
            .map((one) => ({
              sha256: textOf(one, 'sha256'),
              score: (100 * (1280 - apart(bits(one.source['entropy_vector'] as number[])))) / 1280,
            }))
            .filter(({ score }) => score >= 90),
        );
        const rows = await matches(caller, `${sha256}/similar/entropy`, { method: 'POST', body: blocks });
        found.add(caller, rows, expected, sha256);
      }
    }
  }
  found.assertNearlyAll();
  assert.ok(found.expected.get('all')! >= 12, `${found.expected.get('all')}`);
});

test('is limited by x, i and the number of matches', async () => {
  let query = '';
  let document: StoredDocument | undefined;
  const has = (rows: readonly Match[]) => rows.some(({ sha256 }) => sha256 === textOf(document!, 'sha256'));
  for (document of visible('all', 'tlsh_vector').filter(({ source }) => source['security'] === 'MEDIUM')) {
    query = `similar/tlsh?tlsh=${near(document)}`;
    if (has(await matches('all', query))) break;
  }
  assert.ok(document !== undefined && has(await matches('all', query)));
  const others = metadata.some((one) => textOf(one, 'tlsh') === textOf(document, 'tlsh') && one.source['security'] !== 'MEDIUM');
  assert.is(has(await matches('all', `${query}&x=MEDIUM`)), others);
  assert.equal(await matches('all', `${query}&max_matches=0`), []);
  assert.is((await matches('all', `${query}&max_matches=1`)).length, 1);
});

test('refuses what is no hash and no profile, and finds nothing like nothing', async () => {
  for (const [path, message] of [
    ['similar/ssdeep?ssdeep=abc', 'ssdeep fuzzy hash could not be parsed abc'],
    ['similar/ssdeep?ssdeep=x:a:b', 'ssdeep fuzzy hash could not be parsed x:a:b'],
    [`similar/tlsh?tlsh=T2${'0'.repeat(70)}`, `Invalid TLSH version in: 'T2${'0'.repeat(70)}'`],
    ['similar/tlsh?tlsh=00', "Invalid TLSH length in: ''"],
    [`similar/tlsh?tlsh=${'x'.repeat(70)}`, `Invalid TLSH digits in: '${'x'.repeat(70)}'`],
  ] as const) {
    const { status, body } = await api.ask('low', `/v0/binaries/${path}`);
    assert.equal([status, body], [422, { ref: '', message }]);
  }
  for (const tlsh of ['', 'NULL', 'TNULL']) assert.equal(await matches('low', `similar/tlsh?tlsh=${tlsh}`), []);
  for (const path of ['similar/ssdeep', 'similar/tlsh', 'similar/tlsh?tlsh=&max_matches=-1']) {
    assert.is((await api.ask('low', `/v0/binaries/${path}`)).status, 422, path);
  }
  const entropy = `${'a'.repeat(64)}/similar/entropy`;
  assert.equal(await matches('all', entropy, { method: 'POST', body: Array.from({ length: 39 }, () => 1) }), []);
  assert.equal(await matches('all', entropy, { method: 'POST', body: [] }), []);
  for (const body of [undefined, '{}', '{"entropy":[1]}', '["a"]', '[1e999]', `[${'1,'.repeat(100_000)}1]`]) {
    const { status } = await api.ask('low', `/v0/binaries/${entropy}`, { method: 'POST', ...(body !== undefined && { body }) });
    assert.is(status, 422, String(body).slice(0, 30));
  }
});
