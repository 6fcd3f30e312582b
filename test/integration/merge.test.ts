/** The merge script on a real OpenSearch against the model: whatever the order and the batches, a document holds what `mergeContributions` says. */
// test-timeout-s: 300
import { randomBytes } from 'node:crypto';
import { Client } from '@opensearch-project/opensearch';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { compareContributions, identityKey, mergeContributions, singleContribution } from '../../projections/contribution.js';
import { foldJson } from '../../projections/fold-json.js';
import type { Contribution } from '../../projections/types.js';
import { createBulkTransport } from '../../src/opensearch/bulk-transport.js';
import { putScript } from '../../src/opensearch/feature-store.js';
import { mergeScriptId, mergeScriptSource } from '../../src/sinks/merge-script.js';
import { OpenSearchSink, type SubmitResult } from '../../src/sinks/opensearch-sink.js';
import { addContender, createContender, createOperation, type Contender, type DocumentOperation } from '../../src/sinks/operations.js';
import { opensearch } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { testStack } from '../helpers/stack.js';

const test = integration('merge script');
const index = `merge-${randomBytes(4).toString('hex')}`;
const MAX = 200;
let client: Client;

test.setup(async () => {
  client = new Client({ node: testStack().opensearchUrl });
  test.closing(() => client.close());
  await opensearch('PUT', `/${index}`, {
    settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' },
    mappings: { dynamic: 'strict', properties: { shows: { type: 'keyword' }, fold: { type: 'object', dynamic: 'false' } } },
  });
  test.closing(() => opensearch('DELETE', `/${index}`));
  await putScript(client, mergeScriptId, mergeScriptSource);
});

function createSink(max: number): OpenSearchSink<number> {
  return new OpenSearchSink<number>({
    transport: createBulkTransport(client),
    bulk: { scriptId: mergeScriptId, maxContributions: max },
    concurrency: 3,
    bulkBytes: 100_000,
    maxInFlightBytes: 10_000_000,
    featureMapping: { grow: () => Promise.resolve(new Set<string>()), countDropped: () => undefined },
    restoreScript: () => putScript(client, mergeScriptId, mergeScriptSource),
    observer: { onRetry: () => undefined, onBulk: () => undefined, onMerge: () => undefined },
    signal: new AbortController().signal,
  });
}

/** Text that names a contribution's version: the body that it asks for. */
const label = (c: Contribution): string => `${identityKey(c)}@${String(c.offset)}:${c.insertOffsets.join()}`;

const contenderOf = (contribution: Contribution, id: string): Contender<number> =>
  createContender({ index, id, routing: undefined, body: { shows: label(contribution) }, contribution }, 0, 0);

/** Contributions that meet in one batch become one operation. */
function operationOf(batch: readonly Contribution[], id: string): DocumentOperation<number> {
  const [first, ...others] = batch.map((contribution) => contenderOf(contribution, id));
  const operation = createOperation(first!);
  for (const other of others) addContender(operation, other);
  return operation;
}

// Few keys and times, so that there are ties; keys on both sides of the surrogates and beyond them.
const key = fc.constantFrom('a', 'a\u{10000}', 'a\uffee', 'a\ud7ff', 'b', '');
const spread = {
  topic: fc.constantFrom('t.1', 't.2'),
  partition: fc.constantFrom(0, 1, 10),
  recordKey: key,
  eventKey: fc.option(key, { nil: undefined }),
};
/** Few identities, so that later versions replace earlier ones. */
const crowded = {
  topic: fc.constant('t.1'),
  partition: fc.constant(0),
  recordKey: fc.constantFrom('a\u{10000}', 'a\uffee'),
  eventKey: fc.constant(undefined),
};
const insertsUpTo = (maxLength: number) => fc.array(fc.tuple(fc.constantFrom('i', 'j'), fc.nat(2)), { maxLength });
const contribution = fc
  .oneof(
    fc.record({ ...spread, inserts: insertsUpTo(2), offset: fc.nat(6) }),
    fc.record({ ...crowded, inserts: insertsUpTo(1), offset: fc.nat(6) }),
  )
  .map(({ eventKey, inserts, ...rest }) => ({
    ...rest,
    eventKey: eventKey ?? rest.recordKey,
    insertKeys: inserts.map(([name]) => name),
    insertOffsets: inserts.map(([, offset]) => offset),
  }))
  // What else a contribution says follows from its version, as from one record: equal versions are equal.
  .map((c): Contribution => {
    const seed = Buffer.from(JSON.stringify(c)).reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7);
    const timestamp = BigInt(seed % 3) - 1n;
    const recordTimestamp = (seed >>> 4) % 2 === 0 ? timestamp : timestamp - 9_007_199_254_740_993n;
    return { ...c, timestamp, recordTimestamp, source: (seed >>> 6) % 2 === 0 ? 's' : undefined, sourceTimestamp: (seed >>> 7) % 2 === 0 ? 5n : undefined, tokens: [`r${String(seed % 5)}`, 'z'] }; // prettier-ignore
  });
const batches = fc.array(fc.array(contribution, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });

interface Stored {
  readonly _source: { readonly shows: string; readonly fold: Record<string, unknown> };
}

let documents = 0;

/** Sends the batches one after the other and settles what is owed as the worker does: by merging the winner's own record. */
async function fold(
  list: readonly (readonly Contribution[])[],
  max: number,
): Promise<{ id: string; owed: boolean; results: SubmitResult<number>[] }> {
  const sink = createSink(max);
  const id = `d${String(documents++)}`;
  const results: SubmitResult<number>[] = [];
  for (const batch of list) results.push(await sink.submit([operationOf(batch, id)]));
  const { _source } = await opensearch<Stored>('GET', `/${index}/_doc/${id}`);
  return { id, owed: _source.fold['owed'] === true, results };
}

async function sourceOf(id: string): Promise<Stored['_source']> {
  return (await opensearch<Stored>('GET', `/${index}/_doc/${id}`))._source;
}

test('holds exactly the contributions of the model, in its order, and the body of the winner unless it says that it is owed', async () => {
  let seenOwed = 0;
  await fc.assert(
    fc.asyncProperty(batches, async (list) => {
      const { id, owed, results } = await fold(list, MAX);
      const model = mergeContributions(MAX, ...list.flat().map(singleContribution));
      const { shows, fold: stored } = await sourceOf(id);
      const expected = JSON.parse(foldJson(model.contributions, model.truncated)) as object;
      assert.equal(stored, owed ? { ...expected, owed: true } : expected);
      const winner = model.contributions[0]!;
      assert.is(results.at(-1)!.owed.length > 0, owed);
      if (!owed) {
        assert.is(shows, label(winner));
        return;
      }
      seenOwed++;
      await createSink(MAX).submit([{ ...operationOf([winner], id), mode: 'merge' }]);
      const settled = await sourceOf(id);
      assert.is(settled.shows, label(winner));
      assert.is(settled.fold['owed'], undefined);
    }),
    // A fixed seed: by chance alone, now and then no case would owe a body.
    { numRuns: 200, seed: 7 },
  );
  assert.ok(seenOwed > 0, 'no case owed a body');
});

test('keeps the greatest contributions and says that there were more', () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(contribution, { minLength: 2, maxLength: 8, selector: identityKey }), async (list) => {
      const { id } = await fold(list.map((one) => [one]), 3); // prettier-ignore
      const model = mergeContributions(3, ...list.map(singleContribution));
      const { fold: stored, shows } = await sourceOf(id);
      assert.equal(stored, JSON.parse(foldJson(model.contributions, model.truncated)));
      assert.is(shows, label(model.contributions[0]!));
    }),
    { numRuns: 40 },
  ));

test('is not moved by a re-delivery', () =>
  fc.assert(
    fc.asyncProperty(batches, async (list) => {
      const { id, owed } = await fold(list, MAX);
      if (owed) return;
      const before = await opensearch<{ _version: number }>('GET', `/${index}/_doc/${id}`);
      for (const batch of list) await createSink(MAX).submit([operationOf(batch, id)]);
      assert.equal(await opensearch('GET', `/${index}/_doc/${id}`), before);
    }),
    { numRuns: 30 },
  ));

test('merges what many requests bring to one document at once', async () => {
  const list = Array.from({ length: 60 }, (_, n): Contribution => ({ ...fc.sample(contribution, { seed: n, numRuns: 1 })[0]!, recordKey: `k${String(n)}`, eventKey: `k${String(n)}` })); // prettier-ignore
  const sinks = [createSink(MAX), createSink(MAX), createSink(MAX)];
  const id = `d${String(documents++)}`;
  await Promise.all(list.map((one, n) => sinks[n % 3]!.submit([operationOf([one], id)])));
  const { shows, fold: stored } = await sourceOf(id);
  const sorted = [...list].sort((a, b) => compareContributions(b, a));
  assert.equal(stored, JSON.parse(foldJson(sorted, false)));
  assert.is(shows, label(sorted[0]!));
});

test('replaces a document without fold, as azul-metastore writes it', async () => {
  const id = `d${String(documents++)}`;
  await opensearch('PUT', `/${index}/_doc/${id}`, { shows: 'what the peer wrote' });
  const [one] = fc.sample(contribution, { seed: 1, numRuns: 1 });
  await createSink(MAX).submit([operationOf([one!], id)]);
  assert.equal(await sourceOf(id), { shows: label(one!), fold: JSON.parse(foldJson([one!], false)) as Record<string, unknown> });
});

test('brings the script back when the cluster has lost it', async () => {
  const id = `d${String(documents++)}`;
  const [one, two] = fc.sample(contribution, { seed: 2, numRuns: 2 });
  await createSink(MAX).submit([operationOf([one!], id)]);
  await opensearch('DELETE', `/_scripts/${mergeScriptId}`);
  await createSink(MAX).submit([operationOf([two!], id)]);
  const model = mergeContributions(MAX, singleContribution(one!), singleContribution(two!));
  assert.equal((await sourceOf(id)).fold, JSON.parse(foldJson(model.contributions, false)));
});
