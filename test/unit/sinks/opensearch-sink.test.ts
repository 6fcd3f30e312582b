import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BulkBody, BulkItem } from '../../../src/sinks/bulk.js';
import type { FeatureMapping } from '../../../src/sinks/feature-mapping.js';
import type { DocumentBody } from '../../../projections/types.js';
import { addContender, createOperation, requestBytes, type ReplaceOperation } from '../../../src/sinks/operations.js';
import { BulkRequestError, OpenSearchSink, type BulkTransport, type SinkOptions } from '../../../src/sinks/opensearch-sink.js';
import { contender, operation } from './fixtures.js';

const sink = suite('opensearch sink');

const created: BulkItem = { status: 201 };
const conflict: BulkItem = { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'document already exists' } };
const poison: BulkItem = { status: 400, error: { type: 'mapper_parsing_exception', reason: 'failed to parse' } };
const busy: BulkItem = { status: 429, error: { type: 'rejected_execution_exception', reason: 'queue full' } };
const unmapped: BulkItem = {
  status: 400,
  error: {
    type: 'strict_dynamic_mapping_exception',
    reason: 'mapping set to strict, dynamic introduction of [x] within [features_map] is not allowed',
  },
};

interface Sent {
  readonly action: 'create' | 'update';
  readonly id: string;
  readonly body: unknown;
}

const textOf = ({ pieces }: BulkBody): string => Buffer.concat(pieces).toString();

/** A transport that answers each operation by a function and remembers what it was sent, request by request. */
function scripted(answer: (sent: Sent, request: number) => BulkItem): { transport: BulkTransport; requests: Sent[][] } {
  const requests: Sent[][] = [];
  return {
    requests,
    transport: (body) => {
      const lines = textOf(body).trimEnd().split('\n');
      const sent: Sent[] = [];
      for (let i = 0; i < lines.length; i += 2) {
        const [[action, target]] = Object.entries(JSON.parse(lines[i]!) as Record<string, { _id: string }>) as [
          ['create' | 'update', { _id: string }],
        ];
        sent.push({ action, id: target._id, body: JSON.parse(lines[i + 1]!) });
      }
      requests.push(sent);
      return Promise.resolve(sent.map((one) => answer(one, requests.length)));
    },
  };
}

function createSink(transport: BulkTransport, overrides: Partial<SinkOptions> = {}): OpenSearchSink<number> {
  const featureMapping: FeatureMapping = { grow: () => Promise.resolve(new Set<string>()), countDropped: () => undefined };
  return new OpenSearchSink<number>({
    transport,
    bulk: { scriptId: 's', maxContributions: 200 },
    concurrency: 2,
    bulkBytes: 1_000_000,
    maxInFlightBytes: 10_000_000,
    featureMapping,
    restoreScript: () => Promise.resolve(),
    observer: { onRetry: () => undefined, onBulk: () => undefined, onMerge: () => undefined },
    signal: new AbortController().signal,
    ...overrides,
  });
}

sink('sends a create that conflicts a second time as a merge', async () => {
  const { transport, requests } = scripted(({ action }) => (action === 'create' ? conflict : { status: 200 }));
  const result = await createSink(transport).submit([operation('a'), operation('b')]);
  assert.equal(result, { rejections: [], owed: [], conflicts: [] });
  assert.equal(
    requests.map((request) => request.map(({ action, id }) => `${action} ${id}`)),
    [
      ['create a', 'create b'],
      ['update a', 'update b'],
    ],
  );
});

sink('groups operations by bytes into requests of like size, without a request for a small rest', async () => {
  const sizesOf = async (count: number, perRequest: number): Promise<number[]> => {
    const { transport, requests } = scripted(() => created);
    const operations = Array.from({ length: count }, (_, n) => operation(String(n).padStart(3, '0')));
    await createSink(transport, { bulkBytes: perRequest * requestBytes(operations[0]!) }).submit(operations);
    assert.equal(requests.flat().map(({ id }) => id).sort(), operations.map(({ id }) => id)); // prettier-ignore
    return requests.map(({ length }) => length);
  };
  assert.equal(await sizesOf(20, 20), [20]);
  assert.equal(await sizesOf(24, 20), [24], 'a little more than the bound');
  assert.equal(await sizesOf(30, 20), [15, 15]);
  assert.equal(await sizesOf(41, 20), [14, 14, 13]);
  assert.equal(await sizesOf(3, 0.5), [1, 1, 1], 'each is larger than the bound');
});

sink('repeats only what the server could not take', async () => {
  const { transport, requests } = scripted(({ id }, request) => (id === 'b' && request < 3 ? busy : created));
  let retries = 0;
  const observer = { onRetry: () => retries++, onBulk: () => undefined, onMerge: () => undefined };
  await createSink(transport, { observer }).submit([operation('a'), operation('b')]);
  assert.equal(
    requests.map((request) => request.map(({ id }) => id)),
    [['a', 'b'], ['b'], ['b']],
  );
  assert.is(retries, 2);
});

sink('rejects a poison document and keeps its neighbours', async () => {
  const { transport } = scripted(({ id }) => (id === 'b' ? poison : created));
  const result = await createSink(transport).submit([operation('a'), operation('b'), operation('c')]);
  assert.equal(
    result.rejections.map(({ contender: { id }, type }) => [id, type]),
    [['b', 'mapper_parsing_exception']],
  );
});

sink('takes a refused operation of several contributions apart: only the culprit is rejected', async () => {
  const merged = createOperation(contender(1, { recordKey: 'a', timestamp: 1n }, { good: true }));
  addContender(merged, contender(2, { recordKey: 'b', timestamp: 2n }, { good: false }));
  const { transport, requests } = scripted(({ body }) => (JSON.stringify(body).includes('"good":false') ? poison : { status: 200 }));
  const result = await createSink(transport).submit([merged]);
  assert.equal(
    result.rejections.map(({ contender: { record } }) => record),
    [2],
  );
  assert.equal(
    requests.map((request) => request.map(({ action }) => action)),
    [['create'], ['update', 'update']],
  );
});

sink('halves a request that is refused as a whole until the culprit stands alone', async () => {
  const { transport, requests } = scripted(() => created);
  const picky: BulkTransport = (body) =>
    textOf(body).includes('"c"') ? Promise.reject(new BulkRequestError(413, 'too large')) : transport(body);
  const result = await createSink(picky).submit(['a', 'b', 'c', 'd'].map((id) => operation(id)));
  assert.equal(
    result.rejections.map(({ contender: { id } }) => id),
    ['c'],
  );
  assert.equal(
    requests.flat().map(({ id }) => id),
    ['a', 'b', 'd'],
  );
});

sink('goes on trying while no answer comes', async () => {
  let calls = 0;
  const { transport } = scripted(() => created);
  const away: BulkTransport = (body) =>
    ++calls < 4 ? Promise.reject(new BulkRequestError(undefined, 'connect ECONNREFUSED')) : transport(body);
  await createSink(away).submit([operation('a')]);
  assert.is(calls, 4);
});

sink('grows the mapping once for all refused documents and sends them again', async () => {
  let grown = 0;
  const featureMapping: FeatureMapping = {
    grow: (names) => Promise.resolve((grown += names.length)).then(() => new Set<string>()),
    countDropped: () => undefined,
  };
  const { transport, requests } = scripted(({ id }, request) => (id !== 'b' && request === 1 ? unmapped : created));
  await createSink(transport, { featureMapping }).submit(['a', 'b', 'c'].map((id) => operation(id, { features_map: { x: [id] } })));
  assert.is(grown, 2);
  assert.equal(
    requests.map((request) => request.map(({ id }) => id)),
    [
      ['a', 'b', 'c'],
      ['a', 'c'],
    ],
  );
});

sink('keeps a document without the feature names that cannot be mapped', async () => {
  const dropped: string[] = [];
  const featureMapping: FeatureMapping = { grow: () => Promise.resolve(new Set(['x'])), countDropped: (id) => dropped.push(id) };
  const { transport, requests } = scripted((_sent, request) => (request === 1 ? unmapped : created));
  await createSink(transport, { featureMapping }).submit([operation('a', { features_map: { x: ['1'], y: ['2'] }, num_feature_names: 2 })]);
  const kept = requests[1]![0]!.body as Record<string, unknown>;
  assert.equal(kept.features_map, { y: ['2'] });
  assert.is(kept.num_feature_names, 2);
  assert.equal(dropped, ['a']);
});

sink('goes on trying while the mapping cannot be grown for want of an answer', async () => {
  let asked = 0;
  const away = Object.assign(new Error('connect ECONNREFUSED'), { name: 'ConnectionError' });
  const grow = (): Promise<Set<string>> => (++asked < 3 ? Promise.reject(away) : Promise.resolve(new Set<string>()));
  const { transport } = scripted((_sent, request) => (request <= 3 ? unmapped : created));
  const result = await createSink(transport, { featureMapping: { grow, countDropped: () => undefined } }).submit([operation('a', { features_map: { x: ['1'] } })]); // prettier-ignore
  assert.equal(result.rejections, []);
  assert.is(asked, 3);
});

sink('stops when the mapping may not be grown', async () => {
  const denied = Object.assign(new Error('no permissions'), { name: 'ResponseError', statusCode: 403 });
  const { transport } = scripted(() => unmapped);
  const featureMapping: FeatureMapping = { grow: () => Promise.reject(denied), countDropped: () => undefined };
  const work = createSink(transport, { featureMapping }).submit([operation('a', { features_map: { x: ['1'] } })]);
  assert.is(await work.then(() => 'done', (error: unknown) => (error as Error).message), 'no permissions'); // prettier-ignore
});

sink('refuses a document whose names the mapping never takes, and keeps its neighbours', async () => {
  const { transport } = scripted(({ id }) => (id === 'a' ? unmapped : created));
  const result = await createSink(transport).submit([operation('a', { features_map: { x: ['1'] } }), operation('b')]);
  assert.equal(
    result.rejections.map(({ contender: { id }, type }) => [id, type]),
    [['a', 'strict_dynamic_mapping_exception']],
  );
});

sink('brings the merge script back when it is gone', async () => {
  let restored = 0;
  const gone: BulkItem = {
    status: 400,
    error: { type: 'illegal_argument_exception', reason: 'unable to find script [s] in cluster state' },
  };
  const { transport } = scripted(({ action }) => (action === 'create' ? conflict : restored > 0 ? { status: 200 } : gone));
  await createSink(transport, { restoreScript: () => Promise.resolve().then(() => void (restored += 1)) }).submit([operation('a')]);
  assert.is(restored, 1);
});

sink('knows how long the oldest request has been waiting', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { transport } = scripted(() => created);
  const waiting = createSink((body) => gate.then(() => transport(body)));
  assert.is(waiting.waitingMs, 0);
  const work = waiting.submit([operation('a')]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(waiting.waitingMs > 10);
  release();
  await work;
  assert.is(waiting.waitingMs, 0);
});

sink('reports documents that show a replaced body', async () => {
  const { transport } = scripted(({ action }) =>
    action === 'create' ? conflict : { status: 200, get: { _source: { fold: { owed: true } } } },
  );
  const result = await createSink(transport).submit([operation('a')]);
  assert.equal(
    result.owed.map(({ id }) => id),
    ['a'],
  );
});

sink('takes a conflicting parent for granted', async () => {
  const { transport, requests } = scripted(() => conflict);
  await createSink(transport).submit([{ kind: 'parent', index: 'i', id: 'p', routing: 'p', bodyJson: '{}' }]);
  assert.is(requests.length, 1);
});

const guard = { index: 'i', id: 'd', routing: 'r', seqNo: 7, primaryTerm: 2 };
const replacement = (features?: object): ReplaceOperation<number> => {
  const winner = contender(1, {}, { n: 1, ...(features && { features_map: features as DocumentBody }) });
  return { ...guard, kind: 'replace', contender: winner, trimmedBody: undefined, foldJson: '{"tokens":[]}' };
};

sink('writes guarded changes under the number that was read', async () => {
  let sent = '';
  const transport: BulkTransport = (body) => {
    sent += textOf(body);
    return Promise.resolve([{ status: 200 }, { status: 200 }, { status: 200 }]);
  };
  const refold = { ...guard, kind: 'refold', foldJson: '{"tokens":["a"]}' } as const;
  assert.equal(await createSink(transport).submit([{ ...guard, kind: 'delete' }, refold, replacement()]), {
    rejections: [],
    owed: [],
    conflicts: [],
  });
  const target = '{"_index":"i","_id":"d","routing":"r","if_seq_no":7,"if_primary_term":2}';
  assert.equal(sent.split('\n'), [
    `{"delete":${target}}`,
    `{"update":${target}}`,
    '{"doc":{"fold":{"tokens":["a"]}}}',
    `{"index":${target}}`,
    '{"n":1,"fold":{"tokens":[]}}',
    '',
  ]);
});

sink('gives back guarded changes whose document was written or removed meanwhile', async () => {
  const gone: BulkItem = { status: 404, error: { type: 'document_missing_exception', reason: 'missing' } };
  const operations = [{ ...guard, kind: 'delete' } as const, { ...guard, kind: 'refold', foldJson: '{}' } as const, replacement()];
  const { conflicts } = await createSink(() => Promise.resolve([conflict, gone, conflict])).submit(operations);
  assert.equal(conflicts, operations);
});

sink('rejects a replacement that OpenSearch refuses, by its contribution', async () => {
  const operation = replacement();
  const { rejections } = await createSink(() => Promise.resolve([poison])).submit([operation]);
  assert.equal(rejections.map((rejection) => rejection.contender), [operation.contender]); // prettier-ignore
});

sink('grows the mapping for a replacement', async () => {
  const grown: string[] = [];
  const grow = (names: readonly string[]) => Promise.resolve(void grown.push(...names)).then(() => new Set<string>());
  let requests = 0;
  const transport: BulkTransport = () => Promise.resolve([++requests === 1 ? unmapped : created]);
  await createSink(transport, { featureMapping: { grow, countDropped: () => undefined } }).submit([replacement({ x: ['1'] })]);
  assert.equal(grown, ['x']);
  assert.is(requests, 2);
});

sink('stops when it is not allowed to write', async () => {
  const { transport } = scripted(() => ({ status: 403, error: { type: 'security_exception', reason: 'no permissions' } }));
  try {
    await createSink(transport).submit([operation('a')]);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /no permissions/);
  }
});

sink('admits no more than its bound until something is durable', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { transport } = scripted(() => created);
  const bounded = createSink((body) => gate.then(() => transport(body)), { maxInFlightBytes: 10 });
  const work = bounded.submit([operation('a')]);
  assert.not(bounded.hasRoom);
  let entered = false;
  const room = bounded.room().then(() => (entered = true));
  await Promise.resolve();
  assert.not(entered);
  release();
  await Promise.all([work, room]);
  assert.ok(bounded.hasRoom);
});

sink('gives up when it is aborted', async () => {
  const controller = new AbortController();
  const away: BulkTransport = () => {
    controller.abort();
    return Promise.reject(new BulkRequestError(undefined, 'down'));
  };
  try {
    await createSink(away, { signal: controller.signal }).submit([operation('a')]);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).name, 'AbortError');
  }
});

sink.run();
