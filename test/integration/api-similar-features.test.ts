/** Binaries that share feature values: searched for in the background, once for all who see the same (spec 04 §6.13, 05 §11.4). */
import { Redis } from 'ioredis';
import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import type { StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { makeBinaries, type MadeDocument } from '../helpers/made-binaries.js';
import { testStack } from '../helpers/stack.js';
import { waitFor } from '../helpers/wait-for.js';

const test = integration('api similar features');

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

test.closing(async () => {
  const redis = new Redis(redisUrl());
  await redis.flushdb();
  redis.disconnect();
});

const textOf = (document: StoredDocument, field: string) => document.source[field] as string;

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
