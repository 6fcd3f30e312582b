/** Binaries that are like another, compared with what the documents that the caller may see say (spec 04 §6.13, 05 §11). */
import { Redis } from 'ioredis';
import * as assert from 'uvu/assert';
import { compareSsdeep } from '../../src/search/similarity/ssdeep-compare.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Ask, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { makeBinaries, type MadeDocument } from '../helpers/made-binaries.js';
import { testStack } from '../helpers/stack.js';
import { waitFor } from '../helpers/wait-for.js';

const test = integration('api similar');
let history: ApiHistory;
let api: TestApi;
let metadata: StoredDocument[];

interface Match {
  readonly sha256: string;
  readonly score: number;
}

interface FeatureMatches {
  readonly num_feature_values: number;
  readonly timestamp: string;
  readonly matches: readonly {
    readonly sha256: string;
    readonly score_sum: number;
    readonly score_percent: number;
    readonly contributions: readonly (readonly [string, number])[];
  }[];
  readonly status: string;
}

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
  test.closing(async () => {
    const redis = new Redis(redisUrl());
    await redis.flushdb();
    redis.disconnect();
  });
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

test('finds like TLSH of visible documents', async () => {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, n) => sum + value * b[n]!, 0);
  const likeness = (a: readonly number[], b: readonly number[]) => (1 + dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) / 2;
  let all = 0;
  let low = 0;
  for (const document of visible('all', 'tlsh_vector').slice(0, 20)) {
    const digits = textOf(document, 'tlsh').replace(/^T1/, '');
    const query = `${digits.slice(0, 40)}${digits[40] === '0' ? '8' : '0'}${digits.slice(41)}`;
    const vector = tlshVector(query);
    for (const caller of CALLER_NAMES) {
      const expected = best(
        visible(caller, 'tlsh_vector')
          .filter((one) => ![query, `T1${query}`].includes(textOf(one, 'tlsh')))
          .map((one) => ({ sha256: textOf(one, 'sha256'), score: 100 * likeness(vector, one.source['tlsh_vector'] as number[]) }))
          .filter(({ score }) => score >= 90),
      );
      for (const spelling of [query, `T1${query}`]) {
        const found = await matches(caller, `similar/tlsh?tlsh=${spelling}`);
        assert.equal([...best(found).keys()].sort(), [...expected.keys()].sort(), `${caller} ${query}`);
        for (const { sha256, score } of found)
          assert.ok(Math.abs(score - expected.get(sha256)!) < 0.011, `${score} ${expected.get(sha256)}`);
        assertDescending(found);
      }
      if (caller === 'all') all += expected.size;
      if (caller === 'low') low += expected.size;
    }
  }
  assert.ok(all >= 20 && low < all, `${all} ${low}`);
  const { source } = visible('all', 'tlsh_vector')[0]!;
  assert.not((await matches('all', `similar/tlsh?tlsh=${source['tlsh'] as string}`)).some(({ sha256 }) => sha256 === source['sha256']));
});

/** Bits of a byte vector. */
function bits(vector: readonly number[]): string {
  return vector.map((byte) => (byte & 255).toString(2).padStart(8, '0')).join('');
}

test('finds like entropy profiles of visible documents, without the binary itself', async () => {
  let all = 0;
  for (const document of visible('all', 'entropy_vector').slice(0, 12)) {
    const own = bits(document.source['entropy_vector'] as number[]);
    // Each block has as many ones as it has quarters; one is changed by some quarters.
    const blocks = Array.from({ length: 40 }, (_, n) => own.slice(32 * n, 32 * (n + 1)).replaceAll('0', '').length / 4);
    blocks[7] = blocks[7]! > 4 ? blocks[7]! - 1 : blocks[7]! + 1;
    const query = blocks.map((value) => '1'.repeat(value * 4).padEnd(32, '0')).join('');
    const apart = (vector: string) => vector.split('').filter((bit, n) => bit !== query[n]).length;
    for (const [sha256, own] of [
      ['f'.repeat(64), false],
      [textOf(document, 'sha256').toUpperCase(), true],
    ] as const) {
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
        const found = await matches(caller, `${sha256}/similar/entropy`, { method: 'POST', body: blocks });
        assert.equal([...best(found).keys()].sort(), [...expected.keys()].sort(), `${caller} ${sha256}`);
        for (const { sha256: like, score } of found)
          assert.ok(Math.abs(score - expected.get(like)!) < 0.01, `${score} ${expected.get(like)}`);
        assertDescending(found);
        if (caller === 'all' && !own) all += expected.size;
      }
    }
  }
  assert.ok(all >= 12, `${all} were found`);
});

test('is limited by x, i and the number of matches', async () => {
  const document = visible('all', 'tlsh_vector').find(({ source }) => source['security'] === 'MEDIUM')!;
  const digits = textOf(document, 'tlsh').replace(/^T1/, '');
  const query = `similar/tlsh?tlsh=${digits.slice(0, 40)}${digits[40] === '0' ? '8' : '0'}${digits.slice(41)}`;
  const has = (rows: readonly Match[]) => rows.some(({ sha256 }) => sha256 === textOf(document, 'sha256'));
  assert.ok(has(await matches('all', query)));
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

const SECURITIES = ['LOW', 'MEDIUM', 'MEDIUM MOD1 REL:APPLE', 'HIGH MOD2 REL:APPLE,BEE'];
const TARGET = `a${'0'.repeat(63)}`;

/** Twelve authors and thirty binaries, each with one document of some authors; values are shared by chance. */
function madeDocuments(): MadeDocument[] {
  return Array.from({ length: 30 }, (_, binary) => binary).flatMap((binary) =>
    Array.from({ length: 12 }, (_, author) => author)
      .filter((author) => binary === 0 || (binary * 7 + author * 5) % 4 !== 0)
      .map((author) => ({
        sha256: binary === 0 ? TARGET : 'ab'[binary % 2]! + binary.toString(16).padStart(63, '0'),
        author: `p${author}`,
        security: SECURITIES[(binary + Math.floor(author / 3)) % 4]!,
        values: Array.from({ length: (binary + author) % 7 === 3 ? 4 : 8 }, (_, n) => {
          const value = binary === 0 || n < (binary + author) % 9 ? 'shared' : `${binary}`;
          return [`f${n}.of`, value] as const;
        }),
      })),
  );
}

interface Feature {
  readonly name: string;
  readonly value: string;
}

function pairs({ source }: StoredDocument): Set<string> {
  return new Set((source['features'] as Feature[]).map(({ name, value }) => `${name}=${value}`));
}

function expectedMatches(documents: readonly StoredDocument[]) {
  const enough = documents.filter(({ source }) => (source['features'] as Feature[]).length > 4);
  const authorOf = ({ source }: StoredDocument) => (source['author'] as { name: string }).name;
  const own = enough.filter((one) => textOf(one, 'sha256') === TARGET);
  const total = own.reduce((sum, one) => sum + pairs(one).size, 0);
  const found = new Map<string, [string, number][]>();
  for (const document of own) {
    for (const other of enough) {
      if (authorOf(other) !== authorOf(document) || textOf(other, 'sha256') === TARGET) continue;
      const shared = [...pairs(other)].filter((pair) => pairs(document).has(pair)).length;
      if (shared < 4) continue;
      found.set(textOf(other, 'sha256'), [...(found.get(textOf(other, 'sha256')) ?? []), [authorOf(other), shared]]);
    }
  }
  const rows = Array.from(found, ([sha256, contributions]) => {
    const sum = contributions.reduce((all, [, shared]) => all + shared, 0);
    return { sha256, score_sum: sum, score_percent: Math.floor((100 * sum) / total), contributions };
  });
  return { num_feature_values: total, rows: rows.sort((a, b) => b.score_sum - a.score_sum || (a.sha256 < b.sha256 ? -1 : 1)).slice(0, 20) };
}

const comparable = ({ matches: rows, num_feature_values }: Pick<FeatureMatches, 'matches' | 'num_feature_values'>) => ({
  num_feature_values,
  rows: rows.map((row) => ({ ...row, contributions: row.contributions.toSorted(([a], [b]) => (a < b ? -1 : 1)) })),
});

async function inMadeArena(action: (arena: Arena, documents: readonly StoredDocument[]) => Promise<void>): Promise<void> {
  const arena = createArena();
  try {
    await action(arena, await makeBinaries(arena, madeDocuments()));
  } finally {
    await arena.close();
  }
}

async function askFeatures(from: TestApi, caller: CallerName, query = ''): Promise<FeatureMatches> {
  const path = `/v0/binaries/${TARGET.toUpperCase()}/similar/features${query}`;
  const { status, body, text } = await from.ask<Envelope<FeatureMatches>>(caller, path);
  assert.is(status, 200, text);
  return body.data;
}

function completed(from: TestApi, caller: CallerName, query = ''): Promise<FeatureMatches> {
  const ask = async (): Promise<FeatureMatches | undefined> => {
    const answer = await askFeatures(from, caller, query);
    return answer.status === 'complete' ? answer : undefined;
  };
  return waitFor(ask, { timeoutMs: 60_000, what: `${caller}'s matches` }) as Promise<FeatureMatches>;
}

/** A database of Redis for this file alone. */
function redisUrl(): string {
  return `${testStack().redisUrl}/10`;
}

test('finds binaries that share feature values, for each caller in what it may see', async () => {
  await inMadeArena(async (arena, documents) => {
    for (const settings of [{}, { METAFOLD_REDIS_URL: redisUrl() }]) {
      const similar = await startTestApi(arena, settings);
      try {
        const answers = new Set<string>();
        for (const [caller, query, passes] of [
          ...CALLER_NAMES.map((caller) => [caller, '', () => true] as const),
          ['all', '?x=MEDIUM', ({ source }: StoredDocument) => !(source['security'] as string).startsWith('MEDIUM')] as const,
        ]) {
          const { timestamp, ...first } = await askFeatures(similar, caller, query);
          assert.equal(first, { num_feature_values: 0, matches: [], status: 'starting' });
          assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
          const done = await completed(similar, caller, query);
          assert.is(done.timestamp, timestamp, 'of the start');
          const expected = expectedMatches(documents.filter((document) => sees(caller, document) && passes(document)));
          assert.equal(
            comparable(done),
            { ...expected, rows: comparable({ num_feature_values: 0, matches: expected.rows }).rows },
            `${caller} ${query}`,
          );
          for (const { contributions } of done.matches) {
            assert.equal(
              contributions.map(([, shared]) => shared),
              contributions.map(([, shared]) => shared).sort((a, b) => b - a),
            );
          }
          assert.ok(expected.rows.length > 0);
          answers.add(JSON.stringify(expected));
          const before = similar.searches();
          assert.equal(await askFeatures(similar, caller, query), done);
          assert.is(similar.searches(), before, 'answered as it was found');
        }
        assert.is(answers.size, 5, 'all see something else');
      } finally {
        await similar.close();
      }
    }
  });
});

test('runs once for all who ask at a time, and anew when asked to', async () => {
  await inMadeArena(async (arena, documents) => {
    const database = redisUrl();
    const servers = [
      await startTestApi(arena, { METAFOLD_REDIS_URL: database }),
      await startTestApi(arena, { METAFOLD_REDIS_URL: database }),
    ];
    const searches = () => servers.reduce((sum, server) => sum + server.searches(), 0);
    const own = documents.filter(({ source }) => source['sha256'] === TARGET && (source['features'] as Feature[]).length > 4).length;
    const redis = new Redis(database);
    try {
      const answers = await Promise.all([...servers, ...servers, ...servers].map((server) => askFeatures(server, 'all')));
      assert.ok(answers.every(({ status }) => status !== 'complete'));
      const done = await completed(servers[1]!, 'all');
      assert.is(searches(), 1 + own, 'one search for the binary and one for each author');
      assert.equal(await askFeatures(servers[0]!, 'all'), done);
      const keys = (await redis.keys(`mf:gen:similar:v2:*:${TARGET}`)).filter((key) => key.split(':').length === 6);
      const ttls = await Promise.all(keys.map((key) => redis.ttl(key)));
      assert.ok(ttls.includes(-1), 'what is complete is kept for ever');
      const anew = await Promise.all(servers.map((server) => askFeatures(server, 'all', '?recalculate=true')));
      assert.equal(
        anew.map(({ status }) => status),
        ['starting', 'starting'],
      );
      const again = await completed(servers[0]!, 'all');
      assert.ok(again.timestamp > done.timestamp);
      assert.equal(comparable(again), comparable(done));
      assert.is(searches(), 2 * (1 + own));
    } finally {
      redis.disconnect();
      for (const server of servers) await server.close();
    }
  });
});

test('stops the search with the server, and finds nothing for an unknown binary', async () => {
  await inMadeArena(async (arena) => {
    const similar = await startTestApi(arena);
    assert.is((await askFeatures(similar, 'all')).status, 'starting');
    await similar.close();
    const another = await startTestApi(arena);
    try {
      const path = `/v0/binaries/${'c'.repeat(64)}/similar/features`;
      const done = await waitFor(
        async () => {
          const { body } = await another.ask<Envelope<FeatureMatches>>('low', path);
          return body.data.status === 'complete' && body.data;
        },
        { timeoutMs: 20_000, what: 'the end of the search' },
      );
      assert.ok(done);
      assert.equal([done.num_feature_values, done.matches], [0, []]);
    } finally {
      await another.close();
    }
  });
});
